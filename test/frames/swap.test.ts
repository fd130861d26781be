import fc from "fast-check";
import { expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

interface Entry {
  place: number;
  order: number;
  refs: number;
  pfn: number;
  content: number;
  permissions: number;
  isPrivate: boolean;
}

/** Swap as next-fit defines it: the first run of free places from the last allocation on, then from the start. */
class NaiveSwap {
  readonly entries = new Map<number, Entry>();
  private cursor = 0;

  constructor(private readonly limit: number) {}

  /** The swap entry that has the place; 0 for none. */
  at(place: number): number {
    for (const [number, entry] of this.entries) {
      if (entry.place !== NONE && place >= entry.place && place < entry.place + 2 ** entry.order)
        return number;
    }
    return 0;
  }

  get used(): number {
    const placed = [...this.entries.values()].filter(({ place }) => place !== NONE);
    return placed.reduce((sum, { order }) => sum + 2 ** order, 0);
  }

  allocPlaces(entry: Entry, order: number): boolean {
    if (entry.place !== NONE) return true;
    const pages = 2 ** order;
    const starts = [...Array(this.limit).keys()];
    for (const start of [...starts.slice(this.cursor), ...starts.slice(0, this.cursor)]) {
      const run = Array.from({ length: pages }, (_, n) => start + n);
      if (start + pages > this.limit || run.some((place) => this.at(place) !== 0)) continue;
      Object.assign(entry, { place: start, order });
      this.cursor = (start + pages) % this.limit;
      return true;
    }
    return false;
  }

  /** The frame of the next page whose place has no reference. */
  idlePage(): number {
    for (let n = 0; n < this.limit; n++) {
      const entry = this.entries.get(this.at((this.cursor + n) % this.limit));
      if (entry === undefined || entry.refs !== 0) continue;
      this.cursor = (this.cursor + n + 1) % this.limit;
      return entry.pfn;
    }
    return NONE;
  }
}

type Step = { what: "alloc" | "place" | "refs" | "free" | "split" | "idle"; which: number; value: number };
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("alloc", "alloc", "place", "place", "refs", "free", "split", "idle"),
  which: fc.nat(1000),
  value: fc.nat(1000),
});

test("swap has the entries and places of a naive model, and stays consistent", async () => {
  const run = async (limit: number, steps: readonly Step[]) => {
    const structures = await createStructures();
    const swap = structures.createSwap(limit);
    const naive = new NaiveSwap(limit);
    const { entries } = naive;
    for (const { what, which, value } of steps) {
      const [number, entry] = [...entries][which % Math.max(entries.size, 1)] ?? [0, undefined];
      if (what === "alloc") {
        const isPrivate = which % 2 === 1;
        const made = structures.allocSwapEntry(swap, which, value, isPrivate);
        expect(entries.has(made)).toBe(false);
        structures.setSwapPermissions(swap, made, value % 16);
        const fields = { content: value, permissions: value % 16, isPrivate };
        entries.set(made, { place: NONE, order: 0, refs: 0, pfn: which, ...fields });
      } else if (what === "idle") {
        expect(structures.idleSwapPage(swap)).toBe(naive.idlePage());
      } else if (entry === undefined) {
      } else if (what === "place") {
        const order = value % 4;
        expect(structures.allocSwapPlaces(swap, number, order)).toBe(naive.allocPlaces(entry, order));
      } else if (what === "refs") {
        // A page without a reference is in memory.
        Object.assign(entry, { refs: value % 3, pfn: which });
        structures.setSwapPfn(swap, number, entry.pfn);
        structures.setSwapRefs(swap, number, entry.refs);
      } else if (what === "free" && entry.refs === 0) {
        structures.freeSwapEntry(swap, number);
        entries.delete(number);
      } else if (what === "split" && entry.refs === 1 && entry.order > 0) {
        const pages = 2 ** entry.order;
        const parts = Array.from({ length: pages }, (_, n) => structures.splitSwapEntry(swap, number, n, 0));
        structures.freeSplitSwapEntry(swap, number);
        entries.delete(number);
        for (const [n, part] of parts.entries()) {
          entries.set(part, { ...entry, place: entry.place + n, order: 0, refs: 1, pfn: NONE });
        }
      }
      expect(structures.isSwapValid(swap)).toBe(true);
    }
    expect(structures.usedSwap(swap)).toBe(naive.used);
    for (let place = 0; place < limit + 2; place++)
      expect(structures.swapEntryAt(swap, place)).toBe(naive.at(place));
    for (const [number, { place, content, permissions, isPrivate }] of entries) {
      expect({
        place: structures.swapPlace(swap, number),
        content: structures.swapContent(swap, number),
        permissions: structures.swapPermissions(swap, number),
        isPrivate: structures.isSwapPrivate(swap, number),
      }).toEqual({ place, content, permissions, isPrivate });
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 80, size: "max" }), run),
    { numRuns: caseCount(60) },
  );
});

test("places of an unlimited swap are reused, and an entry without a place takes none", async () => {
  const structures = await createStructures();
  const swap = structures.createSwap(NONE);
  const huge = structures.allocSwapEntry(swap, 1, 0, true);
  expect(structures.allocSwapPlaces(swap, huge, 9)).toBe(true);
  expect(structures.swapPlace(swap, structures.allocSwapEntry(swap, 2, 0, true))).toBe(NONE);
  expect(structures.usedSwap(swap)).toBe(512);
  structures.freeSwapEntry(swap, huge);
  expect(structures.usedSwap(swap)).toBe(0);
  expect(structures.swapEntryAt(swap, 0)).toBe(0);
});
