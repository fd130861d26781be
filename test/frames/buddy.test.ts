import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { FRAME_PAGE } from "../../assembly/abi/machine.js";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

/** Sections of 1 GiB have 2^5 frames of 32 MiB: few enough to reach the second one. */
const PAGE_SHIFT = 25;
const SECTION_ORDER = 5;
const SECTION = 2 ** SECTION_ORDER;

/** The state of each frame. The free blocks follow from it: they are as large as alignment permits. */
class Naive {
  isFree: boolean[] = [];
  readonly blocks = new Map<number, number>(); // the order of each allocated block, by its head

  constructor(readonly limit: number) {}

  grow(): boolean {
    const added = Math.min(this.limit - this.isFree.length, SECTION);
    this.isFree.push(...Array<boolean>(added).fill(true));
    return added > 0;
  }

  private isWholeFree(head: number, order: number): boolean {
    return Array.from({ length: 2 ** order }, (_, n) => this.isFree[head + n] === true).every(Boolean);
  }

  /** The free block around a frame. */
  private blockOf(pfn: number): { head: number; order: number } {
    let order = 0;
    const headAt = (of: number) => Math.floor(pfn / 2 ** of) * 2 ** of;
    while (order < SECTION_ORDER && this.isWholeFree(headAt(order + 1), order + 1)) order++;
    return { head: headAt(order), order };
  }

  /** The orders of the free blocks, and the blocks of each. */
  freeBlocks(): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (let pfn = 0; pfn < this.isFree.length; ) {
      if (!this.isFree[pfn]) {
        pfn++;
        continue;
      }
      const { head, order } = this.blockOf(pfn);
      found.set(order, [...(found.get(order) ?? []), head]);
      pfn = head + 2 ** order;
    }
    return found;
  }

  /** The heads that an allocation may return: of the smallest blocks that are large enough, their first frames. */
  candidates(order: number): number[] {
    for (;;) {
      const free = this.freeBlocks();
      const fitting = [...free.keys()].filter((size) => size >= order);
      if (fitting.length > 0) return free.get(Math.min(...fitting)) as number[];
      if (!this.grow()) return [];
    }
  }

  set(head: number, order: number, isFree: boolean): void {
    this.isFree.fill(isFree, head, head + 2 ** order);
    if (isFree) this.blocks.delete(head);
    else this.blocks.set(head, order);
  }

  get free(): number {
    return this.isFree.filter(Boolean).length;
  }
}

describe("the buddy allocator", () => {
  test("splits the smallest block that fits, merges free buddies, and grows only when none fits", async () => {
    const operation = fc.tuple(
      fc.constantFrom("alloc", "alloc", "alloc", "free", "free", "has"),
      fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(SECTION_ORDER) }),
      fc.nat(1000),
    );
    const limits = fc.integer({ min: 1, max: 90 });
    const property = fc.asyncProperty(
      limits,
      fc.array(operation, { maxLength: 100, size: "max" }),
      async (limit, list) => {
        const structures = await createStructures();
        const frames = structures.createFrames(limit, PAGE_SHIFT);
        const buddy = structures.createBuddy(frames);
        const naive = new Naive(limit);
        let peak = 0;
        for (const [kind, order, choice] of list) {
          if (kind === "alloc") {
            const candidates = naive.candidates(order);
            const pfn = structures.allocBlock(buddy, order, FRAME_PAGE);
            if (candidates.length === 0) expect(pfn).toBe(NONE);
            else {
              expect(candidates).toContain(pfn);
              naive.set(pfn, order, false);
              expect([structures.frameState(frames, pfn), structures.frameOrder(frames, pfn)]).toEqual([
                FRAME_PAGE,
                order,
              ]);
            }
          } else if (kind === "free" && naive.blocks.size > 0) {
            const [head, size] = [...naive.blocks][choice % naive.blocks.size] as [number, number];
            structures.freeBlock(buddy, head);
            naive.set(head, size, true);
          } else if (kind === "has") {
            expect(structures.hasBlock(buddy, order)).toBe(naive.candidates(order).length > 0);
          }
          const used = naive.isFree.length - naive.free;
          peak = Math.max(peak, used);
          expect(structures.isBuddyValid(buddy)).toBe(true);
          expect([
            structures.frameCount(frames),
            structures.freeFrames(buddy),
            structures.usedFrames(buddy),
            structures.peakFrames(buddy),
          ]).toEqual([naive.isFree.length, naive.free, used, peak]);
        }
      },
    );
    await fc.assert(property, { numRuns: caseCount(20) });
  });

  test("splits a block of 8 frames for one, as in Knuth's figure, and merges it back", async () => {
    const structures = await createStructures();
    const frames = structures.createFrames(8, PAGE_SHIFT);
    const buddy = structures.createBuddy(frames);
    const heads = [0, 0, 1, 2].map((order) => structures.allocBlock(buddy, order, FRAME_PAGE));
    expect(heads).toEqual([0, 1, 2, 4]);
    expect(structures.allocBlock(buddy, 0, FRAME_PAGE)).toBe(NONE);
    for (const head of [2, 0, 4, 1]) structures.freeBlock(buddy, head);
    expect(structures.allocBlock(buddy, 3, FRAME_PAGE)).toBe(0);
  });

  test("has 1 GiB pages: blocks of a whole section of 4 KiB frames", async () => {
    const structures = await createStructures();
    const frames = structures.createFrames(2 ** 19 + 5, 12);
    const buddy = structures.createBuddy(frames);
    expect(structures.allocBlock(buddy, 0, FRAME_PAGE)).toBe(0);
    expect(structures.allocBlock(buddy, 18, FRAME_PAGE)).toBe(2 ** 18);
    expect(structures.allocBlock(buddy, 18, FRAME_PAGE)).toBe(NONE);
    structures.freeBlock(buddy, 0);
    expect(structures.allocBlock(buddy, 18, FRAME_PAGE)).toBe(0);
    // The last section has five frames: blocks of four and one.
    expect(structures.allocBlock(buddy, 2, FRAME_PAGE)).toBe(2 ** 19);
    expect(structures.allocBlock(buddy, 0, FRAME_PAGE)).toBe(2 ** 19 + 4);
  });
});
