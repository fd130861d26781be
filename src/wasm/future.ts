/** Numbering of pages and the backward sweep that finds each request's next use; see assembly/engine/future.ts. */
import { type Kernel, outOfMemory } from "./kernel.js";

/** Requests in a chunk of ids or gaps. */
export const CHUNK_REQUESTS = 65536;
export const CHUNK_BYTES = CHUNK_REQUESTS * 4;

export class KernelFuture {
  private readonly address: number;
  private readonly chunk: number;
  private filled = 0;

  /** `expected`: distinct pages, if known, for which memory is allocated at once. */
  constructor(
    private readonly kernel: Kernel,
    expected = 0,
  ) {
    this.address = kernel.exports.createFuture(expected) >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.chunk = kernel.allocate(CHUNK_BYTES);
  }

  /** Distinct pages so far. */
  get distinct(): number {
    return this.kernel.exports.distinctKeys(this.address) >>> 0;
  }

  /**
   * Numbers up to `count` of the keys (u64) at `keys` and adds them to the chunk. Returns how many, fewer if the chunk
   * is full.
   */
  number(keys: number, count: number): number {
    const taken = Math.min(count, CHUNK_REQUESTS - this.filled);
    const into = this.chunk + this.filled * 4;
    if (this.kernel.exports.numberKeys(this.address, keys, taken, into) !== 0) throw outOfMemory();
    this.filled += taken;
    return taken;
  }

  /** Counts the distinct ones of the `count` keys (u64) at `keys`, and stores nothing else. */
  count(keys: number, count: number): void {
    for (let done = 0; done < count; done += CHUNK_REQUESTS) {
      this.number(keys + done * 8, count - done);
      this.filled = 0;
    }
  }

  /** Returns a copy of the chunk's ids, and empties the chunk. */
  takeIds(): Uint8Array<ArrayBuffer> {
    const ids = this.kernel.bytes(this.chunk, this.filled * 4).slice();
    this.filled = 0;
    return ids;
  }

  get isFull(): boolean {
    return this.filled === CHUNK_REQUESTS;
  }

  /** Replaces ids by gaps. Chunks are passed from the last to the first. */
  sweep(ids: Uint8Array): void {
    this.kernel.bytes(this.chunk, ids.length).set(ids);
    if (this.kernel.exports.gapsFromIds(this.address, this.chunk, ids.length / 4) !== 0) throw outOfMemory();
    ids.set(this.kernel.bytes(this.chunk, ids.length));
  }
}
