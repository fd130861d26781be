/**
 * The frames of a zstd stream (RFC 8878, section 3), found without decoding.
 *
 *   magic  descriptor  window, dictionary, size     header  block …     checksum
 *   ├─ 4 ──┼──── 1 ────┼────────── 0..13 ──────────┼── 3 ──┼── size ───┼── 0, 4 ─┤
 */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** The type of a block that repeats one byte. */
const RUN = 1;

type Part = "magic" | "descriptor" | "header" | "block" | "content" | "checksum" | "skipSize" | "skipped";

/** The first part of a frame, and its bytes. */
const BEGINNING: [part: Part, bytes: number] = ["magic", 4];

export class ZstdFrames {
  private part = BEGINNING[0];
  /** Bytes of the part that are still to come. */
  private left = BEGINNING[1];
  /** Little-endian value of a short part's bytes so far. */
  private value = 0;
  private place = 1;
  /** The frame that is scanned has a checksum. */
  private hasChecksum = false;
  private isLast = false;
  private skipped = false;
  /** A frame ends where `scan` stopped. */
  ended = false;

  /** The frame has no content. */
  get isSkipped(): boolean {
    return this.skipped;
  }

  /** A frame has begun and not ended. */
  get isInside(): boolean {
    return this.part !== "magic" || this.left < BEGINNING[1];
  }

  /** Scans from `from` to the end of the frame or of `chunk`; returns the position. */
  scan(chunk: Uint8Array, from: number): number {
    this.ended = false;
    let at = from;
    const to = chunk.length;
    while (at < to && !this.ended) {
      // The first byte decides this before the decoder gets any bytes.
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
    const next = this.following();
    this.ended = next === undefined;
    this.expect(...(next ?? BEGINNING));
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
        return ["content", ((value >> 1) & 3) === RUN ? 1 : value >>> 3];
      }
      case "content":
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
}

/** Bytes of window, dictionary and content size behind a frame's descriptor. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (isSingle ? 0 : 1) + dictionary + size;
}
