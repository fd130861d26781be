/**
 * The frames of a zstd stream (RFC 8878, section 3), found without decoding.
 *
 *   magic  descriptor  window, dictionary, size     header  block …     checksum
 *   ├─ 4 ──┼──── 1 ────┼────────── 0..13 ──────────┼── 3 ──┼── size ───┼── 0, 4 ─┤
 */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

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
      // The first byte tells, before the decoder is given any.
      if (!this.isInside) this.skipped = ((chunk[at] ?? 0) & 0xf0) === 0x50;
      const isLong = this.part === "content" || this.part === "skipped" || this.part === "header";
      const taken = isLong ? Math.min(this.left, to - at) : 1;
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

  /** The part is complete. */
  private turn(): void {
    const { part, value } = this;
    if (part === "magic") this.begin(value);
    else if (part === "descriptor") {
      this.hasChecksum = (value & 4) !== 0;
      this.expect("header", headerBytes(value));
    } else if (part === "header" || (part === "content" && !this.isLast)) this.expect("block", 3);
    else if (part === "block") {
      this.isLast = (value & 1) === 1;
      const isRun = ((value >> 1) & 3) === 1;
      this.expect("content", isRun ? 1 : value >>> 3);
    } else if (part === "content" && this.hasChecksum) this.expect("checksum", 4);
    else if (part === "skipSize") this.expect("skipped", value);
    else this.end(part === "checksum" ? value : undefined);
  }

  private begin(magic: number): void {
    if (magic === MAGIC) this.expect("descriptor", 1);
    else if (magic - (magic % 16) === SKIPPABLE) this.expect("skipSize", 4);
    else throw new Error("invalid magic number of a frame");
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
