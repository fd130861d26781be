/**
 * Sampled curves for one page size. LRU's come from the stack distances of the sample (SHARDS), other policies' from
 * miniature simulations: with a rate of R, each point's frames × R serve only the sample. assembly/analysis/sample.ts
 * names the papers.
 */
import { OptionError, OutOfMemoryError, optionNamed } from "../errors.js";
import { type Future, FutureRecorder } from "../future/future.js";
import { LEAST_SAMPLED } from "../options/requests.js";
import type { Watch, Work } from "../pass/progress.js";
import type { PolicyChoice } from "../policy/policies.js";
import { frameCounts } from "../simulate/frames.js";
import type { Trace } from "../trace/trace.js";
import { KernelBoundedSample, KernelLruCurve, KernelSample } from "../wasm/analysis.js";
import { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSimulation } from "../wasm/pages.js";
import { estimate, LEAST_FRAMES } from "./estimate.js";
import { type Analysis, type Feed, feedAll, sampleFeed } from "./feeds.js";
import type { MrcPlan, PointGrid, SamplePlan } from "./options.js";
import { type Misses, missesByDistance, spread } from "./points.js";
import type { Curve, CurvePoint } from "./result.js";
import { missesByWeight } from "./scaled.js";

/** Results of the first pass: the trace's size, and LRU's misses by frames of the whole trace. */
export interface SampleSurvey {
  requests: number;
  /** At the end of the pass. */
  rate: number;
  /** Pages in the sample. */
  sampledPages: number;
  misses: (frames: number) => number;
  groupMisses: (frames: number) => number[];
}

/** LRU's curves of a sample, whole and in groups. */
export class SampledLru {
  readonly feed: Feed;
  private readonly sample: KernelSample;
  private readonly whole: KernelLruCurve;
  private readonly groups: readonly KernelLruCurve[];
  private readonly bounded: KernelBoundedSample | undefined;

  constructor(kernel: Kernel, pageShift: number | undefined, only: MrcPlan["only"], plan: SamplePlan) {
    this.sample = new KernelSample(kernel, pageShift, only, plan.rate, plan.seed, plan.pages === undefined);
    this.whole = new KernelLruCurve(kernel, this.sample.whole);
    this.groups = this.sample.groups.map((group) => new KernelLruCurve(kernel, group));
    this.bounded =
      plan.pages === undefined ? undefined : new KernelBoundedSample(kernel, this.sample, plan.pages);
    this.feed = sampleFeed(
      this.sample,
      this.bounded === undefined ? [this.whole, ...this.groups] : [this.bounded],
    );
  }

  survey(): SampleSurvey {
    const { total: requests, rate } = this.sample;
    if (this.bounded === undefined) {
      const ofPart = (curve: KernelLruCurve, share: number): Misses => {
        const misses = missesByDistance(curve.counts);
        return (frames) => misses(frames * share);
      };
      const whole = ofPart(this.whole, rate);
      const groups = this.groups.map((group) => ofPart(group, rate / this.groups.length));
      return {
        requests,
        rate,
        sampledPages: this.whole.pages,
        misses: whole,
        groupMisses: (frames) => groups.map((misses) => misses(frames)),
      };
    }
    // Weights count requests of the whole trace; misses count those of the sample.
    const [whole = () => 0, ...groups] = this.bounded.curves.map(missesByWeight);
    return {
      requests,
      rate,
      sampledPages: this.bounded.pages,
      misses: (frames) => whole(frames) * rate,
      groupMisses: (frames) => groups.map((misses) => (misses(frames) * rate) / groups.length),
    };
  }
}

/** The points that a sample allows: integers in its own frames. Throws `UsageError`. */
export function sampledFrames(grid: PointGrid, { rate, sampledPages }: SampleSurvey): number[] {
  if (rate < 1 && sampledPages < LEAST_SAMPLED) {
    const problem = `a sample of ${sampledPages} pages says nothing about the others`;
    throw OptionError.at("sample", problem, `sample more of them, or leave ${optionNamed("sample")} out`);
  }
  const least = rate === 1 ? 1 : LEAST_FRAMES;
  if (!("frames" in grid)) {
    return spread(least, sampledPages, grid.count, grid.spacing).map((frames) => Math.round(frames / rate));
  }
  const frames = frameCounts(grid.frames, Math.round(sampledPages / rate)).sort((a, b) => a - b);
  const smallest = frames[0] ?? 0;
  if (smallest >= least / rate) return frames;
  throw OptionError.at(
    "frames",
    `a sample of ${Number(rate.toPrecision(3))} is too small for ${smallest} frames`,
    `give ${Math.ceil(least / rate)} frames or more, or sample more pages`,
  );
}

function curveOf(
  policy: string,
  pageSize: number | undefined,
  survey: SampleSurvey,
  points: CurvePoint[],
): Curve {
  const { requests, rate, sampledPages } = survey;
  return {
    policy,
    method: "sampled",
    ...(pageSize !== undefined && { pageSize }),
    sampleRate: rate,
    requests,
    distinctPages: Math.round(sampledPages / rate),
    points,
  };
}

export function sampledLruCurve(
  survey: SampleSurvey,
  pageSize: number | undefined,
  frames: readonly number[],
): Curve {
  const { misses, groupMisses, requests, rate } = survey;
  const points = frames.map((count) => estimate(count, misses(count), groupMisses(count), requests, rate));
  return curveOf("lru", pageSize, survey, points);
}

/**
 * A second pass: a miniature simulation of every policy at every point, for the whole sample and for each group. If
 * they do not fit in one memory, they run in two halves of the points.
 */
export async function miniatureCurves(
  trace: Trace,
  plan: MrcPlan,
  policies: readonly PolicyChoice[],
  pageSize: number | undefined,
  survey: SampleSurvey,
  frames: readonly number[],
  work: Work,
): Promise<Curve[]> {
  try {
    return await simulateTogether(trace, plan, policies, pageSize, survey, frames, work);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError) || frames.length < 2) throw error;
    const half = frames.length >> 1;
    const low = await miniatureCurves(trace, plan, policies, pageSize, survey, frames.slice(0, half), work);
    const high = await miniatureCurves(trace, plan, policies, pageSize, survey, frames.slice(half), work);
    return low.map((curve, n) => ({ ...curve, points: [...curve.points, ...(high[n]?.points ?? [])] }));
  }
}

async function simulateTogether(
  trace: Trace,
  plan: MrcPlan,
  policies: readonly PolicyChoice[],
  pageSize: number | undefined,
  survey: SampleSurvey,
  frames: readonly number[],
  work: Work,
): Promise<Curve[]> {
  const { rate, requests } = survey;
  const shift = pageSize === undefined ? undefined : Math.log2(pageSize);
  const seed = plan.sample?.seed ?? 1;
  const sampleIn = (kernel: Kernel) => new KernelSample(kernel, shift, plan.only, rate, seed, true);
  const needFuture = policies.some(({ needsFuture }) => needsFuture);
  work.expect(trace, needFuture ? 2 : 1);
  const futures = needFuture ? await recordFutures(trace, sampleIn, work.watch) : undefined;
  try {
    const kernel = await Kernel.create();
    const sample = sampleIn(kernel);
    const parts = partsOf(sample).map((part, n) => {
      const share = n === 0 ? rate : rate / sample.groups.length;
      return policies.map(({ id, parameters }) =>
        frames.map((count) => {
          const own = Math.max(1, Math.round(count * share));
          return new KernelSimulation(kernel, part, id, parameters, own);
        }),
      );
    });
    const simulations = parts.flat(2);
    const run = async () => {
      for (const [n, part] of partsOf(sample).entries()) await futures?.[n]?.take(part.gaps);
      for (const simulation of simulations) simulation.run();
    };
    await feedAll(kernel, trace, [sampleFeed(sample, [{ run }])], work.watch);
    return policies.map(({ name }, policy) => {
      const points = frames.map((count, n) => {
        const [whole = 0, ...groups] = parts.map((part) => part[policy]?.[n]?.counters.misses ?? 0);
        return estimate(count, whole, groups, requests, rate);
      });
      return curveOf(name, pageSize, survey, points);
    });
  } finally {
    await Promise.all((futures ?? []).map((future) => future.close()));
  }
}

/** The whole sample, then its groups. */
function partsOf(sample: KernelSample): KernelRequests[] {
  return [sample.whole, ...sample.groups];
}

/** The future of each part, from a pass of its own. */
async function recordFutures(
  trace: Trace,
  sampleIn: (kernel: Kernel) => KernelSample,
  watch: Watch,
): Promise<Future[]> {
  const kernel = await Kernel.create();
  const sample = sampleIn(kernel);
  const recorders = partsOf(sample).map((part) => ({ part, recorder: new FutureRecorder(kernel) }));
  const analyses = recorders.map(
    ({ part, recorder }): Analysis => ({ run: () => recorder.add(part.keys, part.count) }),
  );
  try {
    await feedAll(kernel, trace, [sampleFeed(sample, analyses)], watch);
    const futures: Future[] = [];
    for (const { recorder } of recorders) futures.push(await recorder.finish());
    return futures;
  } catch (error) {
    await Promise.all(recorders.map(({ recorder }) => recorder.close()));
    throw error;
  }
}
