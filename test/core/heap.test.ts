import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { anyU64, createStructures, type Structures } from "../structures.js";

const SLOTS = 90;

type Operation = [kind: string, slot: number, rank: bigint];
const operation: fc.Arbitrary<Operation> = fc.tuple(
  fc.constantFrom("add", "add", "add", "increase", "increaseTop", "replaceTop", "removeTop", "remove"),
  fc.nat(SLOTS - 1),
  anyU64,
);

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** Performs the operation on both, if the slot allows it. */
function operate(structures: Structures, heap: number, ranks: Map<number, bigint>, of: Operation): void {
  const [kind, slot, rank] = of;
  const own = ranks.get(slot);
  if (kind === "add" && own === undefined) {
    structures.heapAdd(heap, slot, rank);
    ranks.set(slot, rank);
  } else if (kind === "increase" && own !== undefined) {
    structures.heapIncrease(heap, slot, larger(own, rank));
    ranks.set(slot, larger(own, rank));
  } else if (kind === "increaseTop" && ranks.size > 0) {
    const top = structures.heapTop(heap);
    const next = larger(ranks.get(top) as bigint, rank);
    structures.heapIncreaseTop(heap, next);
    ranks.set(top, next);
  } else if (kind === "replaceTop" && ranks.size > 0 && own === undefined) {
    const top = structures.heapTop(heap);
    const next = larger(ranks.get(top) as bigint, rank);
    structures.heapReplaceTop(heap, slot, next);
    ranks.delete(top);
    ranks.set(slot, next);
  } else if (kind === "removeTop" && ranks.size > 0) {
    ranks.delete(structures.heapTop(heap));
    structures.heapRemoveTop(heap);
  } else if (kind === "remove" && own !== undefined) {
    structures.heapRemove(heap, slot);
    ranks.delete(slot);
  }
}

test("the top has the lowest rank of all slots after any additions, changes and removals", async () => {
  const property = fc.asyncProperty(
    fc.array(operation, { maxLength: 250, size: "max" }),
    async (operations) => {
      const structures = await createStructures();
      const heap = structures.createHeap(SLOTS, SLOTS);
      const ranks = new Map<number, bigint>();
      for (const of of operations) {
        operate(structures, heap, ranks, of);
        expect(structures.isHeapValid(heap)).toBe(true);
        expect(structures.heapSize(heap)).toBe(ranks.size);
        expect(structures.heapHas(heap, of[1])).toBe(ranks.has(of[1]));
        if (ranks.size === 0) continue;
        const least = [...ranks.values()].reduce(smaller);
        expect(structures.heapTopRank(heap)).toBe(least);
        expect(ranks.get(structures.heapTop(heap))).toBe(least);
      }
      for (const [slot, rank] of ranks) expect(structures.heapRank(heap, slot)).toBe(rank);
    },
  );
  await fc.assert(property, { numRuns: caseCount(20) });
});

test("removing the top again and again sorts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyU64, { maxLength: SLOTS, size: "max" }), async (ranks) => {
      const structures = await createStructures();
      const heap = structures.createHeap(SLOTS, SLOTS);
      for (const [slot, rank] of ranks.entries()) structures.heapAdd(heap, slot, rank);
      const sorted = ranks.map(() => {
        const rank = structures.heapTopRank(heap);
        structures.heapRemoveTop(heap);
        return rank;
      });
      expect(sorted).toEqual([...ranks].sort((a, b) => (a < b ? -1 : Number(a > b))));
    }),
  );
});
