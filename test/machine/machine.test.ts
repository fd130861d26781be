import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccessKind, Machine } from "#pagewalk/index.js";
import { caseCount } from "../build.js";

const PAGE = 4096;

describe("a machine with mappings made by hand", () => {
  test("gives faults as values", async () => {
    const machine = await Machine.create({ demand: false });
    machine.map(0x1000, PAGE, { write: false });
    machine.map(0x2000, PAGE, { execute: true, user: false });
    expect(machine.access(0x1008, "load").fault).toBeUndefined();
    expect(machine.access(0x1008, "store").fault).toBe("protection");
    expect(machine.access(0x1008, "fetch").fault).toBe("protection");
    expect(machine.access(0x2000, "load").fault).toBe("protection");
    expect(machine.access(0x3000, "load")).toMatchObject({
      fault: "segmentation",
      physicalAddress: undefined,
    });
    expect(machine.counters).toMatchObject({ protection: 3, segmentation: 1, minor: 0 });
  });

  test("refuses to map a mapped page, to protect an unmapped one, and unaligned pages", async () => {
    const machine = await Machine.create({ demand: false });
    machine.map(0x1000, PAGE);
    expect(() => machine.map(0x1000, PAGE)).toThrow(/something is mapped at 0x1000; unmap it first/);
    expect(() => machine.protect(0x5000, PAGE, {})).toThrow(/nothing is mapped/);
    expect(() => machine.map(0x1800, PAGE)).toThrow(/aligned/);
    expect(() => machine.map(0x200000, 1, { pageSize: "4m" })).toThrow(/x86-64 has 4k, 2m, 1g/);
  });

  test("shows the permissions in entries that point to tables, which only x86 has", async () => {
    for (const [arch, allowed] of [
      ["x86-64", true],
      ["sv48", false],
    ] as const) {
      const machine = await Machine.create({ arch });
      const [top] = machine.translate(0x401000, "fetch").walk;
      expect(top).toMatchObject({ present: true, leaf: false, write: allowed, user: allowed, dirty: false });
    }
  });

  test("frees the tables of an empty range", async () => {
    const machine = await Machine.create({ demand: false });
    machine.map(0x1000, PAGE);
    const tables = machine.frameCounts.tables;
    machine.map(0x4000_0000, 3 * PAGE);
    machine.unmap(0x4000_0000, 3 * PAGE);
    expect(machine.frameCounts).toMatchObject({ tables, used: tables + 1 });
    expect(machine.isValid()).toBe(true);
  });
});

test("address spaces share the TLB by tag, and a switch with a flush empties it", async () => {
  const machine = await Machine.create({ spaces: 2 });
  const first = machine.access(0x1000, "store").physicalAddress;
  machine.switchTo(1);
  expect(machine.access(0x1000, "store")).toMatchObject({ fault: "minor", tlbLevel: undefined });
  expect(machine.access(0x1000).physicalAddress).not.toBe(first);
  machine.switchTo(0);
  expect(machine.access(0x1000)).toMatchObject({ tlbLevel: 1, physicalAddress: first });
  machine.switchTo(1, { flush: true });
  expect(machine.access(0x1000).tlbLevel).toBeUndefined();
  expect(() => machine.switchTo(2)).toThrow(/no address space 2/);
});

test("a second level keeps entries that the first one evicted; invalidation removes both", async () => {
  const machine = await Machine.create({ tlb: "l1i=1x1,l1d=1x1,l2=4x4" });
  machine.access(0x1000);
  machine.access(0x2000);
  expect(machine.access(0x1000).tlbLevel).toBe(2);
  machine.invalidate(0x1000);
  expect(machine.access(0x1000).tlbLevel).toBeUndefined();
  expect(machine.tlbs.l2?.sets[0]?.map(({ address }) => address)).toEqual([0x1000n, 0x2000n]);
});

test("with paging-structure caches a walk reads only the leaf's entry", async () => {
  const machine = await Machine.create({ tlb: "l1i=1x1,l1d=1x1", walkCache: "l4=2,l3=4,l2=1" });
  const read = (address: number) => {
    const before = machine.counters.entriesRead;
    machine.access(address);
    return machine.counters.entriesRead - before;
  };
  expect(read(0x1000)).toBe(4);
  expect(read(0x2000)).toBe(1); // the level-2 entry is cached
  expect(read(0x20_0000)).toBe(2); // another level-2 entry: from level 3's
  expect(read(0x4000_0000)).toBe(3); // another level-3 entry: from level 4's
  expect(machine.counters).toMatchObject({ walks: 4, cacheHits: 3 });
});

test("a huge page takes one TLB entry, and a walk that is one level shorter", async () => {
  const machine = await Machine.create({ huge: "always" });
  const first = machine.access(0x40_0000, "store");
  expect(first).toMatchObject({ pageSize: 2 ** 21, fault: "minor" });
  expect(machine.access(0x40_0000 + 300 * PAGE)).toMatchObject({ tlbLevel: 1, fault: undefined });
  expect(machine.counters).toMatchObject({ walks: 1, entriesRead: 3, distinctPages: 2 });
});

test("tree-PLRU replaces the way that its bits point to", async () => {
  // Ways 0 to 3 filled in order, then way 0 used: the root points right, its right node at way 2 (used before 3).
  const machine = await Machine.create({ tlb: "l1i=1x1,l1d=4x4:plru" });
  for (const page of [0, 1, 2, 3, 0]) machine.access(page * PAGE);
  machine.access(4 * PAGE);
  const pages = machine.tlbs.l1d?.sets[0]?.map(({ address }) => Number(address) / PAGE);
  expect(pages).toEqual([0, 1, 4, 3]);
});

/** The permitted accesses of each page, as seen by a program. */
interface Model {
  write: boolean;
  execute: boolean;
}

test("any sequence of accesses follows the mappings, and keeps every part consistent", async () => {
  const page = fc.nat(11).map((n) => n * PAGE + (n % 3) * 2 ** 30);
  const rights = fc.record({ write: fc.boolean(), execute: fc.boolean() });
  const operation = fc.oneof(
    fc.record({ what: fc.constant("map" as const), page, rights }),
    fc.record({ what: fc.constant("unmap" as const), page, rights }),
    fc.record({ what: fc.constant("protect" as const), page, rights }),
    fc.record({
      what: fc.constantFrom<AccessKind>("fetch", "load", "store", "modify"),
      page,
      rights,
    }),
  );
  const arches = fc.constantFrom("x86-64", "i386-pae", "sv39", "aarch64-4k");
  const memories = fc.constantFrom(undefined, 16 * PAGE);
  const operations = fc.array(operation, { maxLength: 120, size: "max" });
  await fc.assert(
    fc.asyncProperty(arches, memories, operations, async (arch, memory, list) => {
      const tlb = "l1i=2x1,l1d=4x2:fifo,l2=8x4:plru";
      const machine = await Machine.create({ arch, demand: false, tlb, ...(memory && { memory }) });
      const model = new Map<number, Model>();
      for (const { what, page, rights } of list) {
        const mapped = model.get(page);
        if (what === "map") {
          if (mapped === undefined) machine.map(page, PAGE, rights);
          else expect(() => machine.map(page, PAGE, rights)).toThrow();
          model.set(page, mapped ?? rights);
        } else if (what === "unmap") {
          machine.unmap(page, PAGE);
          model.delete(page);
        } else if (what === "protect") {
          if (mapped === undefined) continue;
          machine.protect(page, PAGE, rights);
          model.set(page, rights);
        } else {
          const { fault } = machine.access(page + 8, what);
          const allowed = what === "load" || (what === "fetch" ? mapped?.execute : mapped?.write);
          const expected = mapped === undefined ? "segmentation" : allowed ? undefined : "protection";
          expect(fault === "major" ? undefined : fault).toBe(expected);
        }
      }
      expect(machine.isValid()).toBe(true);
    }),
    { numRuns: caseCount(60) },
  );
});
