/** Working sets and histograms from the kernel's counters. */
import type { KernelReuseTimes, KernelStackCurve } from "../wasm/analysis.js";
import type { ReuseBucket, ReuseResult, WorkingSetMoment, WorkingSetResult } from "./result.js";

/** Call it once, after the last request: it ends the counting. */
export function workingSetOf(
  times: KernelReuseTimes,
  windows: readonly number[],
  overTime: number,
  pageSize: number | undefined,
): WorkingSetResult {
  const { requests, pages } = times;
  const missing = above(times.below);
  times.finish();
  const sums = times.sums;
  const longer = above(times.below);
  let shorter = 0;
  return {
    ...(pageSize !== undefined && { pageSize }),
    requests,
    distinctPages: pages,
    windows: windows.map((window, n) => {
      shorter += sums[n] ?? 0;
      const stays = shorter + window * (longer[n] ?? 0);
      const misses = pages + (missing[n] ?? 0);
      return {
        window,
        averagePages: requests === 0 ? 0 : stays / requests,
        missRatio: requests === 0 ? 0 : misses / requests,
      };
    }),
    overTime: { window: overTime, moments: momentsOf(times) },
  };
}

/** The number of values above each window. */
function above(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length);
  for (let n = counts.length - 2; n >= 0; n--) sums[n] = (sums[n + 1] ?? 0) + (counts[n + 1] ?? 0);
  return sums;
}

function momentsOf(times: KernelReuseTimes): WorkingSetMoment[] {
  const { requests, stride, differences } = times;
  const moments: WorkingSetMoment[] = [];
  let pages = 0;
  for (let n = 1; n < differences.length && n * stride <= requests; n++) {
    pages += differences[n] ?? 0;
    moments.push({ request: n * stride, pages });
  }
  return moments;
}

export function reuseOf(
  curve: KernelStackCurve,
  times: KernelReuseTimes,
  pageSize: number | undefined,
): ReuseResult {
  const counts = curve.counts;
  const byPower = new Float64Array(64);
  for (let depth = 1; depth < counts.length; depth++) {
    const power = Math.floor(Math.log2(depth));
    byPower[power] = (byPower[power] ?? 0) + (counts[depth] ?? 0);
  }
  return {
    ...(pageSize !== undefined && { pageSize }),
    requests: curve.requests,
    firstRequests: curve.pages,
    stackDistances: buckets(byPower),
    reuseTimes: buckets(times.times),
  };
}

/** Buckets from the first non-empty power of two to the last. */
function buckets(counts: Float64Array): ReuseBucket[] {
  const used = counts.findLastIndex((count) => count > 0) + 1;
  return [...counts.subarray(0, used)].map((count, power) => ({
    from: 2 ** power,
    to: 2 ** (power + 1) - 1,
    count,
  }));
}
