/** Exact curves: from stack distances for policies with the stack property, else by simulation of every point. */
import type { Work } from "../pass/progress.js";
import type { PolicyChoice } from "../policy/policies.js";
import { frameCounts } from "../simulate/frames.js";
import { passesOf, type SimulationOutcome } from "../simulate/simulate.js";
import type { SimulationPlan } from "../simulate/simulation.js";
import { lookAt, runTasks, startRunner } from "../simulate/tasks.js";
import type { Trace } from "../trace/trace.js";
import type { KernelSetCurve, KernelStackCurve } from "../wasm/analysis.js";
import { threadsOf } from "../workers/threads.node.js";
import type { MrcPlan, PointGrid } from "./options.js";
import { missesByDistance, spread } from "./points.js";
import type { Curve, CurvePoint } from "./result.js";

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

export function stackCurve(
  policy: string,
  kernelCurve: KernelStackCurve,
  of: Requests,
  frames: readonly number[],
): Curve {
  const missesWith = missesByDistance(kernelCurve.counts);
  const points = frames.map((count) => {
    const misses = missesWith(count);
    return { frames: count, missRatio: ratio(misses, of.requests), misses };
  });
  return curveOf(policy, of, points);
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

/** The curves of policies that need simulations, as far as they came if the signal stops them. */
export async function simulatedCurves(
  trace: Trace,
  plan: MrcPlan,
  policies: readonly PolicyChoice[],
  of: Requests,
  frames: readonly number[],
  work: Work,
): Promise<Curve[]> {
  const plans = policies.flatMap((policy) => frames.map((count) => planOf(policy, count, of.distinctPages)));
  const outcomes = plans.length === 0 ? [] : await simulateAll(trace, plan, plans, of, work);
  /** Without the points that the signal left out. */
  const pointsOf = (policy: number) =>
    frames.flatMap((count, n): CurvePoint[] => {
      const outcome = outcomes[policy * frames.length + n];
      if (outcome === undefined || outcome.interruptedAt === 0) return [];
      const { misses, interruptedAt } = outcome;
      if (interruptedAt === undefined)
        return [{ frames: count, missRatio: ratio(misses, of.requests), misses }];
      return [{ frames: count, missRatio: ratio(misses, outcome.requests), misses, interruptedAt }];
    });
  return policies.map(({ name }, policy) => curveOf(name, of, pointsOf(policy)));
}

/** Frames that no page will fill need no memory: the results are the same without them. */
function planOf(
  { id, parameters, needsFuture, servesSizes }: PolicyChoice,
  frames: number,
  pages: number,
): SimulationPlan {
  return { policyId: id, parameters, needsFuture, servesSizes, frames: Math.min(frames, Math.max(pages, 1)) };
}

async function simulateAll(
  trace: Trace,
  { only, jobs }: MrcPlan,
  plans: readonly SimulationPlan[],
  { pageSize, distinctPages: pages }: Requests,
  work: Work,
): Promise<(SimulationOutcome | undefined)[]> {
  const shape = { pageShift: pageSize === undefined ? undefined : Math.log2(pageSize), only, pages };
  const runner = await startRunner([trace], plans.length, threadsOf(jobs));
  try {
    const cost = await lookAt(trace, shape, plans.length, false, runner, work.watch);
    work.expect(trace, passesOf(plans));
    const outcomes: (SimulationOutcome | undefined)[] = [];
    await runTasks([{ trace, shape, plans, cost }], runner, work.watch, (_, indexes, some) => {
      for (const [n, index] of indexes.entries()) outcomes[index] = some[n];
    });
    return outcomes;
  } finally {
    await runner.close();
  }
}

function ratio(misses: number, requests: number): number {
  return requests === 0 ? 0 : misses / requests;
}
