/**
 * The frames of a zstd stream (RFC 8878, section 3), found without decoding.
 *
 *   magic  descriptor  window, dictionary, size     header  block …     checksum
 *   ├─ 4 ──┼──── 1 ────┼────────── 0..13 ──────────┼── 3 ──┼── size ───┼── 0, 4 ─┤
 */
import { CHECKED_BYTES, hasEndlessWeights } from "./zstd-weights.js";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** Types of blocks: one byte repeated, and compressed. */
const RUN = 1;
const COMPRESSED = 2;

type Part = "magic" | "descriptor" | "header" | "block" | "content" | "checksum" | "skipSize" | "skipped";

export class ZstdFrames {
  private part: Part = "magic";
  /** Bytes of the part that are still to come. */
  private left = 4;
  /** Little-endian value of a short part's bytes so far. */
  private value = 0;
  private place = 1;
  /** Of the frame that is being scanned. */
  hasChecksum = false;
  private isLast = false;
  /** The block is compressed; its first bytes, and how many are there. */
  private isCompressed = false;
  private readonly head = new Uint8Array(CHECKED_BYTES);
  private headBytes = 0;
  private skipped = false;
  /** The checksum of the frame that ended last; undefined if it has none. */
  checksum: number | undefined;
  /** A frame ends where `scan` stopped. */
  ended = false;

  /** The frame has no content. */
  get isSkipped(): boolean {
    return this.skipped;
  }

  /** A frame has begun and not ended. */
  get isInside(): boolean {
    return this.part !== "magic" || this.left < 4;
  }

  /** Goes on from `from` to the end of the frame, of `chunk`, or `most`; returns where. */
  scan(chunk: Uint8Array, from: number, most: number): number {
    this.ended = false;
    let at = from;
    const to = Math.min(chunk.length, most);
    while (at < to && !this.ended) {
      // The first byte decides it, before the decoder gets any.
      if (!this.isInside) this.skipped = ((chunk[at] ?? 0) & 0xf0) === 0x50;
      const isLong = this.part === "content" || this.part === "skipped" || this.part === "header";
      const taken = isLong ? Math.min(this.left, to - at) : 1;
      if (this.part === "content") this.keepHead(chunk.subarray(at, at + taken));
      if (!isLong) {
        this.value += (chunk[at] ?? 0) * this.place;
        this.place *= 256;
      }
      at += taken;
      this.left -= taken;
      if (this.left === 0) this.turn();
    }
    return at;
  }

  private keepHead(content: Uint8Array): void {
    const more = content.subarray(0, CHECKED_BYTES - this.headBytes);
    this.head.set(more, this.headBytes);
    this.headBytes += more.length;
  }

  /** The part is complete. */
  private turn(): void {
    const next = this.following();
    if (next === undefined) this.end(this.part === "checksum" ? this.value : undefined);
    else this.expect(...next);
  }

  /** The next part and its bytes; undefined at the end of a frame. */
  private following(): [part: Part, bytes: number] | undefined {
    const { value } = this;
    switch (this.part) {
      case "magic":
        if (value === MAGIC) return ["descriptor", 1];
        if (value - (value % 16) === SKIPPABLE) return ["skipSize", 4];
        throw new Error("invalid magic number of a frame");
      case "descriptor":
        this.hasChecksum = (value & 4) !== 0;
        return ["header", headerBytes(value)];
      case "header":
        return ["block", 3];
      case "block": {
        this.isLast = (value & 1) === 1;
        const type = (value >> 1) & 3;
        this.isCompressed = type === COMPRESSED;
        this.headBytes = 0;
        return ["content", type === RUN ? 1 : value >>> 3];
      }
      case "content":
        if (this.isCompressed && hasEndlessWeights(this.head.subarray(0, this.headBytes)))
          throw new Error("the weights of a block's Huffman tree have no end");
        if (!this.isLast) return ["block", 3];
        return this.hasChecksum ? ["checksum", 4] : undefined;
      case "skipSize":
        return ["skipped", value];
      case "checksum":
      case "skipped":
        return undefined;
    }
  }

  private expect(part: Part, bytes: number): void {
    this.part = part;
    this.left = bytes;
    this.value = 0;
    this.place = 1;
    if (bytes === 0) this.turn();
  }

  private end(checksum: number | undefined): void {
    this.checksum = checksum;
    this.expect("magic", 4);
    this.ended = true;
  }
}

/** Bytes of window, dictionary and content size behind a frame's descriptor. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (isSingle ? 0 : 1) + dictionary + size;
}
