/**
 * Compares an allocator of the kernel with a naive model: random operations, and the same address for each.
 *
 *   expectSameAddresses("tlsf:sl=4", (system) => new NaiveTlsf(system, …));
 */
import fc from "fast-check";
import { expect } from "vitest";
import { spawn } from "#pagewalk/process/spawn.js";
import { choose } from "#pagewalk/registry/choice.js";
import { parseSignature } from "#pagewalk/registry/signature.js";
import type { KernelHeap } from "#pagewalk/wasm/heap.js";
import { NONE } from "../../assembly/abi/core.js";
import {
  CHUNK_MAPPED,
  CHUNK_USED,
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_QUIET,
  HEAP_REALLOC,
  HEAP_TRIM,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";
import { NaiveSystem } from "./naive/system.js";

export interface NaiveHeap {
  malloc(bytes: number): number;
  calloc(count: number, bytes: number): number;
  realloc(address: number, bytes: number): number;
  memalign(alignment: number, bytes: number): number;
  free(address: number): void;
  usableSize(address: number): number;
  /** malloc_trim. */
  trim?(): number;
}

export type Call =
  | { call: "malloc" | "calloc"; bytes: number; count: number }
  | { call: "realloc"; block: number; bytes: number }
  | { call: "free" | "usable"; block: number }
  | { call: "memalign"; alignment: number; bytes: number }
  | { call: "trim" };

const small = fc.nat(64);
const medium = fc.nat(3000);
const large = fc.nat(300_000);
const huge = fc.nat(3_000_000);
const sizes = fc.oneof(
  { weight: 20, arbitrary: small },
  { weight: 16, arbitrary: medium },
  { weight: 3, arbitrary: large },
  huge,
);
const block = fc.nat();

/** A call of any kind; `block` is any number, used modulo the number of blocks in use. */
export const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ call: fc.constant("malloc" as const), bytes: sizes, count: fc.constant(1) }),
  },
  fc.record({ call: fc.constant("calloc" as const), bytes: medium, count: fc.nat(9) }),
  { weight: 5, arbitrary: fc.record({ call: fc.constantFrom("free" as const), block }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant("realloc" as const), block, bytes: sizes }) },
  fc.record({ call: fc.constant("usable" as const), block }),
  fc.record({
    call: fc.constant("memalign" as const),
    alignment: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 13 }).map((n) => 2 ** n) },
      fc.integer({ min: 14, max: 22 }).map((n) => 2 ** n),
      { weight: 3, arbitrary: fc.nat(300) },
    ),
    bytes: fc.oneof(fc.nat(8), medium),
  }),
  { weight: 1, arbitrary: fc.constant({ call: "trim" as const }) },
);
export const calls = fc.array(call, { maxLength: 400, size: "max" });

/** A record of the kernel's: an operation, its arguments, the numbers of the blocks that it makes and is given. */
interface Operation {
  op: number;
  a?: number;
  b?: number;
  made?: number;
  freed?: number;
}

interface Started {
  heap: KernelHeap;
  naive: NaiveHeap;
}

/** Makes the same calls on both, and expects the same answers. */
export async function expectSameAnswers(
  name: string,
  model: (system: NaiveSystem) => NaiveHeap,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(calls, async (list) => {
      const started = await start(name, model);
      const addresses = replay(started, list);
      expect(started.heap.isValid()).toBe(true);
      expectChunks(started.heap, addresses);
    }),
    { numRuns },
  );
}

/** A heap of a new process, and a naive one in memory like it. `name` has parameters in it. */
export async function start(name: string, model: (system: NaiveSystem) => NaiveHeap): Promise<Started> {
  const process = await spawn();
  const { value: probe } = process.mmap(0, 4096, "PROT_NONE", "MAP_PRIVATE|MAP_ANONYMOUS");
  process.munmap(probe, 4096);
  const all = process.system.kernel.allocatorSignatures().map(parseSignature);
  const { id, parameters } = choose(name, all, { one: "allocator", many: "allocators", full: "allocator" });
  const heap = process.space.kernel.createHeap({
    allocator: id,
    parameters,
    mode: HEAP_QUIET,
    isUsed: false,
    byAddress: false,
  });
  const system = new NaiveSystem(Number(process.brk(0).value), Number(probe) + 4096);
  return { heap, naive: model(system) };
}

/** Chunks make up all memory of the heap, each once, and blocks in use are in chunks in use. */
function expectChunks(heap: KernelHeap, addresses: readonly number[]): void {
  const chunks = [...heap.chunks()].map(({ address, ...rest }) => ({ ...rest, start: Number(address) }));
  for (const [n, { start, bytes }] of chunks.entries()) {
    expect(bytes).toBeGreaterThan(0);
    expect(start + bytes).toBeLessThanOrEqual(chunks[n + 1]?.start ?? Number.POSITIVE_INFINITY);
  }
  expect(chunks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(heap.counters.committed);
  const used = chunks.filter(({ state }) => state === CHUNK_USED || state === CHUNK_MAPPED);
  const holding = addresses.map((address) =>
    used.find(({ start, bytes }) => start <= address && address < start + bytes),
  );
  expect(new Set(holding)).toEqual(new Set(used));
  expect(used.length).toBe(addresses.length);
}

/** The addresses of blocks that are in use at the end. Throws where answers differ. */
export function replay({ heap, naive }: Started, list: readonly Call[]): number[] {
  const live: { number: number; address: number }[] = [];
  let numbers = 0;
  for (const [n, call] of list.entries()) {
    const place = "block" in call && live.length > 0 ? call.block % live.length : undefined;
    const given = place === undefined ? undefined : live[place];
    const made = numbers++;
    const [operation, expected] = both(naive, call, made, given);
    const { answer } = serve(heap, operation);
    if (Number(answer) !== expected) {
      const [was, due] = [Number(answer), expected].map((one) => `0x${one.toString(16)}`);
      throw new Error(`call ${n}, ${JSON.stringify(call)}: ${was} from the kernel, ${due} from the model`);
    }
    const isMade = operation.made !== undefined && expected !== 0;
    const isFreed = call.call === "free" || (call.call === "realloc" && (isMade || call.bytes === 0));
    if (isFreed && place !== undefined) live.splice(place, 1);
    if (isMade) live.push({ number: made, address: expected });
  }
  return live.map(({ address }) => address);
}

/** The call as a record of the kernel's, and the model's answer to it. */
function both(
  naive: NaiveHeap,
  call: Call,
  made: number,
  given: { number: number; address: number } | undefined,
): [Operation, number] {
  const freed = given && { freed: given.number };
  const address = given?.address ?? 0;
  switch (call.call) {
    case "malloc":
      return [{ op: HEAP_MALLOC, a: call.bytes, made }, naive.malloc(call.bytes)];
    case "calloc": {
      const { count, bytes } = call;
      return [{ op: HEAP_CALLOC, a: count, b: bytes, made }, naive.calloc(count, bytes)];
    }
    case "realloc":
      return [{ op: HEAP_REALLOC, b: call.bytes, made, ...freed }, naive.realloc(address, call.bytes)];
    case "memalign": {
      const { alignment, bytes } = call;
      return [{ op: HEAP_MEMALIGN, a: alignment, b: bytes, made }, naive.memalign(alignment, bytes)];
    }
    case "free":
      naive.free(address);
      return [{ op: HEAP_FREE, ...freed }, 0];
    case "usable":
      return [{ op: HEAP_USABLE_SIZE, ...freed }, naive.usableSize(address)];
    case "trim":
      return [{ op: HEAP_TRIM }, naive.trim?.() ?? 0];
  }
}

function serve(heap: KernelHeap, { op, a = 0, b = 0, made = NONE, freed = NONE }: Operation) {
  const bytes = new Uint8Array(HEAP_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEAP_OP, op, true);
  view.setBigUint64(HEAP_A, BigInt(a), true);
  view.setBigUint64(HEAP_B, BigInt(b), true);
  view.setUint32(HEAP_MADE, made, true);
  view.setUint32(HEAP_FREED, freed, true);
  heap.serve(bytes, 1);
  return heap.answer(0);
}
