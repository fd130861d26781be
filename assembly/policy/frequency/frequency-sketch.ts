/**
 * An approximate count of each page's recent requests in little memory, TinyLFU's frequency sketch. Einziger, Friedman and
 * Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage 13 (2017), section 3.
 *
 *   0        8        16       24       32                                64   a line, 64 bytes; a key has one
 *   ├ row 0 ─┼ row 1 ─┼ row 2 ─┼ row 3 ─┼ doorkeeper, 256 bits ───────────┤
 *
 *   63                    3 0
 *   ├ 15 ┼ 14 ┼ … ┼ 2 ┼ 1 ┼ 0 ┤       a row: 16 counters of 4 bits
 *
 * - A count-min sketch (Cormode and Muthukrishnan 2005): a key has a counter in each of its line's rows, and the least of
 *   them is its frequency. Only counters equal to the least are incremented (minimal increment).
 * - The doorkeeper, a Bloom filter, records a key's first request, so that pages requested once do not use counters.
 * - Reset: after `sample` requests every counter is halved and the doorkeeper cleared, so that old requests fade.
 *
 * Differences: all data of a key lies in one cache line (Putze, Sanders and Singler, "Cache-, hash- and space-efficient
 * Bloom filters", 2007), so that counting a request costs one line of memory instead of six.
 */
import { allocate, make } from "../../core/arena";
import { powerOfTwoFrom } from "../../core/hash";
import { splitMix64 } from "../../core/rng";

const LINE_SHIFT: usize = 6;
const DOORKEEPER: usize = 32;
/** Frames per line: each has 4 counters per row and 64 bits of doorkeeper. */
const FRAMES_PER_LINE: u64 = 4;
const MAX_COUNT: u32 = 15;
/** Clears the bit of each counter that a shift moves in from the next. */
const HALVES: u64 = 0x7777777777777777;

@final
@unmanaged
export class FrequencySketch {
  private lines: usize;
  private lineMask: u32;
  private hasDoorkeeper: bool;
  /** Requests since the last reset, and half of those before. */
  private requests: u64;

  /** For at most `frames` frames; null when memory is out. */
  static create(frames: u32, hasDoorkeeper: bool): FrequencySketch {
    const nothing = changetype<FrequencySketch>(0);
    const sketch = make<FrequencySketch>();
    if (changetype<usize>(sketch) == 0) return nothing;
    sketch.fit(frames);
    sketch.lines = allocate((<u64>sketch.lineMask + 1) << LINE_SHIFT);
    sketch.hasDoorkeeper = hasDoorkeeper;
    return sketch.lines != 0 ? sketch : nothing;
  }

  /** Sets the size for `frames`, at most those of `create`, before the first request. */
  fit(frames: u32): void {
    assert(this.requests == 0, "the size of a sketch changes only before its first request");
    this.lineMask = <u32>powerOfTwoFrom((<u64>frames + FRAMES_PER_LINE - 1) / FRAMES_PER_LINE) - 1;
  }

  /** The approximate number of requests for `key` in the sample, at most 16. */
  estimate(key: u64): u32 {
    const hash = splitMix64(key, 0);
    const line = this.lineOf(hash);
    const known = this.hasDoorkeeper && FrequencySketch.doorkeeperHas(line, hash);
    return FrequencySketch.least(line, hash) + (known ? 1 : 0);
  }

  /** Counts a request for `key`. Resets after `sample` requests. */
  count(key: u64, sample: u64): void {
    const hash = splitMix64(key, 0);
    const line = this.lineOf(hash);
    if (this.hasDoorkeeper && !FrequencySketch.doorkeeperHas(line, hash))
      FrequencySketch.doorkeeperAdd(line, hash);
    else FrequencySketch.increment(line, hash);
    if (++this.requests >= sample) this.reset();
  }

  @inline
  private lineOf(hash: u64): usize {
    return this.lines + ((<usize>(<u32>(hash >> 32) & this.lineMask)) << LINE_SHIFT);
  }

  /**
   * The key's counter in a row; bits 0 to 15 of the hash choose one in each. `row`: the row's offset, 0, 8, 16 or 24.
   */
  @inline
  private static counter(line: usize, row: usize, hash: u64): u32 {
    return <u32>(load<u64>(line + row) >> FrequencySketch.shift(row, hash)) & MAX_COUNT;
  }

  @inline
  private static shift(row: usize, hash: u64): u64 {
    return ((hash >> (row >> 1)) & 15) << 2;
  }

  @inline
  private static least(line: usize, hash: u64): u32 {
    return min(
      min(FrequencySketch.counter(line, 0, hash), FrequencySketch.counter(line, 8, hash)),
      min(FrequencySketch.counter(line, 16, hash), FrequencySketch.counter(line, 24, hash)),
    );
  }

  @inline
  private static increment(line: usize, hash: u64): void {
    const least = FrequencySketch.least(line, hash);
    if (least == MAX_COUNT) return;
    FrequencySketch.raise(line, 0, hash, least);
    FrequencySketch.raise(line, 8, hash, least);
    FrequencySketch.raise(line, 16, hash, least);
    FrequencySketch.raise(line, 24, hash, least);
  }

  /** Increments the key's counter in a row if it equals `least`. */
  @inline
  private static raise(line: usize, row: usize, hash: u64, least: u32): void {
    if (FrequencySketch.counter(line, row, hash) != least) return;
    store<u64>(line + row, load<u64>(line + row) + ((<u64>1) << FrequencySketch.shift(row, hash)));
  }

  /** Is true when the doorkeeper has the key. Bits 16 to 31 choose two of its bits: byte and bit in the byte. */
  @inline
  private static doorkeeperHas(line: usize, hash: u64): bool {
    const one = load<u8>(line + DOORKEEPER + (<usize>(hash >> 19) & 31)) >> (<u8>(hash >> 16) & 7);
    const other = load<u8>(line + DOORKEEPER + (<usize>(hash >> 27) & 31)) >> (<u8>(hash >> 24) & 7);
    return (one & other & 1) != 0;
  }

  @inline
  private static doorkeeperAdd(line: usize, hash: u64): void {
    const one = line + DOORKEEPER + (<usize>(hash >> 19) & 31);
    const other = line + DOORKEEPER + (<usize>(hash >> 27) & 31);
    store<u8>(one, load<u8>(one) | (1 << (<u8>(hash >> 16) & 7)));
    store<u8>(other, load<u8>(other) | (1 << (<u8>(hash >> 24) & 7)));
  }

  private reset(): void {
    const end = this.lines + ((<usize>this.lineMask + 1) << LINE_SHIFT);
    for (let line = this.lines; line < end; line += 1 << LINE_SHIFT) {
      for (let at = line; at < line + DOORKEEPER; at += 8) store<u64>(at, (load<u64>(at) >> 1) & HALVES);
      memory.fill(line + DOORKEEPER, 0, (1 << LINE_SHIFT) - DOORKEEPER);
    }
    this.requests >>= 1;
  }
}
