/** A source over an asynchronous iteration of chunks. */
import { InputError } from "../errors.js";
import type { ByteSource, RandomAccess } from "./source.js";

/** Closing it ends the iteration. */
export class IterationSource implements ByteSource {
  bytesRead = 0;
  private readonly iterator: AsyncIterator<Uint8Array>;
  private closed = false;

  constructor(
    readonly name: string,
    chunks: AsyncIterable<Uint8Array>,
    readonly random?: RandomAccess,
  ) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.iterator.next();
      if (done) return undefined;
      if (!(value instanceof Uint8Array)) {
        throw new InputError("a chunk is not a Uint8Array", "set no encoding on the stream", this.name);
      }
      this.bytesRead += value.length;
      if (value.length > 0) return value;
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.iterator.return?.();
  }
}
