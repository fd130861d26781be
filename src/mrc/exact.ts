/** Exact curves: LRU's from its stack distances, other policies' by simulation of every point. */
import { type CompareOptions, compare } from "../compare/compare.js";
import { frameCounts } from "../compare/frames.js";
import type { Trace } from "../trace/trace.js";
import type { KernelLruCurve, KernelSetCurve } from "../wasm/analysis.js";
import type { MrcPlan, PointGrid } from "./options.js";
import { missesByDistance, spread } from "./points.js";
import type { Curve } from "./result.js";

/** Common fields of all curves of a trace's requests with one page size. */
export interface Requests {
  pageSize: number | undefined;
  requests: number;
  distinctPages: number;
}

/** The curve's numbers of frames. */
export function framesOf(grid: PointGrid, distinctPages: number): number[] {
  if (!("frames" in grid)) return spread(1, distinctPages, grid.count, grid.spacing);
  return frameCounts(grid.frames, distinctPages).sort((a, b) => a - b);
}

export function curveOf(policy: string, requests: Requests, points: Curve["points"]): Curve {
  const { pageSize, ...counts } = requests;
  return { policy, method: "exact", ...(pageSize !== undefined && { pageSize }), ...counts, points };
}

export function lruCurve(kernelCurve: KernelLruCurve, of: Requests, frames: readonly number[]): Curve {
  const missesWith = missesByDistance(kernelCurve.counts);
  const points = frames.map((count) => {
    const misses = missesWith(count);
    return { frames: count, missRatio: ratio(misses, of.requests), misses };
  });
  return curveOf("lru", of, points);
}

/** A point for each number of ways. */
export function setCurve(
  kernelCurve: KernelSetCurve,
  pageSize: number | undefined,
  distinctPages: number,
): Curve {
  const { sets, counts, lookups: requests } = kernelCurve;
  const missesWith = missesByDistance(counts);
  const points = Array.from({ length: kernelCurve.ways }, (_, n) => {
    const misses = missesWith(n + 1);
    return { frames: sets * (n + 1), ways: n + 1, missRatio: ratio(misses, requests), misses };
  });
  return { ...curveOf("lru", { pageSize, requests, distinctPages }, points), sets };
}

/** The curves of policies that need simulations. */
export async function simulatedCurves(
  trace: Trace,
  plan: MrcPlan,
  policies: readonly string[],
  of: Requests,
  frames: readonly number[],
  onProgress: (fraction: number | undefined) => void,
): Promise<Curve[]> {
  if (frames.length === 0) return policies.map((policy) => curveOf(policy, of, []));
  const options: CompareOptions = {
    policies,
    frames,
    only: plan.only,
    onProgress: ({ fraction }) => onProgress(fraction),
    ...(of.pageSize !== undefined && { pageSize: of.pageSize }),
    ...(plan.jobs !== undefined && { jobs: plan.jobs }),
    ...(plan.signal !== undefined && { signal: plan.signal }),
  };
  const { results } = await compare(trace, options);
  return policies.map((policy) => {
    const rows = results.filter((row) => row.policy === policy);
    const points = rows.map((row) => ({ frames: row.frames, missRatio: row.missRatio, misses: row.misses }));
    return curveOf(policy, of, points);
  });
}

function ratio(misses: number, requests: number): number {
  return requests === 0 ? 0 : misses / requests;
}
