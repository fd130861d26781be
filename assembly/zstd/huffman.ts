/**
 * Huffman-coded literals (RFC 8878, 4.2). The table is indexed by the next `log` bits:
 *
 *   entry u16    0        8        16
 *                ├ symbol ┼─ bits ─┤
 */
import { allocate, make } from "../core/arena";
import { Bits } from "./bits";
import { Fse } from "./fse";

const MOST_BITS: u32 = 11;
const WEIGHTS_LOG: u32 = 6;

@final
@unmanaged
export class Huffman {
  /** False until the first tree of a frame is read; what "treeless" needs. */
  ready: bool;
  /** Bytes that `parse` used. */
  used: u32;
  private log: u32;
  private entries: usize; // u16[1 << MOST_BITS]
  private weights: usize; // u8[256]
  private fse: Fse;
  private bits: Bits;

  /** False when memory is out. */
  reserve(): bool {
    this.entries = allocate(2 << MOST_BITS);
    this.weights = allocate(256);
    this.fse = make<Fse>();
    this.bits = make<Bits>();
    if (changetype<usize>(this.fse) == 0 || changetype<usize>(this.bits) == 0) return false;
    return this.entries != 0 && this.weights != 0 && this.fse.reserve(WEIGHTS_LOG);
  }

  /** Reads a tree's description from [from, to); false when it is none. */
  parse(from: usize, to: usize): bool {
    if (from >= to) return false;
    const header = <u32>load<u8>(from);
    const bytes = header < 128 ? header : (header - 126) >> 1;
    this.used = bytes + 1;
    if (from + this.used > to) return false;
    const count =
      header < 128 ? this.packedWeights(from + 1, bytes) : this.plainWeights(from + 1, header - 127);
    this.ready = count > 0 && this.build(count);
    return this.ready;
  }

  private plainWeights(from: usize, count: u32): u32 {
    for (let i: u32 = 0; i < count; i++) {
      const pair = <u32>load<u8>(from + (i >> 1));
      store<u8>(this.weights + i, (i & 1) == 0 ? pair >> 4 : pair & 15);
    }
    return count;
  }

  /** Weights by two alternating states of one table; returns how many, 0 when the stream is wrong. */
  private packedWeights(from: usize, bytes: u32): u32 {
    if (!this.fse.parse(from, from + bytes, 13, WEIGHTS_LOG)) return 0;
    const used = this.fse.used;
    const bits = this.bits;
    if (!bits.open(from + used, bytes - used)) return 0;
    let even = bits.read(this.fse.log);
    let odd = bits.read(this.fse.log);
    if (bits.position < 0) return 0;
    for (let count: u32 = 0; count < 254; count += 2) {
      const first = this.fse.entry(even);
      store<u8>(this.weights + count, <u8>first);
      even = (first >> 16) + bits.read((first >> 8) & 0xff);
      if (bits.position < 0) {
        store<u8>(this.weights + count + 1, <u8>this.fse.entry(odd));
        return count + 2;
      }
      const second = this.fse.entry(odd);
      store<u8>(this.weights + count + 1, <u8>second);
      odd = (second >> 16) + bits.read((second >> 8) & 0xff);
      if (bits.position < 0) {
        store<u8>(this.weights + count + 2, <u8>this.fse.entry(even));
        return count + 3;
      }
    }
    return 0;
  }

  /** The last symbol's weight is what the others leave of a power of two. */
  private build(count: u32): bool {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const weight = <u32>load<u8>(this.weights + i);
      if (weight > MOST_BITS) return false;
      sum += (1 << weight) >> 1;
    }
    if (sum == 0 || count > 255) return false;
    const log: u32 = 32 - clz(sum);
    const left = ((<u32>1) << log) - sum;
    if (log > MOST_BITS || popcnt(left) != 1) return false;
    store<u8>(this.weights + count, <u8>(ctz(left) + 1));
    this.log = log;
    let at = this.entries;
    for (let weight: u32 = 1; weight <= log; weight++) {
      const bits = log + 1 - weight;
      for (let symbol: u32 = 0; symbol <= count; symbol++) {
        if (<u32>load<u8>(this.weights + symbol) != weight) continue;
        for (let i: u32 = 0; i < (<u32>1) << (weight - 1); i++) {
          store<u16>(at, <u16>(symbol | (bits << 8)));
          at += 2;
        }
      }
    }
    return true;
  }

  /** Decodes `count` symbols of one stream to `out`; false unless that uses it up exactly. */
  decode(from: usize, bytes: u32, out: usize, count: u32): bool {
    if (!this.bits.open(from, bytes)) return false;
    const entries = this.entries;
    const log = <i32>this.log;
    const mask = ((<u64>1) << log) - 1;
    let position = this.bits.position;
    const end = out + count;
    // Four symbols take at most 44 of the 57 bits that one load has for sure.
    for (let to = out; to < end && position >= 0; to += 4) {
      const byte = (position - 57) >> 3;
      const word = load<u64>(from + <usize>byte);
      let left = position - (byte << 3);
      let symbols: u32 = 0;
      const several = min(<u32>(end - to), 4);
      for (let i: u32 = 0; i < several; i++) {
        const entry = <u32>load<u16>(entries + ((<usize>((word >> <u64>(left - log)) & mask)) << 1));
        symbols |= (entry & 0xff) << (i << 3);
        left -= <i32>(entry >> 8);
      }
      store<u32>(to, symbols);
      position = left + (byte << 3);
    }
    return position == 0;
  }
}
