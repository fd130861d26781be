/**
 * A spool of chunks that outgrows memory: the first ones are kept, the rest go to a temporary file in Node and to
 * blobs, which a browser keeps on disk, elsewhere.
 */
import { ChunkFile, KEPT_BYTES } from "./chunk-file.node.js";
import type { ChunkStore } from "./chunk-store.js";

/** Every chunk but the last has `chunkBytes`. */
export function chunkStore(chunkBytes: number, memoryBytes: number = KEPT_BYTES): ChunkStore {
  return new SpillingStore(chunkBytes, Math.floor(memoryBytes / chunkBytes));
}

class SpillingStore implements ChunkStore {
  private readonly kept: Uint8Array<ArrayBuffer>[] = [];
  private spilled: ChunkStore | undefined;

  constructor(
    private readonly chunkBytes: number,
    private readonly mostKept: number,
  ) {}

  get count(): number {
    return this.kept.length + (this.spilled?.count ?? 0);
  }

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.kept.length < this.mostKept) {
      this.kept.push(chunk);
      return;
    }
    this.spilled ??= new ChunkFile(this.chunkBytes);
    await this.spilled.append(chunk);
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.kept[index] ?? this.beyondMemory().read(index - this.kept.length);
  }

  async replace(index: number, chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    if (index < this.kept.length) this.kept[index] = chunk;
    else await this.beyondMemory().replace(index - this.kept.length, chunk);
  }

  async close(): Promise<void> {
    this.kept.length = 0;
    await this.spilled?.close();
    this.spilled = undefined;
  }

  private beyondMemory(): ChunkStore {
    if (this.spilled === undefined) throw new RangeError("no such chunk");
    return this.spilled;
  }
}
