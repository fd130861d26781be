/**
 * The contract of every allocator in the registry, with default parameters and with each one at its limits. A new
 * allocator is included automatically.
 */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { allocators } from "#pagewalk/allocators/allocators.js";
import { spawn } from "#pagewalk/process/spawn.js";
import {
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_POSIX_MEMALIGN,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";
import { SIGABRT, SIGSEGV } from "../../assembly/abi/linux.js";
import { caseCount } from "../build.js";
import { type Call, call } from "./against-naive.js";
import { choicesOf, promisesOf } from "./choices.js";
import { type Call as KernelCall, TestHeap } from "./operate.js";
import { EINVAL, ENOMEM, Program } from "./program.js";

/** More bytes than a limit allows. */
const LARGE = 16 << 20;
/** Products that exceed 64 bits, or are small when truncated to 64 bits. */
const OVERFLOWS = [
  [2n ** 32n, 2n ** 32n],
  [2n ** 63n, 2n],
  [3n, 2n ** 63n],
  [2n ** 64n - 1n, 2n ** 64n - 1n],
  [0x1_0000_0001n, 0xffff_ffffn << 1n],
] as const;
const draw = (seed: number, length: number): Call[] =>
  fc.sample(fc.array(call, { minLength: length, maxLength: length }), { seed, numRuns: caseCount(1) })[0] ??
  [];
const CALLS = draw(1, 150);
const LATER = draw(2, 30);
const OTHERS = draw(3, 30);

/** Calls of a program after it misused the heap. */
const AFTER: KernelCall[] = [40, 40, 5000, 500_000, 100, 24, 3000].map((bytes) => [HEAP_MALLOC, bytes]);

const known = await allocators();
/** A new process for each case. */
const process = await spawn();
const fresh = process.system.checkpoint();

async function begun(choice: string): Promise<Program> {
  process.system.restore(fresh);
  const program = new Program(await TestHeap.on(process, choice), promisesOf(choice));
  program.begin();
  return program;
}

describe.each(known.flatMap(choicesOf))("%s", (choice) => {
  let program: Program;
  beforeAll(async () => {
    program = await begun(choice);
  });

  test("gives aligned, disjoint blocks, each in one chunk, that keep their contents", () => {
    program.run(CALLS);
  });

  test("continues in a child of fork as in its parent, independently of each other", () => {
    const alone = [LATER, OTHERS].map((calls) => {
      const child = program.fork();
      const answers = child.run(calls);
      child.exit();
      return answers;
    });
    const child = program.fork();
    const first = program.run(LATER.slice(0, 15));
    const others = child.run(OTHERS);
    expect([[...first, ...program.run(LATER.slice(15))], others]).toEqual(alone);
    child.end();
    child.exit();
  });

  test("returns NULL for impossible requests, and ignores NULL", () => {
    const refuse = program.mustRefuse.bind(program);
    for (const bytes of [2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      refuse([ENOMEM], HEAP_MALLOC, bytes);
      refuse([ENOMEM], HEAP_CALLOC, 1, bytes);
      refuse([ENOMEM], HEAP_REALLOC, program.anyBlock, bytes);
      refuse([ENOMEM], HEAP_MEMALIGN, 4096, bytes);
    }
    for (const [count, bytes] of OVERFLOWS) {
      refuse([ENOMEM], HEAP_CALLOC, count, bytes);
      refuse([ENOMEM], HEAP_REALLOCARRAY, program.anyBlock, count, bytes);
    }
    for (const alignment of [2n ** 62n, 2n ** 63n, 2n ** 63n + 1n])
      refuse([EINVAL, ENOMEM], HEAP_MEMALIGN, alignment, 8);
    for (const alignment of [0, 1, 4, 24, 4095]) refuse([EINVAL], HEAP_POSIX_MEMALIGN, alignment, 8);
    refuse([0], HEAP_FREE, 0);
    refuse([0], HEAP_USABLE_SIZE, 0);
    if (program.promises.grows) expect(program.allocate([HEAP_REALLOC, 0, 40], 40)).toBeDefined();
    program.mustBeSound();
  });

  test.each(["as", "data"])(
    "fails with ENOMEM at the limit %s, and continues when there is memory again",
    (limit) => {
      const all = process.regions().reduce((sum, { start, end }) => sum + end - start, 0n);
      process.setrlimit(limit, limit === "as" ? all + 65536n : 65536n, 1n << 62n);
      const { failed } = program;
      const large = program.spareBytes + LARGE;
      program.allocate([HEAP_MALLOC, large], large);
      if (program.promises.grows) expect(program.failed).toBe(failed + 1);
      program.run(OTHERS);
      process.setrlimit(limit, 1n << 62n);
      const block = program.allocate([HEAP_MALLOC, large], large);
      if (program.promises.grows) expect(block).toBeDefined();
      if (block !== undefined) program.free(block);
      program.run(LATER);
    },
  );

  test("has nothing in use when all is freed", () => {
    program.end();
  });
});

/** Addresses that no allocator returned, derived from a block in use and a freed one. */
const WRONG: readonly [name: string, address: (used: bigint, freed: bigint) => bigint][] = [
  ["what was freed", (_, freed) => freed],
  ["8 bytes behind a block's start", (used) => used + 8n],
  ["1 byte behind a block's start", (used) => used + 1n],
  ["the middle of a block", (used) => used + 2048n],
  ["the stack", () => process.stackPointer],
  ["the program", () => process.regions()[0]?.start ?? 0n],
  ["an address below all memory", () => 0x10n],
  ["an address without memory", () => 0x6000_0000_0000n],
  ["an address that no process has", () => 0x8000_0000_0010n],
  ["the last address", () => 2n ** 64n - 16n],
];
/** The kind of misuse, and the sizes of blocks. */
const WRONGLY = [
  [HEAP_FREE, 40],
  [HEAP_FREE, 5000],
  [HEAP_FREE, 500_000],
  [HEAP_REALLOC, 40],
  [HEAP_USABLE_SIZE, 5000],
] as const;

describe.each(known.map(({ name }) => name))("%s", (name) => {
  test("gives the same results in another process, and after it is restored", async () => {
    const [one, other] = [await begun(name), await TestHeap.of(name)];
    const answers = one.run(CALLS);
    const state = process.system.checkpoint();
    const later = one.fork().run(LATER);
    process.system.restore(state);
    const again = new Program(other, promisesOf(name));
    again.begin();
    expect(again.run(CALLS)).toEqual(answers);
    expect(one.run(LATER)).toEqual(later);
  });

  test.each(WRONG)("ends a process that frees or resizes %s by a signal, or continues", async (_, wrong) => {
    for (const [op, size] of WRONGLY) {
      process.system.restore(fresh);
      const heap = await TestHeap.on(process, name);
      const [freed, used] = [heap.malloc(size), heap.malloc(size)];
      heap.free(freed);
      heap.callAll([[op, wrong(used, freed), 100], ...AFTER]);
      const { stopped } = heap.heap;
      if (stopped !== undefined) expect([SIGABRT, SIGSEGV]).toContain(stopped.signal);
      expect(heap.chunks.length).toBeGreaterThan(0);
      expect(heap.heap.isValid()).toBeTypeOf("boolean");
      expect(process.system.isValid()).toBe(true);
    }
  });
});
