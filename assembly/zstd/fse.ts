/**
 * Finite state entropy tables (RFC 8878, 4.1.1): a state gives a symbol, and with some bits read, the next state.
 *
 *   entry u32    0        8        16           32
 *                ├ symbol ┼─ bits ─┼─── base ───┤      next state = base + bits read
 */
import { allocate } from "../core/arena";

export const MOST_SYMBOLS: u32 = 256;

@final
@unmanaged
export class Fse {
  log: u32;
  /** Bytes that `parse` used. */
  used: u32;
  /** False until the first table of a frame is made; what "repeat" needs. */
  ready: bool;
  private entries: usize; // u32[1 << mostLog]
  private shares: usize; // i16[MOST_SYMBOLS]: states of each symbol, -1 for less than one
  private next: usize; // u16[MOST_SYMBOLS]

  /** False when memory is out. */
  reserve(mostLog: u32): bool {
    this.entries = allocate(4 << mostLog);
    this.shares = allocate(MOST_SYMBOLS * 2);
    this.next = allocate(MOST_SYMBOLS * 2);
    return this.entries != 0 && this.shares != 0 && this.next != 0;
  }

  @inline
  entry(state: u32): u32 {
    return load<u32>(this.entries + ((<usize>state) << 2));
  }

  /** One state that needs no bits. */
  setSingle(symbol: u32): void {
    this.log = 0;
    this.ready = true;
    store<u32>(this.entries, symbol);
  }

  /** The table of shares given as i8, for the default distributions. */
  setDefault(shares: usize, symbols: u32, log: u32): void {
    for (let s: u32 = 0; s < symbols; s++) this.setShare(s, load<i8>(shares + s));
    this.log = log;
    this.build(symbols);
  }

  /** Reads a table's description from [from, to); false when it is none. */
  parse(from: usize, to: usize, mostSymbols: u32, mostLog: u32): bool {
    this.log = (<u32>load<u8>(from) & 15) + 5;
    if (from >= to || this.log > mostLog) return false;
    let bit: u32 = 4;
    let remaining = (1 << this.log) + 1;
    let symbol: u32 = 0;
    while (remaining > 1 && symbol < mostSymbols) {
      const word = load<u32>(from + (bit >> 3)) >> (bit & 7);
      // Values below `short` take one bit less, since the largest possible is `remaining`.
      const bits = 32 - clz(<u32>remaining);
      const low = word & ((1 << (bits - 1)) - 1);
      const short = <u32>((1 << bits) - 1 - remaining);
      let value = word & ((1 << bits) - 1);
      if (low < short) {
        value = low;
        bit += bits - 1;
      } else {
        if (value >= (<u32>1) << (bits - 1)) value -= short;
        bit += bits;
      }
      const states = <i32>value - 1;
      this.setShare(symbol++, states);
      remaining -= states < 0 ? 1 : states;
      if (states == 0) {
        // Further symbols without a state, by threes.
        let repeat: u32;
        do {
          repeat = (load<u32>(from + (bit >> 3)) >> (bit & 7)) & 3;
          bit += 2;
          for (let i: u32 = 0; i < repeat && symbol < mostSymbols; i++) this.setShare(symbol++, 0);
        } while (repeat == 3 && symbol < mostSymbols);
      }
      if (from + (bit >> 3) > to) return false;
    }
    this.used = (bit + 7) >> 3;
    if (remaining != 1 || from + this.used > to) return false;
    this.build(symbol);
    return true;
  }

  private setShare(symbol: u32, states: i32): void {
    store<i16>(this.shares + (symbol << 1), <i16>states);
  }

  private build(symbols: u32): void {
    const size = (<u32>1) << this.log;
    let high = size - 1;
    for (let s: u32 = 0; s < symbols; s++) {
      const states = load<i16>(this.shares + (s << 1));
      store<u16>(this.next + (s << 1), states < 0 ? 1 : states);
      if (states < 0) {
        store<u32>(this.entries + ((<usize>high) << 2), s);
        high--;
      }
    }
    const step = (size >> 1) + (size >> 3) + 3;
    let at: u32 = 0;
    for (let s: u32 = 0; s < symbols; s++) {
      const states = load<i16>(this.shares + (s << 1));
      for (let i: i32 = 0; i < states; i++) {
        store<u32>(this.entries + ((<usize>at) << 2), s);
        do at = (at + step) & (size - 1);
        while (at > high);
      }
    }
    for (let state: u32 = 0; state < size; state++) {
      const entry = this.entries + ((<usize>state) << 2);
      const s = load<u32>(entry);
      const next = <u32>load<u16>(this.next + (s << 1));
      store<u16>(this.next + (s << 1), <u16>(next + 1));
      const bits = this.log - (31 - clz(next));
      store<u32>(entry, s | (bits << 8) | (((next << bits) - size) << 16));
    }
    this.ready = true;
  }
}
