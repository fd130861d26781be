/** A histogram of values: the host's form of assembly/heap/histogram.ts. */
import {
  HISTOGRAM_BUCKETS,
  HISTOGRAM_COUNT,
  HISTOGRAM_DATA,
  HISTOGRAM_MOST,
  HISTOGRAM_SUM,
} from "../../assembly/abi/heap-recorder.js";
import type { Kernel } from "./kernel.js";

/** `count` values from `from` to `to`, both included. */
export interface HistogramBucket {
  /** Smallest value of the bucket. */
  from: number;
  /** Largest value of the bucket. */
  to: number;
  /** Values in the bucket. */
  count: number;
}

/** The number of bits that distinguish values within a power of two. */
const SHIFT = 4;

export class Histogram {
  constructor(
    readonly count: number,
    readonly sum: number,
    readonly most: number,
    /** The buckets that are not empty, in ascending order. */
    readonly buckets: readonly HistogramBucket[],
  ) {}

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The smallest value that at least `share` of all values do not exceed; above 32, to a sixteenth. */
  quantile(share: number): number {
    const wanted = Math.ceil(share * this.count);
    let sum = 0;
    for (const { to, count } of this.buckets) {
      sum += count;
      if (sum >= wanted && sum > 0) return Math.min(to, this.most);
    }
    return this.most;
  }
}

/** The histogram at `address` of kernel memory. */
export function readHistogram(kernel: Kernel, address: number): Histogram {
  const view = kernel.view();
  const field = (offset: number) => Number(view.getBigUint64(address + offset, true));
  const data = view.getUint32(address + HISTOGRAM_DATA, true);
  const buckets: HistogramBucket[] = [];
  for (let n = 0; n < HISTOGRAM_BUCKETS; n++) {
    const count = Number(view.getBigUint64(data + n * 8, true));
    if (count > 0) buckets.push({ from: leastOf(n), to: leastOf(n + 1) - 1, count });
  }
  return new Histogram(field(HISTOGRAM_COUNT), field(HISTOGRAM_SUM), field(HISTOGRAM_MOST), buckets);
}

/** The least value of bucket `n`. */
function leastOf(n: number): number {
  const exponent = Math.max(0, (n >> SHIFT) - 1);
  return (n - exponent * 2 ** SHIFT) * 2 ** exponent;
}
