/** gzip, of any number of members, decompressed by the platform. */
import { inflateGzip } from "./inflate-gzip.node.js";

export function gunzip(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return inflateGzip(upToEnding(stored));
}

/** The empty member that ends a file in blocks (BGZF, the SAM format specification, section 4.1.2). */
const BGZF_END = "1f8b08040000000000ff0600424302001b0003000000000000000000";
const BGZF_END_BYTES = BGZF_END.length / 2;
/** Offset of `BC` in the first member, which marks a block. */
const BGZF_MARK = 12;

/** The chunks. Throws at the end of a file in blocks that is cut between two of them. */
async function* upToEnding(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ending = new BlockEnding();
  for await (const chunk of chunks) {
    ending.take(chunk);
    yield chunk;
  }
  ending.check();
}

class BlockEnding {
  private head = new Uint8Array(0);
  private tail = new Uint8Array(0);

  take(chunk: Uint8Array): void {
    if (this.head.length < BGZF_MARK + 2) this.head = joined(this.head, chunk.subarray(0, BGZF_MARK + 2));
    this.tail = joined(this.tail, chunk.subarray(-BGZF_END_BYTES)).slice(-BGZF_END_BYTES);
  }

  check(): void {
    const isBlocks = this.head[3] === 4 && this.head[BGZF_MARK] === 0x42 && this.head[BGZF_MARK + 1] === 0x43;
    const end = Array.from(this.tail, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (isBlocks && end !== BGZF_END) throw new Error("the block that ends the file is missing");
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
