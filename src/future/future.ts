/**
 * The future of a trace, for policies that must know it: a first pass records the page of each request, a backward
 * sweep turns that into gaps to the next request for the same page, and the second pass takes the gaps in order.
 * Memory depends on distinct pages; what depends on the trace's length is spooled.
 */
import { CHUNK_BYTES, KernelFuture } from "../wasm/future.js";
import type { Kernel } from "../wasm/kernel.js";
import type { ChunkStore } from "./chunk-store.js";
import { chunkStore } from "./spilling-store.js";

/** The first pass. */
export class FutureRecorder {
  private readonly future: KernelFuture;
  private readonly store: ChunkStore;

  /**
   * The kernel's memory for the recording is not released: use another kernel for the second pass. `pages`: distinct
   * pages, if known. `memoryBytes`: of gaps that are kept in memory.
   */
  constructor(
    kernel: Kernel,
    { pages, memoryBytes }: { pages?: number | undefined; memoryBytes?: number | undefined } = {},
  ) {
    this.future = new KernelFuture(kernel, pages);
    this.store = chunkStore(CHUNK_BYTES, memoryBytes);
  }

  /** Distinct pages so far. */
  get distinct(): number {
    return this.future.distinct;
  }

  /** Records `count` requests, whose page numbers (u64) are at `keys` in kernel memory. */
  async add(keys: number, count: number): Promise<void> {
    for (let done = 0; done < count; ) {
      done += this.future.number(keys + done * 8, count - done);
      if (this.future.isFull) await this.store.append(this.future.takeIds());
    }
  }

  /** Ends the recording, and computes the gaps by a backward sweep. */
  async finish(): Promise<Future> {
    const rest = this.future.takeIds();
    if (rest.length > 0) await this.store.append(rest);
    for (let index = this.store.count - 1; index >= 0; index--) {
      const chunk = await this.store.read(index);
      this.future.sweep(chunk);
      await this.store.replace(index, chunk);
    }
    return new Future(this.store);
  }

  /** Removes the recorded data, if the future is not made. */
  close(): Promise<void> {
    return this.store.close();
  }
}

/** Gaps in the order of the requests. They can be read once. */
export class Future {
  private next = 0;
  private chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(private readonly store: ChunkStore) {}

  /** Fills `bytes` with the gaps (u32) of the next `bytes.length / 4` requests. */
  async take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.chunk.length === 0) this.chunk = await this.store.read(this.next++);
      const part = this.chunk.subarray(0, bytes.length - at);
      bytes.set(part, at);
      this.chunk = this.chunk.subarray(part.length);
      at += part.length;
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
