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
  /** The values of its parameters, in the order of its signature; a word's is its place in the list. */
  readonly parameters: readonly number[];
  /** `HEAP_QUIET`, `HEAP_PAGES` or `HEAP_WATCHED`. */
  readonly mode: number;
  /** The program stores to what it gets. */
  readonly isUsed: boolean;
  /** Addresses in records are this allocator's own; else blocks are known by their numbers. */
  readonly byAddress: boolean;
}

const HEAP_COUNTERS = {
  /** Bytes asked for by blocks in use, how many blocks they are, what they take in the heap, and the peaks. */
  liveBytes: HEAP_LIVE_BYTES,
  liveBlocks: HEAP_LIVE_BLOCKS,
  liveFootprint: HEAP_LIVE_FOOTPRINT,
  peakLiveBytes: HEAP_PEAK_LIVE_BYTES,
  peakLiveBlocks: HEAP_PEAK_LIVE_BLOCKS,
  /** What the blocks took, and what the heap had, when most bytes were in use. */
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
  /** Nodes looked at in searches; cache lines touched, counted under `HEAP_WATCHED` alone. */
  steps: HEAP_STEPS,
  lines: HEAP_LINES,
  /** Mappings that were put where the log shows them. */
  taken: HEAP_TAKEN,
};
export type HeapCounters = Record<keyof typeof HEAP_COUNTERS | keyof typeof MEMORY_COUNTERS, number>;

/** How a process ended in its allocator. */
export interface HeapStop {
  readonly signal: number;
  readonly code: number;
  /** What the allocator wrote to standard error. */
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
  /** The allocator's own number for the list that it is in; undefined: in none. */
  readonly bin: number | undefined;
  readonly arena: number;
  /** The chunk behind it in that list; undefined: it is the last, or the allocator does not know it. */
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
  /** What a log says that it returned, 0n: nothing. */
  readonly recorded: bigint;
}

export class KernelHeap {
  private readonly walk: number;
  private batchAt = 0;
  /** Where a single operation's record lies. */
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

  /** A copy for process `asid`, which `thread` of this heap's process has forked. */
  fork(system: number, asid: number, thread: number): KernelHeap {
    const { exports } = this.kernel;
    return new KernelHeap(this.kernel, exports.forkHeap(system, asid, this.address, thread) >>> 0);
  }

  /** The process needs it no more: its kernel memory is the next one's. */
  release(): void {
    this.kernel.exports.releaseHeap(this.address);
  }

  /** The process goes on, though the allocator has met a signal. */
  resume(): void {
    this.kernel.exports.resumeHeap(this.address);
  }

  /** Serves one operation; none where the process has ended. */
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

  /** Where a batch lies. */
  private get batch(): number {
    if (this.batchAt === 0) this.batchAt = this.kernel.allocate(HEAP_BATCH * HEAP_BYTES);
    return this.batchAt;
  }

  /**
   * Serves the first `count` of the records, `HEAP_BYTES` each and at most `HEAP_BATCH`; how many were served, fewer where
   * the process ended, with the one that ended it. Their answers are in `served`.
   */
  serve(records: Uint8Array, count: number): number {
    this.putBatch(records, count);
    return this.serveBatch(count);
  }

  /** Copies records to the batch in kernel memory; its address. */
  putBatch(records: Uint8Array, count: number): number {
    const bytes = count * HEAP_BYTES;
    this.kernel.bytes(this.batch, bytes).set(records.subarray(0, bytes));
    return this.batch;
  }

  /** Serves `count` of those that were put there. */
  serveBatch(count: number): number {
    return this.serveAt(this.batch, count);
  }

  /** The same for records that lie in kernel memory; the answers are put there. */
  serveAt(records: number, count: number): number {
    return this.kernel.exports.serveHeap(this.address, records, count) >>> 0;
  }

  /** The batch as it was served, answers included; good until the next call into the kernel. */
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

  /** How the process ended in the allocator; undefined: it did not. */
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

  /** Where block `number` of the log is in this heap; undefined: it is not in use. */
  blockAddress(number: number): bigint | undefined {
    const address = BigInt.asUintN(64, this.kernel.exports.blockAddress(this.address, number));
    return address === 0n ? undefined : address;
  }

  /** The chunks of the heap in order of arena and address. One walk at a time: the one before is over. */
  *chunks(): Generator<RawChunk> {
    const { exports } = this.kernel;
    exports.rewindWalk(this.walk);
    for (;;) {
      const chunk = exports.nextChunk(this.address, this.walk) >>> 0;
      if (chunk === 0) return;
      yield readChunk(this.kernel.view(), chunk);
    }
  }

  /** The allocator's figures, as a debugger reads them; undefined: it has none, or the heap is corrupt. */
  figures(): RawFigures | undefined {
    return this.figuresAt(this.kernel.exports.heapFigures(this.address));
  }

  /** What an operation has answered that asks for figures; undefined: there are none. */
  figuresAt(answer: number): RawFigures | undefined {
    return answer === 0 ? undefined : readFigures(this.kernel.view(), answer >>> 0);
  }

  /** Keeps how the heap goes from now on; `expected`: about how many operations there will be, where that is known. */
  record(parts: RecorderParts, expected?: number): HeapRecorder {
    return new HeapRecorder(this.kernel, this.address, parts, expected);
  }

  /** Is all of the allocator's state sound? Walks the heap. */
  isValid(): boolean {
    return this.kernel.exports.isHeapValid(this.address) !== 0;
  }

  /** Of its `HeapMemory`. */
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
