/** Heaps in kernel memory: an allocator on the memory of a process, the operations that it serves, and its chunks. */
import { NONE } from "../../assembly/abi/core.js";
import {
  CHUNK_ADDRESS,
  CHUNK_ARENA,
  CHUNK_BIN,
  CHUNK_NEXT,
  CHUNK_SIZE,
  CHUNK_STATE,
  HEAP_A,
  HEAP_ANSWER,
  HEAP_B,
  HEAP_BATCH,
  HEAP_BRK_CALLS,
  HEAP_BYTES,
  HEAP_C,
  HEAP_COMMITTED,
  HEAP_COMMITTED_AT_PEAK,
  HEAP_ERRNO,
  HEAP_FAILED,
  HEAP_FOOTPRINT_AT_PEAK,
  HEAP_FREED,
  HEAP_LINES,
  HEAP_LIVE_BLOCKS,
  HEAP_LIVE_BYTES,
  HEAP_LIVE_FOOTPRINT,
  HEAP_MADE,
  HEAP_MADVISE_CALLS,
  HEAP_MEMORY,
  HEAP_MESSAGE,
  HEAP_MISMATCHED,
  HEAP_MMAP_CALLS,
  HEAP_MPROTECT_CALLS,
  HEAP_MREMAP_CALLS,
  HEAP_MUNMAP_CALLS,
  HEAP_OP,
  HEAP_OPERATION_COUNT,
  HEAP_PEAK_COMMITTED,
  HEAP_PEAK_LIVE_BLOCKS,
  HEAP_PEAK_LIVE_BYTES,
  HEAP_RESULT,
  HEAP_STEPS,
  HEAP_STOPPED,
  HEAP_TAKEN,
  HEAP_THREAD,
} from "../../assembly/abi/heap.js";
import { type RawFigures, readFigures } from "./heap-figures.js";
import { HeapRecorder, type RecorderParts } from "./heap-recorder.js";
import { type Kernel, outOfMemory } from "./kernel.js";
import { writeParameters } from "./pages.js";
import { kernelSignatures, kernelString } from "./strings.js";

/** Every allocator's signature by its number; the grammar is in assembly/heap/registry.ts. */
export function allocatorSignatures(kernel: Kernel): string[] {
  return kernelSignatures(kernel, kernel.exports.allocatorSignature);
}

export interface HeapParameters {
  /** The allocator's number, which is its place in `allocatorSignatures`. */
  readonly allocator: number;
  /**
   * The values of its parameters, in the order of its signature; the value of a word is its index in the list of words.
   */
  readonly parameters: readonly number[];
  /** `HEAP_QUIET`, `HEAP_PAGES` or `HEAP_WATCHED`. */
  readonly mode: number;
  /** The program stores to its blocks. */
  readonly isUsed: boolean;
  /** Addresses in records are this allocator's own; otherwise blocks are identified by number. */
  readonly byAddress: boolean;
}

const HEAP_COUNTERS = {
  /** Of blocks in use: the requested bytes, their number, their footprint in the heap; and the peaks of these. */
  liveBytes: HEAP_LIVE_BYTES,
  liveBlocks: HEAP_LIVE_BLOCKS,
  liveFootprint: HEAP_LIVE_FOOTPRINT,
  peakLiveBytes: HEAP_PEAK_LIVE_BYTES,
  peakLiveBlocks: HEAP_PEAK_LIVE_BLOCKS,
  /** The footprint of the blocks and the bytes of the heap, at the moment when most bytes were in use. */
  footprintAtPeak: HEAP_FOOTPRINT_AT_PEAK,
  committedAtPeak: HEAP_COMMITTED_AT_PEAK,
  operations: HEAP_OPERATION_COUNT,
  failed: HEAP_FAILED,
  mismatched: HEAP_MISMATCHED,
};
const MEMORY_COUNTERS = {
  /** Bytes that the heap has from the system. */
  committed: HEAP_COMMITTED,
  peakCommitted: HEAP_PEAK_COMMITTED,
  brkCalls: HEAP_BRK_CALLS,
  mmapCalls: HEAP_MMAP_CALLS,
  munmapCalls: HEAP_MUNMAP_CALLS,
  mremapCalls: HEAP_MREMAP_CALLS,
  mprotectCalls: HEAP_MPROTECT_CALLS,
  madviseCalls: HEAP_MADVISE_CALLS,
  /** Nodes visited in searches; cache lines touched, counted only with `HEAP_WATCHED`. */
  steps: HEAP_STEPS,
  lines: HEAP_LINES,
  /** Mappings that were placed where the log shows them. */
  taken: HEAP_TAKEN,
};
export type HeapCounters = Record<keyof typeof HEAP_COUNTERS | keyof typeof MEMORY_COUNTERS, number>;

/** How a process ended in its allocator. */
export interface HeapStop {
  readonly signal: number;
  readonly code: number;
  /** The allocator's output on standard error. */
  readonly message: string | undefined;
}

export interface HeapAnswer {
  readonly answer: bigint;
  /** 0: none. */
  readonly errno: number;
}

export interface RawChunk {
  readonly address: bigint;
  readonly bytes: number;
  /** `CHUNK_…`. */
  readonly state: number;
  /** The allocator's number of the list that contains the chunk; undefined: none. */
  readonly bin: number | undefined;
  readonly arena: number;
  /** The next chunk in that list; undefined: the last one, or unknown to the allocator. */
  readonly next: bigint | undefined;
}

/** One operation, as a record has it. */
export interface HeapOperation {
  /** `HEAP_MALLOC` and so on. */
  readonly op: number;
  readonly thread: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  /** The result in the log; 0n: none. */
  readonly recorded: bigint;
}

export class KernelHeap {
  private readonly walk: number;
  private batchAt = 0;
  /** The address of a single operation's record. */
  private readonly one: number;

  private constructor(
    private readonly kernel: Kernel,
    readonly address: number,
  ) {
    this.walk = address === 0 ? 0 : kernel.exports.walkHeap(address) >>> 0;
    if (this.walk === 0) throw outOfMemory();
    this.one = kernel.allocate(HEAP_BYTES);
  }

  /** `system`: the address of a system; `KernelSystem.createHeap` knows it. */
  static create(
    kernel: Kernel,
    system: number,
    asid: number,
    { allocator, parameters, mode, isUsed, byAddress }: HeapParameters,
  ): KernelHeap {
    const values = writeParameters(kernel, parameters);
    const { exports } = kernel;
    const at = exports.createHeap(system, asid, allocator, values, mode, isUsed, byAddress) >>> 0;
    return new KernelHeap(kernel, at);
  }

  /** A copy for process `asid`, a child forked by `thread` of this heap's process. */
  fork(system: number, asid: number, thread: number): KernelHeap {
    const { exports } = this.kernel;
    return new KernelHeap(this.kernel, exports.forkHeap(system, asid, this.address, thread) >>> 0);
  }

  /** Releases the heap: the next heap reuses its kernel memory. */
  release(): void {
    this.kernel.exports.releaseHeap(this.address);
  }

  /** Continues the process after a signal in the allocator. */
  resume(): void {
    this.kernel.exports.resumeHeap(this.address);
  }

  /** Serves one operation; does nothing if the process has ended. */
  operate({ op, thread, a, b, c, recorded }: HeapOperation): HeapAnswer {
    const record = this.one;
    const view = this.kernel.view();
    view.setUint32(record + HEAP_OP, op, true);
    view.setUint32(record + HEAP_THREAD, thread, true);
    view.setBigUint64(record + HEAP_A, a, true);
    view.setBigUint64(record + HEAP_B, b, true);
    view.setBigUint64(record + HEAP_C, c, true);
    view.setBigUint64(record + HEAP_RESULT, recorded, true);
    view.setUint32(record + HEAP_MADE, NONE, true);
    view.setUint32(record + HEAP_FREED, NONE, true);
    this.serveAt(record, 1);
    return this.answerAt(record);
  }

  /** The address of the batch. */
  private get batch(): number {
    if (this.batchAt === 0) this.batchAt = this.kernel.allocate(HEAP_BATCH * HEAP_BYTES);
    return this.batchAt;
  }

  /**
   * Serves the first `count` of the records, `HEAP_BYTES` each and at most `HEAP_BATCH`; Returns how many were served,
   * fewer if the process ended; the record that ended it is included. The answers are in `served`.
   */
  serve(records: Uint8Array, count: number): number {
    this.putBatch(records, count);
    return this.serveBatch(count);
  }

  /** Copies records to the batch in kernel memory. Returns its address. */
  putBatch(records: Uint8Array, count: number): number {
    const bytes = count * HEAP_BYTES;
    this.kernel.bytes(this.batch, bytes).set(records.subarray(0, bytes));
    return this.batch;
  }

  /** Serves `count` of the copied records. */
  serveBatch(count: number): number {
    return this.serveAt(this.batch, count);
  }

  /** The same for records in kernel memory; the answers are written to them. */
  serveAt(records: number, count: number): number {
    return this.kernel.exports.serveHeap(this.address, records, count) >>> 0;
  }

  /** The served batch, answers included; valid until the next call into the kernel. */
  get served(): Uint8Array {
    return this.kernel.bytes(this.batch, HEAP_BATCH * HEAP_BYTES);
  }

  /** The answer to record number `index` of the last batch. */
  answer(index: number): HeapAnswer {
    return this.answerAt(this.batch + index * HEAP_BYTES);
  }

  private answerAt(record: number): HeapAnswer {
    const view = this.kernel.view();
    return {
      answer: view.getBigUint64(record + HEAP_ANSWER, true),
      errno: view.getUint32(record + HEAP_ERRNO, true),
    };
  }

  get counters(): HeapCounters {
    const view = this.kernel.view();
    const { memory } = this;
    const counters: Partial<HeapCounters> = {};
    for (const name of keysOf(HEAP_COUNTERS))
      counters[name] = Number(view.getBigUint64(this.address + HEAP_COUNTERS[name], true));
    for (const name of keysOf(MEMORY_COUNTERS))
      counters[name] = Number(view.getBigUint64(memory + MEMORY_COUNTERS[name], true));
    return counters as HeapCounters;
  }

  /** The end of the process in the allocator; undefined if it did not end there. */
  get stopped(): HeapStop | undefined {
    const view = this.kernel.view();
    const { memory } = this;
    const stopped = view.getUint32(memory + HEAP_STOPPED, true);
    if (stopped === 0) return undefined;
    const message = view.getUint32(memory + HEAP_MESSAGE, true);
    return {
      signal: stopped >>> 8,
      code: stopped & 0xff,
      message: message === 0 ? undefined : kernelString(this.kernel, message),
    };
  }

  /** The address of the log's block `number` in this heap; undefined if it is not in use. */
  blockAddress(number: number): bigint | undefined {
    const address = BigInt.asUintN(64, this.kernel.exports.blockAddress(this.address, number));
    return address === 0n ? undefined : address;
  }

  /** The chunks of the heap in order of arena and address. Starting a walk ends the previous one. */
  *chunks(): Generator<RawChunk> {
    const { exports } = this.kernel;
    exports.rewindWalk(this.walk);
    for (;;) {
      const chunk = exports.nextChunk(this.address, this.walk) >>> 0;
      if (chunk === 0) return;
      yield readChunk(this.kernel.view(), chunk);
    }
  }

  /** The allocator's figures, read as a debugger would; undefined if it has none, or the heap is corrupt. */
  figures(): RawFigures | undefined {
    return this.figuresAt(this.kernel.exports.heapFigures(this.address));
  }

  /** The figures at `answer`, the answer of an operation that requests figures; undefined if it is 0. */
  figuresAt(answer: number): RawFigures | undefined {
    return answer === 0 ? undefined : readFigures(this.kernel.view(), answer >>> 0);
  }

  /** Starts to record the heap. `expected`: the approximate number of operations, if known. */
  record(parts: RecorderParts, expected?: number): HeapRecorder {
    return new HeapRecorder(this.kernel, this.address, parts, expected);
  }

  /** True if the allocator's state is consistent. Walks the heap. */
  isValid(): boolean {
    return this.kernel.exports.isHeapValid(this.address) !== 0;
  }

  /** The address of its `HeapMemory`. */
  get memory(): number {
    return this.kernel.view().getUint32(this.address + HEAP_MEMORY, true);
  }
}

function readChunk(view: DataView, chunk: number): RawChunk {
  const bin = view.getUint32(chunk + CHUNK_BIN, true);
  const next = view.getBigUint64(chunk + CHUNK_NEXT, true);
  return {
    address: view.getBigUint64(chunk + CHUNK_ADDRESS, true),
    bytes: Number(view.getBigUint64(chunk + CHUNK_SIZE, true)),
    state: view.getUint32(chunk + CHUNK_STATE, true),
    bin: bin === NONE ? undefined : bin,
    arena: view.getUint32(chunk + CHUNK_ARENA, true),
    next: next === 0n ? undefined : next,
  };
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[];
}
