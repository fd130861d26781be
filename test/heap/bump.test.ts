import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import { spawn } from "#pagewalk/process/spawn.js";
import type { KernelHeap } from "#pagewalk/wasm/heap.js";
import { NONE } from "../../assembly/abi/core.js";
import {
  CHUNK_META,
  CHUNK_TOP,
  CHUNK_USED,
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_PAGES,
  HEAP_POSIX_MEMALIGN,
  HEAP_REALLOC,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";

const HEADER = 8n;
const ALIGNMENT = 16n;

interface Operation {
  op: number;
  a?: bigint;
  b?: bigint;
  /** The numbers of the block that it makes and of the one that it is given. */
  made?: number;
  freed?: number;
}

function records(operations: readonly Operation[]): Uint8Array {
  const bytes = new Uint8Array(operations.length * HEAP_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [n, { op, a = 0n, b = 0n, made = NONE, freed = NONE }] of operations.entries()) {
    const at = n * HEAP_BYTES;
    view.setUint32(at + HEAP_OP, op, true);
    view.setBigUint64(at + HEAP_A, a, true);
    view.setBigUint64(at + HEAP_B, b, true);
    view.setUint32(at + HEAP_MADE, made, true);
    view.setUint32(at + HEAP_FREED, freed, true);
  }
  return bytes;
}

async function bump(options = {}): Promise<{ heap: KernelHeap; process: Process }> {
  const process = await spawn(options);
  const allocator = process.system.kernel
    .allocatorSignatures()
    .findIndex((signature) => signature.startsWith("bump:"));
  const heap = process.space.kernel.createHeap({
    allocator,
    parameters: [Number(ALIGNMENT), 65536],
    mode: HEAP_PAGES,
    isUsed: false,
    byAddress: false,
  });
  return { heap, process };
}

const malloc = (bytes: number, made: number): Operation => ({ op: HEAP_MALLOC, a: BigInt(bytes), made });

function serve(heap: KernelHeap, operations: readonly Operation[]): (bigint | undefined)[] {
  const served = heap.serve(records(operations), operations.length);
  return operations.map((_, n) => (n < served ? heap.answer(n).answer : undefined));
}

test("each block begins after a header, which follows the previous block", async () => {
  const { heap, process } = await bump();
  const start = process.brk(0).value;
  const align = (address: bigint) => (address + ALIGNMENT - 1n) & ~(ALIGNMENT - 1n);
  const first = align(start + HEADER);
  const second = align(first + 40n + HEADER);
  const third = align(second + 1n + HEADER);
  expect(serve(heap, [malloc(40, 0), malloc(1, 1), malloc(100, 2)])).toEqual([first, second, third]);
  expect([0, 1, 2, 3].map((number) => heap.blockAddress(number))).toEqual([first, second, third, undefined]);
});

test("freed memory is not reused", async () => {
  const { heap } = await bump();
  const [first, , second] = serve(heap, [malloc(40, 0), { op: HEAP_FREE, freed: 0 }, malloc(40, 0)]);
  expect(second).toBeGreaterThan(first as bigint);
  expect(heap.counters).toMatchObject({ operations: 3, failed: 0, liveBlocks: 1, liveBytes: 40 });
});

test("a block grows by moving, and shrinks where it is", async () => {
  const { heap } = await bump();
  const [first, grown, shrunk] = serve(heap, [
    malloc(40, 0),
    { op: HEAP_REALLOC, b: 80n, freed: 0, made: 1 },
    { op: HEAP_REALLOC, b: 60n, freed: 1, made: 0 },
  ]);
  expect(grown).toBeGreaterThan(first as bigint);
  expect(shrunk).toBe(grown);
  expect(heap.counters).toMatchObject({ peakLiveBytes: 80, liveBytes: 60, liveBlocks: 1 });
});

test("chunks tile the heap up to its end", async () => {
  const { heap, process } = await bump();
  const start = process.brk(0).value;
  serve(heap, [malloc(40, 0), malloc(40, 1)]);
  const chunks = [...heap.chunks()];
  expect(chunks.map(({ state }) => state)).toEqual([CHUNK_USED, CHUNK_USED, CHUNK_TOP]);
  // The first header stands before an aligned block.
  let at = start + ALIGNMENT - HEADER;
  for (const { address, bytes } of chunks) {
    expect(address).toBe(at);
    at += BigInt(bytes);
  }
  expect(at).toBe(process.brk(0).value);
  expect([...heap.chunks()]).toEqual(chunks);
  expect(heap.isValid()).toBe(true);
});

test("the gap before an aligned block is a chunk of its own", async () => {
  const { heap } = await bump();
  serve(heap, [malloc(40, 0), { op: HEAP_MEMALIGN, a: 4096n, b: 100n, made: 1 }, malloc(8, 2)]);
  const chunks = [...heap.chunks()];
  const states = [CHUNK_USED, CHUNK_META, CHUNK_USED, CHUNK_USED, CHUNK_TOP];
  expect(chunks.map(({ state }) => state)).toEqual(states);
  for (const [n, { address, bytes }] of chunks.entries())
    expect(chunks[n + 1]?.address ?? address + BigInt(bytes)).toBe(address + BigInt(bytes));
});

test("the heap continues behind memory that the program took with brk", async () => {
  const { heap, process } = await bump();
  const [first] = serve(heap, [malloc(40, 0)]);
  process.brk(process.brk(0).value + 100n);
  const [second] = serve(heap, [malloc(100_000, 1)]);
  expect(second).toBeGreaterThan((first as bigint) + 65_536n);
  expect([...heap.chunks()].map(({ state }) => state)).toEqual([
    ...[CHUNK_USED, CHUNK_META, CHUNK_USED, CHUNK_TOP],
  ]);
  expect(heap.isValid()).toBe(true);
});

test("the heap grows by brk, counted, and its pages are touched as headers are written", async () => {
  const { heap, process } = await bump();
  const start = process.brk(0).value;
  serve(heap, [malloc(100_000, 0), malloc(40, 1)]);
  expect(process.brk(0).value - start).toBe(131_072n);
  expect(heap.counters).toMatchObject({
    brkCalls: 1,
    mmapCalls: 0,
    committed: 131_072,
    peakCommitted: 131_072,
  });
  const pages = process.system.counters.minor;
  serve(heap, [malloc(8, 2)]);
  expect(process.system.counters.minor).toBe(pages);
});

test("an allocation that the limit does not allow fails with ENOMEM", async () => {
  const { heap } = await bump({ ulimit: "data=1MiB" });
  expect(serve(heap, [malloc(2 ** 21, 0)])).toEqual([0n]);
  expect(heap.answer(0).errno).toBe(12);
  expect(heap.counters.failed).toBe(1);
  expect(heap.stopped).toBeUndefined();
});

test("an invalid alignment fails with EINVAL", async () => {
  const { heap } = await bump();
  const operation = { op: HEAP_POSIX_MEMALIGN, a: 48n, b: 100n, made: 0 };
  expect(serve(heap, [operation])).toEqual([0n]);
  expect(heap.answer(0).errno).toBe(22);
});

test("a header outside the process's memory ends the process, and later calls are not served", async () => {
  const { heap, process } = await bump();
  const start = process.brk(0).value;
  serve(heap, [malloc(40, 0)]);
  process.munmap(start & ~0xfffn, 0x40000n);
  const answers = serve(heap, [{ op: HEAP_USABLE_SIZE, freed: 0 }, malloc(1, 1)]);
  expect(answers[1]).toBeUndefined();
  expect(heap.stopped).toMatchObject({ signal: 11, message: undefined });
});
