/** Chunks outside memory, in a browser: in blobs, which the browser stores on disk. */
import type { ChunkStore } from "./chunk-store.js";

/** A tab has less memory than a process. */
export const KEPT_BYTES = 32 * 2 ** 20;

export class ChunkFile implements ChunkStore {
  private readonly blobs: Blob[] = [];

  get count(): number {
    return this.blobs.length;
  }

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.blobs.push(new Blob([chunk]));
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const blob = this.blobs[index];
    if (blob === undefined) throw new RangeError("no such chunk");
    return new Uint8Array(await blob.arrayBuffer());
  }

  async replace(index: number, chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.blobs[index] = new Blob([chunk]);
  }

  async close(): Promise<void> {
    this.blobs.length = 0;
  }
}
