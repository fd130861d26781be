/** Reads a source in pieces of requested lengths, and counts their offsets. */

import type { ByteSource } from "../source.js";
import { concatenated, copyOf } from "../streams.js";
import { cutOff } from "./damage.js";

export class ByteCursor {
  /** Bytes taken so far. */
  offset = 0;
  /** Number of complete references up to here, for the message about a truncated file. */
  wholeReferences = 0;
  private chunk: Uint8Array = new Uint8Array(0);

  constructor(private readonly source: ByteSource) {}

  get name(): string {
    return this.source.name;
  }

  /** Of the input as stored. */
  get bytesRead(): number {
    return this.source.bytesRead;
  }

  /** The next `length` bytes, the caller's own. Throws `InputError` if the input is shorter. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let missing = length; missing > 0; ) {
      if (this.chunk.length === 0 && !(await this.fill())) {
        throw cutOff(this.name, this.offset, this.wholeReferences);
      }
      const piece = copyOf(this.chunk.subarray(0, missing));
      this.chunk = this.chunk.subarray(piece.length);
      this.offset += piece.length;
      missing -= piece.length;
      pieces.push(piece);
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concatenated(pieces, length);
  }

  async isAtEnd(): Promise<boolean> {
    return this.chunk.length === 0 && !(await this.fill());
  }

  close(): Promise<void> {
    return this.source.close();
  }

  private async fill(): Promise<boolean> {
    const chunk = await this.source.next();
    this.chunk = chunk ?? new Uint8Array(0);
    return chunk !== undefined;
  }
}
