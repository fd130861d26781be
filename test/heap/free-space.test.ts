/** OSTEP's exercises on free space: the addresses, free lists and searches of its program, step by step. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { spawn } from "#pagewalk/process/spawn.js";
import { HEAP_MALLOC } from "../../assembly/abi/heap.js";
import { caseCount } from "../build.js";
import { type FreeSpaceParameters, NaiveFreeSpace } from "./naive/free-space.js";
import { TestHeap } from "./operate.js";

const parameters = fc.record({
  policy: fc.constantFrom("best", "worst", "first"),
  order: fc.constantFrom("address", "size", "size-descending", "lifo", "fifo"),
  coalesces: fc.boolean(),
  header: fc.constantFrom(0, 0, 1, 4, 8),
  alignment: fc.constantFrom(undefined, undefined, 1, 3, 4, 8),
  size: fc.constantFrom(20, 100, 100, 257),
}) as fc.Arbitrary<FreeSpaceParameters>;

/** Allocates this number of bytes, or frees one of the blocks in use. */
const step = fc.oneof(
  fc.record({ bytes: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ bytes: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ block: fc.nat(1000) }),
);

/** A new process for each run. */
const process = await spawn();
const fresh = process.system.checkpoint();

/** The space as an allocator: with the kernel's smallest piece, and no other memory. */
function nameOf({ policy, order, coalesces, header, alignment = 1, size }: FreeSpaceParameters): string {
  const lists = `order=${order},remainder=keep,coalesce=${coalesces ? "list" : "never"}`;
  return `${policy}-fit:${lists},header=${header},alignment=${alignment},tags=table,size=${size}`;
}

test("best, worst and first fit have OSTEP's free lists after each step, in every order", async () => {
  await fc.assert(
    fc.asyncProperty(parameters, fc.array(step, { minLength: 1, maxLength: 60 }), async (chosen, steps) => {
      process.system.restore(fresh);
      const [space, heap] = [new NaiveFreeSpace(chosen), await TestHeap.on(process, nameOf(chosen))];
      const used: number[] = [];
      for (const one of steps) {
        if ("bytes" in one) allocate(space, heap, chosen, one.bytes, used);
        else if (used.length > 0) {
          const [at = 0] = used.splice(one.block % used.length, 1);
          space.release(at);
          heap.free(heap.start + BigInt(at + chosen.header));
        } else continue;
        if (heap.chunks.length > 0)
          expect(heap.freeList(0)).toEqual(space.free.map(({ at, bytes }) => [at, bytes]));
      }
    }),
    { numRuns: caseCount(120) },
  );
});

function allocate(
  space: NaiveFreeSpace,
  heap: TestHeap,
  { policy, header }: FreeSpaceParameters,
  bytes: number,
  used: number[],
): void {
  const before = heap.heap.counters.steps;
  const { answer } = heap.call(HEAP_MALLOC, bytes);
  const searched = heap.heap.counters.steps - before;
  const allocation = space.allocate(bytes);
  const { at } = allocation;
  expect(answer === 0n ? undefined : Number(answer - heap.start) - header).toBe(at);
  // OSTEP's best fit looks at all pieces, this one stops at a piece that fits exactly.
  expect(searched).toBe((policy === "best" ? allocation.exact : undefined) ?? allocation.searched);
  if (at !== undefined) used.push(at);
}

const LESSONS = new URL("../../examples/heap/", import.meta.url);
const exercises = ["best", "order"].map((name) =>
  readFileSync(new URL(`free-space-${name}.calls`, LESSONS), "utf8"),
);
const every = parametersOf(
  ["best", "worst", "first"],
  ["address", "size", "size-descending", "lifo", "fifo"],
);

test.each(every)(
  "run shows OSTEP's lists: $policy fit, order $order, coalesced: $coalesces",
  async (chosen) => {
    for (const text of exercises) {
      const log = text.replaceAll(/ = (0x[0-9a-f]+|NULL)$/gm, "");
      const space = new NaiveFreeSpace(chosen);
      const { heapSteps } = await runLog(new TextEncoder().encode(log), {
        allocator: nameOf(chosen),
        freeLists: true,
      });
      const blocks: number[] = [];
      for (const { call, block, searched, start, lists } of heapSteps?.entries ?? []) {
        const bytes = /malloc\((\d+)\)/.exec(call)?.[1];
        if (bytes === undefined) space.release(blocks[Number(/free\(p(\d+)\)/.exec(call)?.[1])] as number);
        else {
          const { at, ...looked } = space.allocate(Number(bytes));
          expect(block).toBe(at === undefined ? 0n : start + BigInt(at));
          expect(searched).toBe((chosen.policy === "best" ? looked.exact : undefined) ?? looked.searched);
          if (at !== undefined) blocks.push(at);
        }
        const places = lists.flatMap(({ chunks }) =>
          chunks.map(({ address, bytes }) => [Number(address - start), bytes]),
        );
        expect(places, call).toEqual(space.free.map(({ at, bytes }) => [at, bytes]));
      }
      expect(heapSteps?.count).toBe(log.match(/^[^#\n]+\)$/gm)?.length);
    }
  },
);

/** Each policy in each order, with and without joining, on 100 bytes. */
function parametersOf(
  policies: readonly FreeSpaceParameters["policy"][],
  orders: readonly FreeSpaceParameters["order"][],
): FreeSpaceParameters[] {
  return policies.flatMap((policy) =>
    orders.flatMap((order) =>
      [false, true].map((coalesces) => ({
        policy,
        order,
        coalesces,
        header: 0,
        alignment: undefined,
        size: 100,
      })),
    ),
  );
}
