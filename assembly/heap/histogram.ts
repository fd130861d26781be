/**
 * How often each value came, in memory that does not grow: exact below 32, to a sixteenth above. A quantile of millions of
 * operations needs no list of them. From: HdrHistogram (Tene), with buckets of one width in each power of two.
 *
 *   values:   0 1 2 … 31 │ 32–33 34–35 … 62–63 │ 64–67 … 124–127 │ …
 *   buckets:  0 1 2 … 31 │   32    33  …   47  │   48  …    63   │ …     sixteen for each power of two
 */
import { HISTOGRAM_BUCKETS } from "../abi/heap-recorder";
import { allocate, make } from "../core/arena";

const SHIFT: u32 = 4;

@final
@unmanaged
export class Histogram {
  // The host reads these, at abi/heap's HISTOGRAM_….
  count: u64;
  sum: u64;
  most: u64;
  /** u64 each, weights by bucket. */
  private buckets: usize;

  /** Null when memory is out. */
  static create(): Histogram {
    const histogram = make<Histogram>();
    if (changetype<usize>(histogram) == 0) return histogram;
    histogram.buckets = allocate(HISTOGRAM_BUCKETS * 8);
    return histogram.buckets == 0 ? changetype<Histogram>(0) : histogram;
  }

  /** `value` came once more. */
  add(value: u64): void {
    const bucket = this.buckets + ((<usize>bucketOf(value)) << 3);
    store<u64>(bucket, load<u64>(bucket) + 1);
    this.count++;
    this.sum += value;
    if (value > this.most) this.most = value;
  }

  /** True if every value is in one bucket. */
  isValid(): bool {
    let count: u64 = 0;
    for (let n: usize = 0; n < <usize>HISTOGRAM_BUCKETS; n++) count += load<u64>(this.buckets + (n << 3));
    return count == this.count;
  }
}

/** The way back is in `src/wasm/histogram.ts`. */
function bucketOf(value: u64): u32 {
  if (value < 2 << SHIFT) return <u32>value;
  const exponent = <u32>(63 - clz(value)) - SHIFT;
  return (exponent << SHIFT) + <u32>(value >> exponent);
}
