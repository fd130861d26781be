/** A heap whose allocator is in the host: resolves each operation, and serves it with the host's answer. */
import {
  CUSTOM_ADDRESS,
  CUSTOM_ALIGNMENT,
  CUSTOM_BYTES,
  CUSTOM_CHUNK_BYTES,
  CUSTOM_COUNT,
  CUSTOM_FAILURE,
  CUSTOM_HAD,
  CUSTOM_OTHER,
  HEAP_ALLOCATOR,
  HEAP_LINE,
} from "../../assembly/abi/heap.js";
import { KernelCustomMemory } from "./custom-memory.js";
import type { KernelHeap } from "./heap.js";
import type { Kernel } from "./kernel.js";

/** A record and its address. */
export interface CustomAnswer {
  /** `CUSTOM_…`, as `ask` said. */
  readonly call: number;
  readonly answer: number;
  /** The requested bytes of the new block, and its footprint in the heap. */
  readonly bytes: number;
  readonly taken: number;
  readonly steps: number;
  readonly errno: number;
}

const FIRST_CHUNKS = 1024;

export class KernelCustomHeap {
  readonly memory: KernelCustomMemory;
  private readonly allocator: number;
  private chunksAt = 0;
  private chunkRoom = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly heap: KernelHeap,
  ) {
    this.allocator = kernel.view().getUint32(heap.address + HEAP_ALLOCATOR, true);
    this.memory = new KernelCustomMemory(kernel, heap.memory);
  }

  /** Resolves the record: `CUSTOM_MALLOC` and so on; the arguments are in the fields below. */
  ask(record: number): number {
    return this.kernel.exports.askCustom(this.heap.address, record);
  }

  get address(): number {
    return this.field(CUSTOM_ADDRESS);
  }

  /** The requested bytes of the block at `address`. */
  get had(): number {
    return this.field(CUSTOM_HAD);
  }

  get count(): number {
    return this.field(CUSTOM_COUNT);
  }

  get bytes(): number {
    return this.field(CUSTOM_BYTES);
  }

  get alignment(): number {
    return this.field(CUSTOM_ALIGNMENT);
  }

  /** The block that the last answer overlapped. */
  get other(): number {
    return this.field(CUSTOM_OTHER);
  }

  /** errno of an operation that is not passed on. */
  get failure(): number {
    return this.kernel.view().getUint32(this.allocator + CUSTOM_FAILURE, true);
  }

  private field(offset: number): number {
    return this.kernel.view().getFloat64(this.allocator + offset, true);
  }

  /** Serves the record. Returns `CUSTOM_DONE`, or the error in the answer. */
  serve(record: number, { call, answer, bytes, taken, steps, errno }: CustomAnswer): number {
    const { exports } = this.kernel;
    return exports.serveCustom(this.heap.address, record, call, answer, bytes, taken, steps, errno) >>> 0;
  }

  lineOf(record: number): number {
    return this.kernel.view().getUint32(record + HEAP_LINE, true);
  }

  /** True if the recorder needs the heap's chunks at the next operation, or at the end (`isLast`). */
  wantsChunks(isLast: boolean): boolean {
    return this.kernel.exports.wantsCustomChunks(this.heap.address, isLast) !== 0;
  }

  /** Passes the heap's chunks: address, bytes and `CHUNK_…` of each in turn. */
  showChunks(words: readonly number[]): void {
    const count = words.length / 3;
    if (count > this.chunkRoom) {
      this.chunkRoom = Math.max(FIRST_CHUNKS, 2 ** Math.ceil(Math.log2(count)));
      this.chunksAt = this.kernel.allocate(this.chunkRoom * CUSTOM_CHUNK_BYTES);
    }
    if (this.chunksAt === 0) this.chunksAt = this.kernel.allocate(CUSTOM_CHUNK_BYTES);
    new Float64Array(this.kernel.memory.buffer, this.chunksAt, words.length).set(words);
    this.kernel.exports.showCustomChunks(this.heap.address, this.chunksAt, count);
  }
}
