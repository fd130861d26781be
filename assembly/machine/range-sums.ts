/**
 * Counters by range of addresses: what the accesses that begin in each range added to counters of the machine.
 *
 *   starts   u64[ranges]              the first address of each range, ascending, the first of them 0
 *   watched  usize[counters]          where the counters are, u64 each
 *   sums     u64[ranges × counters]   what they grew by, range by range
 *   before   u64[counters]            their values before the current access
 */
import { allocate, make } from "../core/arena";

@final
@unmanaged
export class RangeSums {
  starts: usize;
  watched: usize;
  sums: usize;
  private before: usize;
  private ranges: u32;
  private counters: u32;

  /** The caller fills `starts` and `watched`; null when memory is out. */
  static create(ranges: u32, counters: u32): RangeSums {
    const nothing = changetype<RangeSums>(0);
    const made = make<RangeSums>();
    if (changetype<usize>(made) == 0) return nothing;
    made.ranges = ranges;
    made.counters = counters;
    made.starts = allocate((<u64>ranges) << 3);
    made.watched = allocate(<u64>counters * sizeof<usize>());
    made.sums = allocate((<u64>ranges * counters) << 3);
    made.before = allocate((<u64>counters) << 3);
    const isOut = made.starts == 0 || made.watched == 0 || made.sums == 0 || made.before == 0;
    return isOut ? nothing : made;
  }

  /** Called before an access. */
  begin(): void {
    for (let n: u32 = 0; n < this.counters; n++) store<u64>(this.before + (n << 3), this.counter(n));
  }

  /** Called after an access that begins at `address`. */
  end(address: u64): void {
    const sums = this.sums + <usize>this.rangeOf(address) * (this.counters << 3);
    for (let n: u32 = 0; n < this.counters; n++) {
      const sum = sums + (n << 3);
      store<u64>(sum, load<u64>(sum) + this.counter(n) - load<u64>(this.before + (n << 3)));
    }
  }

  @inline
  private counter(n: u32): u64 {
    return load<u64>(load<usize>(this.watched + n * sizeof<usize>()));
  }

  /** The last range that starts at or below `address`. */
  private rangeOf(address: u64): u32 {
    let low: u32 = 0;
    let high = this.ranges;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (load<u64>(this.starts + (middle << 3)) <= address) low = middle;
      else high = middle;
    }
    return low;
  }
}
