import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TLB_FIFO, TLB_LRU, TLB_PLRU, TLB_RANDOM } from "../../assembly/abi/mmu.js";
import { caseCount } from "../build.js";
import { below, xoshiro } from "../core/xoshiro.js";
import { createStructures, type Structures, viewOf } from "../structures.js";

const ENTRY_BYTES = 16;
const SEED = 3;

interface Entry {
  key: bigint;
  pfn: number;
  flags: number;
  isDirty: boolean;
}

/** The ways of one set, undefined where they are empty. */
abstract class NaiveSet {
  protected entries: (Entry | undefined)[];

  constructor(readonly ways: number) {
    this.entries = Array<undefined>(ways).fill(undefined);
  }

  get contents(): readonly (Entry | undefined)[] {
    return this.entries;
  }

  protected indexOf(key: bigint): number {
    return this.entries.findIndex((entry) => entry?.key === key);
  }

  /** True on a hit. */
  touch(key: bigint): boolean {
    const at = this.indexOf(key);
    if (at >= 0) this.used(at);
    return at >= 0;
  }

  flush(key: bigint): void {
    const at = this.indexOf(key);
    if (at >= 0) this.remove(at);
  }

  flushAll(): void {
    this.entries.fill(undefined);
  }

  protected used(_way: number): void {}
  protected remove(way: number): void {
    this.entries[way] = undefined;
  }
  abstract fill(entry: Entry): void;
}

class Fifo extends NaiveSet {
  fill(entry: Entry): void {
    this.entries = [entry, ...this.entries.slice(0, -1)];
  }

  protected override remove(way: number): void {
    this.entries.splice(way, 1);
    this.entries.push(undefined);
  }
}

class Lru extends Fifo {
  protected override used(way: number): void {
    this.entries.unshift(...this.entries.splice(way, 1));
  }
}

class Random extends NaiveSet {
  constructor(
    ways: number,
    readonly next: () => bigint,
  ) {
    super(ways);
  }

  fill(entry: Entry): void {
    const empty = this.entries.indexOf(undefined);
    this.entries[empty >= 0 ? empty : Number(below(this.next, BigInt(this.ways)))] = entry;
  }
}

/** A binary tree over the ways: each node knows which of its halves was used last. */
class Tree extends NaiveSet {
  private readonly lastUpper = new Map<string, boolean>();

  protected override used(way: number, from = 0, to = this.ways): void {
    if (to - from < 2) return;
    const middle = (from + to) / 2;
    this.lastUpper.set(`${from} ${to}`, way >= middle);
    if (way >= middle) this.used(way, middle, to);
    else this.used(way, from, middle);
  }

  /** The way that is found by going away from the half used last. A node that was never used starts below. */
  private victim(from = 0, to = this.ways): number {
    if (to - from < 2) return from;
    const middle = (from + to) / 2;
    const isUpper = this.lastUpper.get(`${from} ${to}`) === false;
    return isUpper ? this.victim(middle, to) : this.victim(from, middle);
  }

  fill(entry: Entry): void {
    const empty = this.entries.indexOf(undefined);
    const way = empty >= 0 ? empty : this.victim();
    this.entries[way] = entry;
    this.used(way);
  }
}

/** The ways of a set in the kernel. */
function contentsOf(structures: Structures, tlb: number, set: number, ways: number): (Entry | undefined)[] {
  return Array.from({ length: ways }, (_, way) => {
    const entry = structures.tlbEntry(tlb, set * ways + way);
    const tag = viewOf(structures).getBigUint64(entry, true);
    if (tag === 0n) return undefined;
    const isDirty = structures.isTlbDirty(entry);
    return {
      key: isDirty ? tag - 1n : tag,
      pfn: structures.tlbPfn(entry),
      flags: structures.tlbFlags(entry),
      isDirty,
    };
  });
}

const page = fc.record({ asid: fc.nat(1), vpn: fc.nat(15), level: fc.constantFrom(1, 1, 2) });
const operation = fc.tuple(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant("access" as const) },
    { weight: 2, arbitrary: fc.constant("find" as const) },
    { weight: 2, arbitrary: fc.constant("flush" as const) },
    { weight: 1, arbitrary: fc.constant("flushAll" as const) },
  ),
  page,
  fc.record({ pfn: fc.nat(2 ** 32 - 1), flags: fc.nat(15), isDirty: fc.boolean() }),
);

const next = () => xoshiro(BigInt(SEED));
const policies: [string, number, (ways: number, random: () => bigint) => NaiveSet][] = [
  ["lru", TLB_LRU, (ways) => new Lru(ways)],
  ["fifo", TLB_FIFO, (ways) => new Fifo(ways)],
  ["plru", TLB_PLRU, (ways) => new Tree(ways)],
  ["random", TLB_RANDOM, (ways, random) => new Random(ways, random)],
];

describe.each(policies)("a TLB under %s", (_, replacement, createSet) => {
  test.each([
    [1, 8],
    [4, 4],
    [8, 1],
    [2, 2],
  ])("with %d sets of %d ways has the entries of a model with linear search", async (sets, ways) => {
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 120, size: "max" }),
      async (operations) => {
        const structures = await createStructures();
        const tlb = structures.createTlb(sets, ways, replacement, SEED);
        const random = next();
        const naive = Array.from({ length: sets }, () => createSet(ways, random));
        for (const [kind, { asid, vpn, level }, data] of operations) {
          const key = structures.keyOf(BigInt(asid) << 48n, BigInt(vpn), level);
          const set = naive[vpn % sets] as NaiveSet;
          const held = set.contents.find((entry) => entry?.key === key);
          if (kind === "access") {
            const entry = structures.touchTlb(tlb, key);
            expect(entry !== 0).toBe(set.touch(key));
            if (entry !== 0) expect(structures.tlbPfn(entry)).toBe(held?.pfn);
            else {
              structures.fillTlb(tlb, key, data.isDirty, data.pfn, data.flags);
              set.fill({ key, ...data });
            }
          } else if (kind === "find") {
            const entry = structures.findInTlb(tlb, key);
            expect(entry !== 0).toBe(held !== undefined);
            if (held !== undefined) {
              structures.setTlbDirty(entry);
              held.isDirty = true;
            }
          } else if (kind === "flush") {
            structures.flushTlb(tlb, key);
            set.flush(key);
          } else {
            structures.flushWholeTlb(tlb);
            for (const each of naive) each.flushAll();
          }
          expect(structures.isTlbValid(tlb)).toBe(true);
          const index = vpn % sets;
          expect(contentsOf(structures, tlb, index, ways)).toEqual(set.contents);
        }
        for (const [index, set] of naive.entries()) {
          expect(contentsOf(structures, tlb, index, ways)).toEqual(set.contents);
        }
      },
    );
    await fc.assert(property, { numRuns: caseCount(8) });
  });
});

test("the entries of a TLB have 16 bytes each, in order of ways", async () => {
  const structures = await createStructures();
  const tlb = structures.createTlb(4, 3, TLB_LRU, 0);
  const first = structures.tlbEntry(tlb, 0);
  expect([1, 3, 11].map((index) => structures.tlbEntry(tlb, index) - first)).toEqual(
    [1, 3, 11].map((index) => index * ENTRY_BYTES),
  );
});
