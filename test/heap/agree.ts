/** Random operations on an allocator and on a naive model of it: the same addresses, chunks and free lists after each. */
import fc from "fast-check";
import { expect } from "vitest";
import { CHUNK_FREE } from "../../assembly/abi/heap.js";
import type { NaiveHeap } from "./naive/model.js";
import { TestHeap } from "./operate.js";

export type Step =
  | { kind: "malloc" | "calloc"; bytes: number }
  | { kind: "memalign"; alignment: number; bytes: number }
  | { kind: "free" | "usable"; block: number }
  | { kind: "realloc"; block: number; bytes: number };

/** Mostly small, sometimes more than a heap grows by. */
const bytes = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 8, 16, 24, 40, 64, 100, 128) },
  { weight: 1, arbitrary: fc.integer({ min: 300, max: 20_000 }) },
);
/** The index of the block among those in use, modulo their number. */
const block = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("malloc" as const), bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("calloc" as const), bytes }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("free" as const), block }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("realloc" as const), block, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("usable" as const), block }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("memalign" as const),
      alignment: fc.constantFrom(1, 8, 24, 64, 256, 4096, 16384),
      bytes,
    }),
  },
);
export const steps = fc.array(step, { minLength: 1, maxLength: 150 });

/** Runs the steps through both. `model` is made for the address that the heap begins at. */
export async function agree(
  allocator: string,
  model: (base: number) => NaiveHeap,
  steps: readonly Step[],
): Promise<void> {
  const heap = await TestHeap.of(allocator);
  const naive = model(Number(heap.start));
  const used: number[] = [];
  for (const [n, step] of steps.entries()) {
    const isAlike = run(heap, naive, used, step);
    const at = `${allocator}, step ${n}: ${JSON.stringify(step)}`;
    expect(isAlike, at).toEqual(isAlike.map(([, expected]) => [expected, expected]));
    expect(heap.heap.isValid(), at).toBe(true);
    expect(placesOf(heap), at).toEqual(naive.chunks.map(({ at, bytes, isFree }) => [at, bytes, isFree]));
    for (const [bin, list] of naive.lists)
      expect(heap.freeList(bin), `${at}, list ${bin}`).toEqual(list.map(({ at, bytes }) => [at, bytes]));
  }
}

function placesOf(heap: TestHeap): [number, number, boolean][] {
  return heap.chunks.map(({ address, bytes, state }) => [
    Number(address - heap.start),
    bytes,
    state === CHUNK_FREE,
  ]);
}

/** The answers of both, in pairs. */
function run(heap: TestHeap, naive: NaiveHeap, used: number[], step: Step): [unknown, unknown][] {
  const relative = (address: bigint) => (address === 0n ? undefined : Number(address - heap.start));
  const absolute = (block: number) => heap.start + BigInt(block);
  const enter = (block: number | undefined) => {
    if (block !== undefined) used.push(block);
    return block;
  };
  switch (step.kind) {
    case "malloc":
      return [[relative(heap.malloc(step.bytes)), enter(naive.malloc(step.bytes))]];
    case "calloc":
      return [[relative(heap.calloc(step.bytes, 3)), enter(naive.malloc(step.bytes * 3))]];
    case "memalign": {
      const { alignment, bytes } = step;
      return [[relative(heap.memalign(alignment, bytes)), enter(naive.memalign(alignment, bytes))]];
    }
    default:
  }
  if (used.length === 0) return [];
  const place = step.block % used.length;
  const block = used[place] as number;
  if (step.kind === "usable") return [[heap.usableSize(absolute(block)), naive.usableSize(block)]];
  if (step.kind === "free") {
    used.splice(place, 1);
    naive.free(block);
    heap.free(absolute(block));
    return [];
  }
  if (step.kind !== "realloc") return [];
  if (step.bytes === 0) {
    used.splice(place, 1);
    naive.free(block);
    return [[heap.realloc(absolute(block), 0), 0n]];
  }
  const moved = naive.realloc(block, step.bytes);
  if (moved !== undefined) used[place] = moved;
  return [[relative(heap.realloc(absolute(block), step.bytes)), moved]];
}
