/**
 * Decompresses Zstandard (RFC 8878), any number of frames, a block a call.
 *
 *   frame      magic ─ header ─ block ─ block … ─ checksum, if the header says so
 *   block      3 bytes: last, kind, size ─ its bytes: plain, one repeated, or literals and sequences
 *
 * The output is written one block after another; matches reach back into it. When it is full, the window moves to
 * the front:
 *
 *   output     ├──── window ────┼──── room for as much again, and a block ────┤
 *
 * What differs from the reference: dictionaries are refused, and so is a window of more than 1 GiB.
 */
import {
  ZSTD_BAD_BLOCK,
  ZSTD_BAD_CHECKSUM,
  ZSTD_BAD_DICTIONARY,
  ZSTD_BAD_FRAME,
  ZSTD_BAD_LITERALS,
  ZSTD_BAD_MAGIC,
  ZSTD_BAD_MEMORY,
  ZSTD_BAD_SEQUENCES,
  ZSTD_BLOCK,
  ZSTD_FAILED,
  ZSTD_FRAME_END,
  ZSTD_HUNGRY,
  ZSTD_INPUT_BYTES,
} from "../abi";
import { allocate, make } from "../core/arena";
import { Huffman } from "./huffman";
import { Sequences } from "./sequences";
import { XxHash64 } from "./xxhash";

const MAGIC: u32 = 0xfd2fb528;
const SKIPPABLE: u32 = 0x184d2a50; // to …5f
const BLOCK_BYTES: u32 = 131072;
const WINDOW_MOST: u64 = 1 << 30;
/** Before and after the buffers, for loads and stores that run over. */
const MARGIN: u32 = 64;

const AT_FRAME: u32 = 0;
const AT_BLOCK: u32 = 1;
const AT_CHECKSUM: u32 = 2;
const SKIPPING: u32 = 3;

@final
@unmanaged
class Zstd {
  input: u32;
  position: u32;
  end: u32;
  output: u32;
  outputLength: u32;
  error: u32;
  // the kernel's own
  private step: u32;
  private skip: u32; // bytes of a skippable frame still to pass over
  private checked: bool;
  private window: u64;
  private buffer: usize; // of the output
  private bufferBytes: u64;
  private at: usize; // end of the output so far
  private history: usize; // first byte of the frame that a match may reach
  private literals: usize; // decoded ones: BLOCK_BYTES
  private literalAt: usize; // where this block's are
  private literalCount: u32;
  private huffman: Huffman;
  private sequences: Sequences;
  private hash: XxHash64;

  /** Null when memory is out. */
  static create(): Zstd {
    const zstd = make<Zstd>();
    const input = allocate(MARGIN + ZSTD_INPUT_BYTES + MARGIN);
    const literals = allocate(BLOCK_BYTES + MARGIN);
    const huffman = make<Huffman>();
    const sequences = Sequences.create();
    const hash = make<XxHash64>();
    const made =
      changetype<usize>(zstd) != 0 &&
      input != 0 &&
      literals != 0 &&
      changetype<usize>(huffman) != 0 &&
      changetype<usize>(sequences) != 0 &&
      changetype<usize>(hash) != 0;
    if (!made || !huffman.reserve() || !hash.reserve()) return changetype<Zstd>(0);
    zstd.input = <u32>input + MARGIN;
    zstd.position = zstd.input;
    zstd.end = zstd.input;
    zstd.literals = literals;
    zstd.huffman = huffman;
    zstd.sequences = sequences;
    zstd.hash = hash;
    return zstd;
  }

  /** Goes on until a block is out, or more input is needed, or something is wrong. */
  advance(): u32 {
    while (true) {
      const result = this.advanceOnce();
      if (result != AGAIN) return result;
    }
  }

  private advanceOnce(): u32 {
    if (this.step == AT_BLOCK) return this.block();
    if (this.step == AT_CHECKSUM) return this.checksum();
    return this.step == SKIPPING ? this.skipOn() : this.frame();
  }

  /** Moves what is left to the front, so that the host can add to it. */
  private hungry(status: u32): u32 {
    const rest = this.end - this.position;
    memory.copy(this.input, this.position, rest);
    this.position = this.input;
    this.end = this.input + rest;
    return status;
  }

  private fail(error: u32): u32 {
    this.error = error;
    return ZSTD_FAILED;
  }

  private skipOn(): u32 {
    const bytes = min(this.skip, this.end - this.position);
    this.position += bytes;
    this.skip -= bytes;
    if (this.skip > 0) return this.hungry(ZSTD_HUNGRY);
    this.step = AT_FRAME;
    return AGAIN;
  }

  private frame(): u32 {
    const have = this.end - this.position;
    if (have == 0) return this.hungry(ZSTD_FRAME_END);
    if (have < 8) return this.hungry(ZSTD_HUNGRY);
    const magic = load<u32>(this.position);
    if ((magic & 0xfffffff0) == SKIPPABLE) {
      this.skip = load<u32>(this.position + 4);
      this.position += 8;
      this.step = SKIPPING;
      return AGAIN;
    }
    if (magic != MAGIC) return this.fail(ZSTD_BAD_MAGIC);
    const descriptor = <u32>load<u8>(this.position + 4);
    const length = headerLength(descriptor);
    if (have < length) return this.hungry(ZSTD_HUNGRY);
    return this.openFrame(descriptor, length);
  }

  private openFrame(descriptor: u32, length: u32): u32 {
    const single = (descriptor & 0x20) != 0;
    const dictionaryBytes = (1 << (descriptor & 3)) >> 1;
    const dictionaryAt = this.position + 5 + u32(!single);
    if ((descriptor & 8) != 0) return this.fail(ZSTD_BAD_FRAME);
    if (littleEndian(dictionaryAt, dictionaryBytes) != 0) return this.fail(ZSTD_BAD_DICTIONARY);
    this.window = single
      ? contentSize(descriptor, dictionaryAt + dictionaryBytes)
      : windowSize(<u32>load<u8>(this.position + 5));
    if (this.window > WINDOW_MOST) return this.fail(ZSTD_BAD_MEMORY);
    if (!this.reserveWindow()) return this.fail(ZSTD_BAD_MEMORY);
    this.checked = (descriptor & 4) != 0;
    this.history = this.at;
    this.sequences.reset();
    this.huffman.ready = false;
    this.hash.reset();
    this.position += length;
    this.step = AT_BLOCK;
    return AGAIN;
  }

  /** A buffer for this frame's window; a larger one than before leaves the old one behind. */
  private reserveWindow(): bool {
    const bytes = 2 * max(this.window, <u64>BLOCK_BYTES) + BLOCK_BYTES;
    if (bytes > this.bufferBytes) {
      const buffer = allocate(bytes + 2 * MARGIN);
      if (buffer == 0) return false;
      this.buffer = buffer + MARGIN;
      this.bufferBytes = bytes;
    }
    this.at = this.buffer;
    return true;
  }

  private block(): u32 {
    const have = this.end - this.position;
    if (have < 3) return this.hungry(ZSTD_HUNGRY);
    const header = load<u32>(this.position) & 0xffffff;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    if (kind == 3 || size > BLOCK_BYTES) return this.fail(ZSTD_BAD_BLOCK);
    const stored = kind == REPEATED ? 1 : size;
    if (have < 3 + stored) return this.hungry(ZSTD_HUNGRY);
    this.makeRoom();
    const from = this.position + 3;
    const error = this.decodeBlock(kind, from, size);
    if (error != 0) return this.fail(error);
    if (this.checked) this.hash.update(this.output, this.outputLength);
    this.position = from + stored;
    if ((header & 1) != 0) this.step = this.checked ? AT_CHECKSUM : AT_FRAME;
    return this.outputLength > 0 ? ZSTD_BLOCK : AGAIN;
  }

  /** Makes sure that a block fits behind the output so far. */
  private makeRoom(): void {
    if (this.at + BLOCK_BYTES <= this.buffer + <usize>this.bufferBytes) return;
    const kept = min(<usize>this.window, this.at - this.history);
    memory.copy(this.buffer, this.at - kept, kept);
    this.history = this.buffer;
    this.at = this.buffer + kept;
  }

  /** Decodes one block to the end of the output; returns 0 or what is wrong. */
  private decodeBlock(kind: u32, from: usize, size: u32): u32 {
    const out = this.at;
    this.output = <u32>out;
    if (kind == PLAIN) {
      memory.copy(out, from, size);
      this.at = out + size;
    } else if (kind == REPEATED) {
      memory.fill(out, load<u8>(from), size);
      this.at = out + size;
    } else {
      const used = this.decodeLiterals(from, from + size);
      if (used == 0) return ZSTD_BAD_LITERALS;
      const oldest = this.at - min(<usize>this.window, this.at - this.history);
      const done = this.sequences.run(
        from + used,
        from + size,
        this.literalAt,
        this.literalCount,
        out,
        out + BLOCK_BYTES,
        oldest,
      );
      if (!done) return ZSTD_BAD_SEQUENCES;
      this.at = this.sequences.end;
    }
    this.outputLength = <u32>(this.at - out);
    return 0;
  }

  /** The literals section in [from, to); returns the bytes it takes, 0 when it is wrong. */
  private decodeLiterals(from: usize, to: usize): u32 {
    if (to - from < 2) return 0;
    const header = load<u64>(from);
    const kind = <u32>header & 3;
    const format = <u32>(header >> 2) & 3;
    if (kind >= 2) return this.decodePacked(from, to, header, kind == 3, format);
    const bytes: u32 = (format & 1) == 0 ? 1 : format == 1 ? 2 : 3;
    const count =
      <u32>(header >> ((format & 1) == 0 ? 3 : 4)) & (bytes == 1 ? 0x1f : bytes == 2 ? 0xfff : 0xfffff);
    const stored = kind == 1 ? 1 : count;
    if (count > BLOCK_BYTES || from + bytes + stored > to) return 0;
    this.literalCount = count;
    this.literalAt = kind == 1 ? this.literals : from + bytes;
    if (kind == 1) memory.fill(this.literals, load<u8>(from + bytes), count);
    return bytes + stored;
  }

  private decodePacked(from: usize, to: usize, header: u64, treeless: bool, format: u32): u32 {
    const bits: u32 = format < 2 ? 10 : format == 2 ? 14 : 18;
    const bytes: u32 = format < 2 ? 3 : format == 2 ? 4 : 5;
    const mask = ((<u64>1) << bits) - 1;
    const count = <u32>((header >> 4) & mask);
    const packed = <u32>((header >> (4 + bits)) & mask);
    const end = from + bytes + packed;
    if (count > BLOCK_BYTES || end > to) return 0;
    let at = from + bytes;
    if (!treeless) {
      if (!this.huffman.parse(at, end)) return 0;
      at += this.huffman.used;
    } else if (!this.huffman.ready) {
      return 0;
    }
    this.literalCount = count;
    this.literalAt = this.literals;
    const whole =
      format == 0 ? this.huffman.decode(at, <u32>(end - at), this.literals, count) : this.decodeFour(at, end);
    return whole ? bytes + packed : 0;
  }

  /** Four streams of a quarter each, the sizes of the first three in front. */
  private decodeFour(from: usize, to: usize): bool {
    if (from + 6 > to) return false;
    const quarter = (this.literalCount + 3) >> 2;
    if (quarter * 3 > this.literalCount) return false;
    let at = from + 6;
    for (let stream: u32 = 0; stream < 4; stream++) {
      const bytes = stream < 3 ? <u32>load<u16>(from + (stream << 1)) : <u32>(to - at);
      const count = stream < 3 ? quarter : this.literalCount - 3 * quarter;
      if (at + bytes > to) return false;
      if (!this.huffman.decode(at, bytes, this.literals + stream * quarter, count)) return false;
      at += bytes;
    }
    return true;
  }

  private checksum(): u32 {
    if (this.end - this.position < 4) return this.hungry(ZSTD_HUNGRY);
    if (load<u32>(this.position) != <u32>this.hash.digest()) return this.fail(ZSTD_BAD_CHECKSUM);
    this.position += 4;
    this.step = AT_FRAME;
    return AGAIN;
  }
}

/** What `advanceOnce` returns when there is more to do; none of the ZSTD_… statuses. */
const AGAIN: u32 = 0x100;

const PLAIN: u32 = 0;
const REPEATED: u32 = 1;

function headerLength(descriptor: u32): u32 {
  const single = (descriptor & 0x20) != 0;
  const dictionaryBytes = (1 << (descriptor & 3)) >> 1;
  return 5 + u32(!single) + dictionaryBytes + contentBytes(descriptor);
}

function contentBytes(descriptor: u32): u32 {
  const code = descriptor >> 6;
  return code == 0 ? (descriptor >> 5) & 1 : (<u32>1) << code;
}

function contentSize(descriptor: u32, at: usize): u64 {
  const bytes = contentBytes(descriptor);
  return littleEndian(at, bytes) + (bytes == 2 ? 256 : 0);
}

/** A number of 0 to 8 bytes. */
function littleEndian(at: usize, bytes: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) value |= (<u64>load<u8>(at + i)) << (i << 3);
  return value;
}

function windowSize(descriptor: u32): u64 {
  const base = (<u64>1) << (10 + (descriptor >> 3));
  return base + (base >> 3) * (descriptor & 7);
}

/** Null when memory is out. */
export function createZstd(): usize {
  return changetype<usize>(Zstd.create());
}

/** Returns a ZSTD_… status; after ZSTD_BLOCK the block is at ZSTD_OUTPUT, good until the next call. */
export function decompressZstd(state: usize): u32 {
  return changetype<Zstd>(state).advance();
}
