/**
 * The LZ4 block format (Collet, "LZ4 Block Format Description", 2022): literal bytes, and copies of bytes up to 64 KiB
 * before. Any LZ4 decoder reads the output of `Lz4Encoder`, and `decodeLz4` reads any LZ4 block.
 *
 *   token ─ more literal length ─ literals ─ offset u16 ─ more match length        a sequence; the last one ends
 *   │ literals 4 bits │ match - 4, 4 bits │                                        after its literals
 *
 * A length of 15 in the token continues in bytes that are added to it, up to and including the first below 255.
 *
 * Differences from Collet's encoders: hash chains with one step of lazy matching, no levels. Matches have at least eight
 * bytes, which the hash is of: shorter ones save too little space for the time they cost.
 */
import { allocate, make } from "./arena";

const MIN_MATCH: u32 = 4;
/** The last bytes are always literals, and no match starts in the last twelve. */
const LAST_LITERALS: u32 = 5;
const LAST_MATCH_START: u32 = 12;
const NIBBLE: u32 = 15;
const WINDOW: u32 = 65536;
const WINDOW_MASK: u32 = WINDOW - 1;
const HASH_BITS: u64 = 16;
const HASH_BYTES: usize = 4 << (<usize>HASH_BITS);
const HASH_MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
/** The number of earlier places tried, and the match length that ends the search. */
const MAX_TRIES: u32 = 8;
const MIN_USEFUL_MATCH: u32 = 8;
const LONG_ENOUGH: u32 = 256;

/** Bytes that `decodeLz4` may write past the end, and read past the end of its input. @public */
export const LZ4_PADDING: u32 = 32;

/** The maximum compressed size of `length` bytes. */
export function lz4Bound(length: u64): u64 {
  return length + length / 255 + 16;
}

@final
@unmanaged
export class Lz4Encoder {
  private input: usize;
  private output: usize;
  private matchEnd: u32; // the latest end of a match
  private heads: usize; // u32[1 << HASH_BITS]: last position with the hash, + 1
  private links: usize; // u32[WINDOW]: the position with the same hash before, + 1
  private offset: u32; // of the last match found

  /** Null when memory is out. */
  static create(): Lz4Encoder {
    const encoder = make<Lz4Encoder>();
    if (changetype<usize>(encoder) == 0) return encoder;
    encoder.heads = allocate(HASH_BYTES);
    encoder.links = allocate(4 * <u64>WINDOW);
    return encoder.heads != 0 && encoder.links != 0 ? encoder : changetype<Lz4Encoder>(0);
  }

  /** Compresses `length` bytes; the compressed size, at most `lz4Bound`. */
  encode(input: usize, length: u32, output: usize): u32 {
    this.input = input;
    this.output = output;
    memory.fill(this.heads, 0, HASH_BYTES);
    let literals: u32 = 0; // the start of the pending literals
    if (length > LAST_MATCH_START) {
      this.matchEnd = length - LAST_LITERALS;
      const last = length - LAST_MATCH_START;
      for (let at: u32 = 0; at <= last; ) {
        const match = this.find(at);
        if (match == 0 || this.isBetterNext(at, match, last)) {
          this.insert(at++);
          continue;
        }
        this.putSequence(literals, at, match);
        const end = at + match;
        for (; at < end; at++) this.insert(at);
        literals = end;
      }
    }
    this.putLast(literals, length);
    return <u32>(this.output - output);
  }

  /** Is true when the next byte starts a longer match. Keeps the offset of the match at `at`. */
  private isBetterNext(at: u32, match: u32, last: u32): bool {
    if (match >= LONG_ENOUGH || at == last) return false;
    const offset = this.offset;
    const isBetter = this.find(at + 1) > match + 1;
    this.offset = offset;
    return isBetter;
  }

  @inline
  private hash(at: u32): usize {
    const bytes = load<u64>(this.input + at);
    return this.heads + ((<usize>((bytes * HASH_MULTIPLIER) >> (64 - HASH_BITS))) << 2);
  }

  @inline
  private insert(at: u32): void {
    const head = this.hash(at);
    store<u32>(this.links + ((at & WINDOW_MASK) << 2), load<u32>(head));
    store<u32>(head, at + 1);
  }

  /** The length of the longest match at `at`, 0 when there is none. Sets `offset`. */
  private find(at: u32): u32 {
    const most = this.matchEnd - at;
    let best = MIN_USEFUL_MATCH - 1;
    let candidate = load<u32>(this.hash(at));
    for (let tries = MAX_TRIES; tries > 0 && candidate != 0; tries--) {
      const from = candidate - 1;
      if (at - from >= WINDOW) break;
      // A longer match must agree at the byte that makes it longer.
      if (best < most && load<u8>(this.input + from + best) == load<u8>(this.input + at + best)) {
        const length = this.matchLength(from, at, most);
        if (length > best) {
          best = length;
          this.offset = at - from;
          if (best >= LONG_ENOUGH) break;
        }
      }
      candidate = load<u32>(this.links + ((from & WINDOW_MASK) << 2));
      if (candidate > from) break; // the place was overwritten by a later position
    }
    return best >= MIN_USEFUL_MATCH ? best : 0;
  }

  private matchLength(from: u32, at: u32, most: u32): u32 {
    let length: u32 = 0;
    for (; length + 8 <= most; length += 8) {
      const differing = load<u64>(this.input + from + length) ^ load<u64>(this.input + at + length);
      if (differing != 0) return length + (<u32>ctz(differing) >> 3);
    }
    while (length < most && load<u8>(this.input + from + length) == load<u8>(this.input + at + length))
      length++;
    return length;
  }

  private putSequence(literals: u32, at: u32, match: u32): void {
    const count = at - literals;
    const rest = match - MIN_MATCH;
    this.putByte((min(count, NIBBLE) << 4) | min(rest, NIBBLE));
    this.putLiterals(literals, count);
    store<u16>(this.output, this.offset);
    this.output += 2;
    if (rest >= NIBBLE) this.putMore(rest - NIBBLE);
  }

  private putLast(literals: u32, length: u32): void {
    const count = length - literals;
    this.putByte(min(count, NIBBLE) << 4);
    this.putLiterals(literals, count);
  }

  private putLiterals(from: u32, count: u32): void {
    if (count >= NIBBLE) this.putMore(count - NIBBLE);
    memory.copy(this.output, this.input + from, count);
    this.output += count;
  }

  private putMore(length: u32): void {
    let rest = length;
    for (; rest >= 255; rest -= 255) this.putByte(255);
    this.putByte(rest);
  }

  @inline
  private putByte(value: u32): void {
    store<u8>(this.output++, value);
  }
}

/**
 * Decompresses a block of `length` bytes into exactly `rawLength` bytes at `output`; false when it is damaged, and
 * then the output is undefined. Input and output need `LZ4_PADDING` bytes after their end.
 */
export function decodeLz4(input: usize, length: u32, output: usize, rawLength: u32): bool {
  if (load<u8>(SPREAD, 33) == 0) fillSpread();
  const inputEnd = input + length;
  const outputEnd = output + rawLength;
  let from = input;
  let to = output;
  while (from < inputEnd) {
    const token = <u32>load<u8>(from++);
    let literals = token >> 4;
    if (literals == NIBBLE) {
      let more: u32 = 255;
      for (; more == 255; literals += more) {
        if (from >= inputEnd || literals > rawLength) return false;
        more = load<u8>(from++);
      }
    }
    if (literals > <u32>(inputEnd - from) || literals > <u32>(outputEnd - to)) return false;
    if (literals <= 16) v128.store(to, v128.load(from));
    else memory.copy(to, from, literals);
    to += literals;
    from += literals;
    if (from == inputEnd) return to == outputEnd;

    if (inputEnd - from < 2) return false;
    const offset = <u32>load<u16>(from);
    from += 2;
    let match = token & NIBBLE;
    if (match == NIBBLE) {
      let more: u32 = 255;
      for (; more == 255; match += more) {
        if (from >= inputEnd || match > rawLength) return false;
        more = load<u8>(from++);
      }
    }
    match += MIN_MATCH;
    if (offset == 0 || offset > <u32>(to - output) || match > <u32>(outputEnd - to)) return false;
    copyMatch(to, offset, match);
    to += match;
  }
  return false;
}

/** For each offset below 16, the source of each of the sixteen bytes of a match: n modulo the offset. */
const SPREAD: usize = memory.data(256, 16);

function fillSpread(): void {
  for (let offset: u32 = 1; offset < 16; offset++) {
    for (let n: u32 = 0; n < 16; n++) store<u8>(SPREAD + (offset << 4) + n, <u8>(n % offset));
  }
}

/** Copies sixteen bytes at a time, up to 15 bytes too many. A source nearer than sixteen bytes repeats itself. */
function copyMatch(to: usize, offset: u32, length: u32): void {
  const end = to + length;
  if (offset >= 16) {
    for (let at = to; at < end; at += 16) v128.store(at, v128.load(at - offset));
    return;
  }
  const bytes = v128.swizzle(v128.load(to - offset), v128.load(SPREAD + (offset << 4)));
  const stride = 16 - (16 % offset);
  for (let at = to; at < end; at += stride) v128.store(at, bytes);
}
