/**
 * Sequences (RFC 8878, 3.1.1.3.2): copy some literals, then some bytes from further back in the output.
 *
 *   from ── header: count, modes ── tables ── backward bits: three states, then per sequence offset, match, literal
 *
 * Codes stand for ranges of lengths; a code's first value and its number of extra bits are in the tables below.
 */
import { make } from "../core/arena";
import { Bits } from "./bits";
import { Fse } from "./fse";

const LITERAL_LOG: u32 = 9;
const OFFSET_LOG: u32 = 8;
const MATCH_LOG: u32 = 9;
const LITERAL_CODES: u32 = 36;
const OFFSET_CODES: u32 = 32;
const MATCH_CODES: u32 = 53;

// Each code: first value · 32 + extra bits.
const LITERAL_LENGTHS: StaticArray<u32> = [
  0 << 5,
  1 << 5,
  2 << 5,
  3 << 5,
  4 << 5,
  5 << 5,
  6 << 5,
  7 << 5,
  8 << 5,
  9 << 5,
  10 << 5,
  11 << 5,
  12 << 5,
  13 << 5,
  14 << 5,
  15 << 5,
  (16 << 5) | 1,
  (18 << 5) | 1,
  (20 << 5) | 1,
  (22 << 5) | 1,
  (24 << 5) | 2,
  (28 << 5) | 2,
  (32 << 5) | 3,
  (40 << 5) | 3,
  (48 << 5) | 4,
  (64 << 5) | 6,
  (128 << 5) | 7,
  (256 << 5) | 8,
  (512 << 5) | 9,
  (1024 << 5) | 10,
  (2048 << 5) | 11,
  (4096 << 5) | 12,
  (8192 << 5) | 13,
  (16384 << 5) | 14,
  (32768 << 5) | 15,
  (65536 << 5) | 16,
];
const MATCH_LENGTHS: StaticArray<u32> = [
  3 << 5,
  4 << 5,
  5 << 5,
  6 << 5,
  7 << 5,
  8 << 5,
  9 << 5,
  10 << 5,
  11 << 5,
  12 << 5,
  13 << 5,
  14 << 5,
  15 << 5,
  16 << 5,
  17 << 5,
  18 << 5,
  19 << 5,
  20 << 5,
  21 << 5,
  22 << 5,
  23 << 5,
  24 << 5,
  25 << 5,
  26 << 5,
  27 << 5,
  28 << 5,
  29 << 5,
  30 << 5,
  31 << 5,
  32 << 5,
  33 << 5,
  34 << 5,
  (35 << 5) | 1,
  (37 << 5) | 1,
  (39 << 5) | 1,
  (41 << 5) | 1,
  (43 << 5) | 2,
  (47 << 5) | 2,
  (51 << 5) | 3,
  (59 << 5) | 3,
  (67 << 5) | 4,
  (83 << 5) | 4,
  (99 << 5) | 5,
  (131 << 5) | 7,
  (259 << 5) | 8,
  (515 << 5) | 9,
  (1027 << 5) | 10,
  (2051 << 5) | 11,
  (4099 << 5) | 12,
  (8195 << 5) | 13,
  (16387 << 5) | 14,
  (32771 << 5) | 15,
  (65539 << 5) | 16,
];

// The default distributions, for tables of 64, 32 and 64 states.
const LITERAL_DEFAULT: StaticArray<i8> = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1,
  -1,
];
const OFFSET_DEFAULT: StaticArray<i8> = [
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
];
const MATCH_DEFAULT: StaticArray<i8> = [
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];

const PREDEFINED: u32 = 0;
const SINGLE: u32 = 1;
const PACKED: u32 = 2;

@final
@unmanaged
export class Sequences {
  /** After `run`: the end of the output. */
  end: usize;
  private literals: Fse;
  private offsets: Fse;
  private matches: Fse;
  private bits: Bits;
  private header: usize; // what `parse` has not used yet
  private last: u32; // the three offsets used last, which short codes name
  private second: u32;
  private third: u32;

  /** Null when memory is out. */
  static create(): Sequences {
    const all = make<Sequences>();
    if (changetype<usize>(all) == 0) return all;
    all.literals = make<Fse>();
    all.offsets = make<Fse>();
    all.matches = make<Fse>();
    all.bits = make<Bits>();
    const made =
      changetype<usize>(all.literals) != 0 &&
      changetype<usize>(all.offsets) != 0 &&
      changetype<usize>(all.matches) != 0 &&
      changetype<usize>(all.bits) != 0;
    const complete =
      made &&
      all.literals.reserve(LITERAL_LOG) &&
      all.offsets.reserve(OFFSET_LOG) &&
      all.matches.reserve(MATCH_LOG);
    return complete ? all : changetype<Sequences>(0);
  }

  /** A new frame remembers nothing. */
  reset(): void {
    this.last = 1;
    this.second = 4;
    this.third = 8;
    this.literals.ready = false;
    this.offsets.ready = false;
    this.matches.ready = false;
  }

  /**
   * Runs the sequences in [from, to) with `literalCount` literals, writing at `out`, at most to `limit`. Matches
   * reach back to `history` at most. False when anything is out of bounds.
   */
  run(
    from: usize,
    to: usize,
    literal: usize,
    literalCount: u32,
    out: usize,
    limit: usize,
    history: usize,
  ): bool {
    if (from >= to) return false;
    const count = this.parseCount(from, to);
    let source = literal;
    let at = out;
    if (count > 0) {
      if (!this.parseTables(to) || !this.bits.open(this.header, <u32>(to - this.header))) return false;
      const literalEnd = literal + literalCount;
      const bits = this.bits;
      let l = bits.read(this.literals.log);
      let o = bits.read(this.offsets.log);
      let m = bits.read(this.matches.log);
      for (let left = count; left > 0; left--) {
        const le = this.literals.entry(l);
        const oe = this.offsets.entry(o);
        const me = this.matches.entry(m);
        const offsetCode = oe & 0xff;
        const raw = offsetCode == 0 ? 1 : ((<u32>1) << offsetCode) | bits.read(offsetCode);
        const matchRange = unchecked(MATCH_LENGTHS[me & 0xff]);
        const matchLength = (matchRange >> 5) + bits.read(matchRange & 31);
        const literalRange = unchecked(LITERAL_LENGTHS[le & 0xff]);
        const literalLength = (literalRange >> 5) + bits.read(literalRange & 31);
        const offset = this.resolve(raw, literalLength);
        if (left > 1) {
          l = (le >> 16) + bits.read((le >> 8) & 0xff);
          m = (me >> 16) + bits.read((me >> 8) & 0xff);
          o = (oe >> 16) + bits.read((oe >> 8) & 0xff);
        }
        if (bits.position < 0 || source + literalLength > literalEnd) return false;
        if (limit - at < literalLength + matchLength) return false;
        this.copyLiterals(at, source, literalLength);
        at += literalLength;
        source += literalLength;
        if (offset == 0 || at - history < offset) return false;
        this.copyMatch(at, offset, matchLength);
        at += matchLength;
      }
      if (bits.position != 0) return false;
    } else if (this.header != to) {
      return false;
    }
    const rest = <u32>(literal + literalCount - source);
    if (limit - at < rest) return false;
    memory.copy(at, source, rest);
    this.end = at + rest;
    return true;
  }

  private parseCount(from: usize, to: usize): u32 {
    const first = <u32>load<u8>(from);
    this.header = from + 1;
    if (first < 128) return first;
    this.header = from + (first == 255 ? 3 : 2);
    if (this.header > to) return 1; // then the tables are missing too
    if (first == 255) return <u32>load<u16>(from + 1) + 0x7f00;
    return ((first - 128) << 8) + load<u8>(from + 1);
  }

  private parseTables(to: usize): bool {
    if (this.header >= to) return false;
    const modes = <u32>load<u8>(this.header++);
    if ((modes & 3) != 0) return false;
    return (
      this.parseTable(this.literals, modes >> 6, to, LITERAL_CODES, LITERAL_LOG, LITERAL_DEFAULT, 6) &&
      this.parseTable(this.offsets, (modes >> 4) & 3, to, OFFSET_CODES, OFFSET_LOG, OFFSET_DEFAULT, 5) &&
      this.parseTable(this.matches, (modes >> 2) & 3, to, MATCH_CODES, MATCH_LOG, MATCH_DEFAULT, 6)
    );
  }

  private parseTable(
    table: Fse,
    mode: u32,
    to: usize,
    codes: u32,
    mostLog: u32,
    usual: StaticArray<i8>,
    usualLog: u32,
  ): bool {
    if (mode == PREDEFINED) {
      table.setDefault(changetype<usize>(usual), <u32>usual.length, usualLog);
      return true;
    }
    if (mode == SINGLE) {
      const code = <u32>load<u8>(this.header);
      if (this.header++ >= to || code >= codes) return false;
      table.setSingle(code);
      return true;
    }
    if (mode == PACKED) {
      if (!table.parse(this.header, to, codes, mostLog)) return false;
      this.header += table.used;
      return true;
    }
    return table.ready;
  }

  /** The offset that `raw` means: 1 to 3 name one of the last three, a literal length of 0 shifting them. */
  @inline
  private resolve(raw: u32, literalLength: u32): u32 {
    if (raw > 3) {
      this.third = this.second;
      this.second = this.last;
      this.last = raw - 3;
      return raw - 3;
    }
    return this.resolveRepeat(raw - 1 + u32(literalLength == 0));
  }

  private resolveRepeat(which: u32): u32 {
    if (which == 0) return this.last;
    const offset = which == 1 ? this.second : which == 2 ? this.third : this.last - 1;
    if (which > 1) this.third = this.second;
    this.second = this.last;
    this.last = offset;
    return offset;
  }

  /** Sixteen bytes at a time, so up to sixteen past the end; buffers have room for them. */
  @inline
  private copyLiterals(to: usize, from: usize, length: u32): void {
    v128.store(to, v128.load(from));
    if (length <= 16) return;
    const end = to + length;
    let source = from + 16;
    for (let at = to + 16; at < end; at += 16) {
      v128.store(at, v128.load(source));
      source += 16;
    }
  }

  /** Where source and target overlap, bytes written a moment ago are read again. */
  @inline
  private copyMatch(to: usize, offset: u32, length: u32): void {
    const end = to + length;
    let source = to - offset;
    if (offset >= 16) {
      for (let at = to; at < end; at += 16) {
        v128.store(at, v128.load(source));
        source += 16;
      }
    } else {
      for (let at = to; at < end; at++) store<u8>(at, load<u8>(source++));
    }
  }
}
