import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { FLAG_HUGE, FLAG_LEAF, FLAG_PRESENT, FLAG_READ, FLAG_WRITE } from "../../assembly/abi/mmu.js";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";
import { type Architecture, architectures, expressible, shiftOf } from "./architectures.js";
import { anyAddress, anyFlags, TestTables } from "./page-tables.js";

/** The lowest level at which a walk for `va` finds an entry, as far down as `lowest`. */
function levelOf(naive: TestTables, va: bigint, lowest: number): number {
  for (let level = naive.levels; ; level--) {
    if (level === lowest || !naive.hasTable(va, level - 1)) return level;
  }
}

function expectEntry(naive: TestTables, va: bigint, lowest: number): void {
  const { structures, tables, architecture } = naive;
  const pte = structures.walkTables(tables, naive.root, va, lowest);
  const level = levelOf(naive, va, lowest);
  expect(structures.levelOfPte(tables, pte)).toBe(level);
  const page = naive.find(va);
  const isLeaf = page?.level === level;
  expect(structures.isLeafPte(tables, pte)).toBe(isLeaf);
  if (isLeaf) {
    expect(structures.frameOfPte(tables, pte)).toBe(page.pfn);
    const kind = FLAG_PRESENT | FLAG_LEAF | (level > 1 ? FLAG_HUGE : 0);
    expect(structures.flagsOfPte(tables, pte)).toBe(kind | expressible(architecture, page.flags));
  } else if (level > lowest || !naive.hasTable(va, level - 1)) {
    expect(structures.readPte(tables, pte)).toBe(0n);
  } else {
    const below = structures.walkTables(tables, naive.root, va, level - 1);
    expect(structures.tableOfPte(tables, below)).toBe(structures.frameOfPte(tables, pte));
  }
}

function expectSound(naive: TestTables): void {
  const { structures, tables } = naive;
  expect(structures.areTablesValid(tables, naive.root)).toBe(true);
  expect(structures.tablesSeen(tables)).toBe(naive.tableCount);
  expect(structures.tableCount(tables)).toBe(naive.tableCount);
  const frames = naive.mappings.reduce((sum, page) => sum + 2 ** naive.order(page.level), 0);
  expect(structures.framesSeen(tables)).toBe(frames);
  expect(structures.usedFrames(naive.buddy)).toBe(frames + naive.tableCount);
}

const operations = (architecture: Architecture) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom("map", "map", "map", "unmap", "flags"),
      va: anyAddress(architecture),
      level: fc.constantFrom(1, 1, 1, 2),
      flags: anyFlags,
      asked: anyAddress(architecture),
      choice: fc.nat(1000),
    }),
    { maxLength: 30, size: "max" },
  );

test.each(architectures)(
  "tables of $name equal a list of pages, and exist only where pages need them",
  async (architecture) => {
    const property = fc.asyncProperty(operations(architecture), async (list) => {
      const naive = new TestTables(await createStructures(), architecture);
      const { structures, tables } = naive;
      for (const { kind, va, level, flags, asked, choice } of list) {
        const chosen = naive.mappings[choice % Math.max(1, naive.mappings.length)];
        if (kind === "map" && naive.isFree(va, level)) naive.map(va, level, flags);
        else if (kind === "unmap" && chosen !== undefined) {
          const before = naive.tableCount;
          expect(naive.unmap(chosen)).toBe(before - naive.tableCount);
        } else if (kind === "flags" && chosen !== undefined) {
          const pte = structures.walkTables(tables, naive.root, chosen.va, 1);
          structures.setPteFlags(tables, pte, flags);
          chosen.flags = flags;
        }
        expectSound(naive);
        for (const address of [va, asked]) {
          expectEntry(naive, address, 1);
          expectEntry(naive, address, 1 + (choice % naive.levels));
        }
      }
    });
    await fc.assert(property, { numRuns: caseCount(8) });
  },
);

describe("page tables", () => {
  const sv39 = architectures.find(({ name }) => name === "sv39") as Architecture;
  const create = async () => new TestTables(await createStructures(), sv39);

  test("have no entry without a root", async () => {
    const { structures, tables } = await create();
    expect(structures.walkTables(tables, NONE, 0n, 1)).toBe(0);
    expect(structures.readPte(tables, 0)).toBe(0n);
    expect(structures.areTablesValid(tables, NONE)).toBe(true);
  });

  test("keep a table whose range reaches beyond the floor or the ceiling", async () => {
    const naive = await create();
    const { structures, tables } = naive;
    const span = 2n ** BigInt(shiftOf(sv39, 2)); // what one table of level 1 maps
    const va = 5n * span;
    const prune = (floor: bigint, ceiling: bigint) => {
      const page = naive.map(va, 1, FLAG_READ);
      return naive.unmap(page as NonNullable<typeof page>, floor, ceiling);
    };
    expect(prune(va + 1n, 2n ** 64n - 1n)).toBe(0);
    expect(prune(0n, va + span - 1n)).toBe(0);
    expect(prune(va, va + span)).toBe(1); // the table above reaches beyond both
    expect(structures.tableCount(tables)).toBe(2);
    expect(prune(0n, 2n ** 64n - 1n)).toBe(2);
    expect(structures.tableCount(tables)).toBe(1);
    expect(structures.tablePeak(tables)).toBe(3);
  });

  test("reuse the memory of freed tables, emptied", async () => {
    const naive = await create();
    const { structures } = naive;
    const map = (n: number) => naive.map(BigInt(n) << 30n, 1, FLAG_READ | FLAG_WRITE);
    for (let n = 0; n < 40; n++) map(n);
    const before = structures.arenaBytes();
    for (const page of [...naive.mappings]) naive.unmap(page);
    for (let n = 100; n < 140; n++) map(n);
    expect(structures.arenaBytes()).toBe(before);
    expectSound(naive);
  });

  test("are invalid if a table's count of entries is wrong, or a page's frame is free", async () => {
    const naive = await create();
    const { structures, tables, root } = naive;
    const page = naive.map(0n, 1, FLAG_READ);
    const pte = structures.walkTables(tables, root, 0n, 1);
    const entry = structures.readPte(tables, pte);
    structures.writeEntry(naive.format, pte, 0n);
    expect(structures.areTablesValid(tables, root)).toBe(false);
    structures.writeEntry(naive.format, pte, entry);
    expect(structures.areTablesValid(tables, root)).toBe(true);
    structures.freeBlock(naive.buddy, page?.pfn as number);
    expect(structures.areTablesValid(tables, root)).toBe(false);
  });
});
