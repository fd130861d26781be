/** The stored bytes of a trace in a Blob, such as a File that a user picks in a browser. */
import { IterationSource } from "./iteration-source.js";
import type { ByteSource, RandomAccess } from "./source.js";
import type { StoredInput } from "./stored-input.js";
import { chunksOf } from "./streams.js";

export class BlobInput implements StoredInput {
  readonly rewindable = true;

  constructor(
    readonly transferable: Blob,
    readonly name: string,
  ) {}

  get sizeBytes(): number {
    return this.transferable.size;
  }

  async open(): Promise<ByteSource> {
    const blob = this.transferable;
    const random: RandomAccess = {
      sizeBytes: blob.size,
      read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
    };
    return new IterationSource(this.name, chunksOf(blob.stream()), random);
  }

  async dispose(): Promise<void> {}
}
