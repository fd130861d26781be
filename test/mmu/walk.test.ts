import fc from "fast-check";
import { expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { FLAG_READ, FLAG_WRITE } from "../../assembly/abi/mmu.js";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";
import { type Architecture, architectures, bits, shiftOf } from "./architectures.js";
import { anyAddress, anyFlags, TestTables } from "./page-tables.js";

/** A paging-structure cache: the prefixes of addresses, the one used last first. */
class NaiveCache {
  private prefixes: string[] = [];

  constructor(readonly entries: number) {}

  touch(prefix: string): boolean {
    const at = this.prefixes.indexOf(prefix);
    if (at >= 0) this.prefixes.unshift(...this.prefixes.splice(at, 1));
    return at >= 0;
  }

  fill(prefix: string): void {
    this.prefixes = [prefix, ...this.prefixes].slice(0, this.entries);
  }

  clear(): void {
    this.prefixes = [];
  }
}

/** Walks by a list of pages: a page is found or not, and each level costs a read unless a cache skips it. */
class NaiveWalker {
  readonly caches = new Map<number, NaiveCache>();

  constructor(readonly pages: TestTables) {}

  private prefix(space: bigint, va: bigint, level: number): string {
    return `${space} ${va >> BigInt(shiftOf(this.pages.architecture, level))}`;
  }

  walk(space: bigint, va: bigint): { level: number; reads: number; usedCache: boolean } | undefined {
    let from = this.pages.levels;
    for (let level = 2; level <= this.pages.levels; level++) {
      if (this.caches.get(level)?.touch(this.prefix(space, va, level)) !== true) continue;
      from = level - 1;
      break;
    }
    const page = this.pages.find(va);
    if (page === undefined) return undefined;
    for (let level = page.level + 1; level <= from; level++) {
      this.caches.get(level)?.fill(this.prefix(space, va, level));
    }
    return { level: page.level, reads: from - page.level + 1, usedCache: from < this.pages.levels };
  }
}

const scenario = (architecture: Architecture) =>
  fc.record({
    caches: fc.array(fc.nat(3), {
      minLength: architecture.indexBits.length - 1,
      maxLength: architecture.indexBits.length - 1,
    }),
    pages: fc.array(fc.tuple(anyAddress(architecture), fc.constantFrom(1, 1, 1, 2), anyFlags), {
      minLength: 1,
      maxLength: 12,
      size: "max",
    }),
    walks: fc.array(
      fc.record({
        kind: fc.constantFrom("page", "page", "page", "page", "page", "address", "flush"),
        address: anyAddress(architecture),
        choice: fc.nat(1000),
        space: fc.constantFrom(0n, 1n << 48n),
      }),
      { maxLength: 60, size: "max" },
    ),
  });

test.each(architectures)(
  "a walk of $name reads all entries except those skipped by a cache",
  async (architecture) => {
    const property = fc.asyncProperty(scenario(architecture), async ({ caches, pages, walks }) => {
      const tables = new TestTables(await createStructures(), architecture);
      const { structures, root } = tables;
      const walker = structures.createWalker(tables.tables);
      const naive = new NaiveWalker(tables);
      for (const [n, entries] of caches.entries()) {
        if (entries === 0) continue;
        structures.addWalkCache(walker, n + 2, entries);
        naive.caches.set(n + 2, new NaiveCache(entries));
      }
      for (const [va, level, flags] of pages) if (tables.isFree(va, level)) tables.map(va, level, flags);
      for (const { kind, address, choice, space } of walks) {
        if (kind === "flush") {
          structures.flushWalker(walker);
          for (const cache of naive.caches.values()) cache.clear();
          continue;
        }
        const page = tables.mappings[choice % tables.mappings.length];
        const va = kind === "page" && page !== undefined ? page.va : address;
        const expected = naive.walk(space, va);
        expect(structures.walkPage(walker, root, space, va)).toBe(expected !== undefined);
        if (expected === undefined) continue;
        expect({
          level: structures.walkedLevel(walker),
          reads: structures.walkReads(walker),
          usedCache: structures.usedWalkCache(walker),
        }).toEqual(expected);
        expect(structures.walkedEntry(walker)).toBe(structures.walkTables(tables.tables, root, va, 1));
      }
      expect(structures.areTablesValid(tables.tables, root)).toBe(true);
    });
    await fc.assert(property, { numRuns: caseCount(12) });
  },
);

test.each(architectures)(
  "a walk of $name sets accessed bits as in its manual, only above the leaf",
  async (architecture) => {
    const tables = new TestTables(await createStructures(), architecture);
    const { structures, root, levels } = tables;
    const walker = structures.createWalker(tables.tables);
    tables.map(0n, 1, FLAG_READ | FLAG_WRITE);
    const entries = () =>
      Array.from({ length: levels }, (_, n) => {
        const pte = structures.walkTables(tables.tables, root, 0n, n + 1);
        return structures.readPte(tables.tables, pte);
      });
    const before = entries();
    expect(structures.walkPage(walker, root, 0n, 0n)).toBe(true);
    const { tableAccessed, topAccessed } = architecture.entry;
    const expected = before.map((entry, n) => {
      if (n === 0) return entry;
      return entry | bits(n === levels - 1 ? topAccessed : tableAccessed);
    });
    expect(entries()).toEqual(expected);
  },
);

test("a walk without a root finds nothing", async () => {
  const { structures, tables } = new TestTables(await createStructures(), architectures[0] as Architecture);
  const walker = structures.createWalker(tables);
  expect(structures.walkPage(walker, NONE, 0n, 0n)).toBe(false);
});
