/** A source whose first bytes can be inspected before they are read. */
import type { ByteSource, RandomAccess } from "./source.js";
import { copyOf } from "./streams.js";

export class PeekedSource implements ByteSource {
  private peeked: Uint8Array[] = [];

  constructor(private readonly source: ByteSource) {}

  get name(): string {
    return this.source.name;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get random(): RandomAccess | undefined {
    return this.source.random;
  }

  /** The first `length` bytes, fewer only if there are no more. Must be called before `next`. */
  async peek(length: number): Promise<Uint8Array> {
    let have = this.peeked.reduce((sum, chunk) => sum + chunk.length, 0);
    while (have < length) {
      const chunk = await this.source.next();
      if (chunk === undefined) break;
      this.peeked.push(copyOf(chunk));
      have += chunk.length;
    }
    const head = new Uint8Array(Math.min(length, have));
    let at = 0;
    for (const chunk of this.peeked) {
      if (at === head.length) break;
      head.set(chunk.subarray(0, head.length - at), at);
      at += Math.min(chunk.length, head.length - at);
    }
    return head;
  }

  /** Drops the first `length` bytes, all of which were inspected. */
  drop(length: number): void {
    let left = length;
    this.peeked = this.peeked.flatMap((chunk) => {
      const taken = Math.min(left, chunk.length);
      left -= taken;
      return taken === chunk.length ? [] : [chunk.subarray(taken)];
    });
  }

  async next(): Promise<Uint8Array | undefined> {
    return this.peeked.shift() ?? this.source.next();
  }

  close(): Promise<void> {
    return this.source.close();
  }
}
