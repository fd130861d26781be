/**
 * Sampled curves for one page size. Those of policies with the stack property come from the stack distances of the sample
 * (SHARDS), others' from miniature simulations: with a rate of R, each point's frames × R serve only the sample.
 * assembly/analysis/sample.ts names the papers.
 */
import { SAMPLE_GROUPS } from "../../assembly/abi/analysis.js";
import { OptionError, OutOfMemoryError, optionNamed } from "../errors.js";
import { type Future, FutureRecorder } from "../future/future.js";
import { LEAST_SAMPLED } from "../options/requests.js";
import type { Watch, Work } from "../pass/progress.js";
import type { PolicyChoice } from "../policy/policies.js";
import { frameCounts } from "../simulate/frames.js";
import type { Trace } from "../trace/trace.js";
import {
  hasStack,
  KernelBoundedSample,
  KernelSample,
  KernelStackCurve,
  type StackPolicy,
} from "../wasm/analysis.js";
import { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSimulation } from "../wasm/pages.js";
import { estimate, LEAST_FRAMES } from "./estimate.js";
import { type Analysis, type Feed, feedAll, sampleFeed } from "./feeds.js";
import { type MrcPlan, type PointGrid, type SamplePlan, stacksOf } from "./options.js";
import { type Misses, missesByDistance, spread } from "./points.js";
import type { Curve, CurvePoint } from "./result.js";
import { missesByWeight } from "./scaled.js";

/** The results of the first pass: of the trace, and of its sample. */
export interface SampleSurvey {
  requests: number;
  /** At the end of the pass. */
  rate: number;
  /** Pages in the sample. */
  sampledPages: number;
}

/** A policy's misses of a sample and of its groups, by frames of the whole trace. */
interface SampledMisses {
  policy: string;
  misses: Misses;
  groups: readonly Misses[];
}

/** The distances of a policy with the stack property in a sample and in its groups. */
class SampledStack implements Analysis {
  private readonly curves: readonly KernelStackCurve[];

  constructor(
    kernel: Kernel,
    private readonly sample: KernelSample,
    private readonly policy: StackPolicy,
  ) {
    this.curves = partsOf(sample).map((part) => new KernelStackCurve(kernel, part, policy));
  }

  run(): void {
    for (const curve of this.curves) curve.run();
  }

  get pages(): number {
    return this.curves[0]?.pages ?? 0;
  }

  get misses(): SampledMisses {
    const [misses = () => 0, ...groups] = this.curves.map(({ counts }, part): Misses => {
      const missesWith = missesByDistance(counts);
      const share = shareOf(this.sample.rate, part);
      return (frames) => missesWith(frames * share);
    });
    return { policy: this.policy, misses, groups };
  }
}

/** The sample of the first pass, and the curves that it gives: only LRU's if the sample's size is fixed. */
export class FirstSample {
  readonly feed: Feed;
  private readonly sample: KernelSample;
  /** Empty if the size is fixed. */
  private readonly stacks: readonly SampledStack[];
  private readonly bounded: KernelBoundedSample | undefined;

  constructor(
    kernel: Kernel,
    pageShift: number | undefined,
    { only, policies }: MrcPlan,
    { rate, seed, pages }: SamplePlan,
  ) {
    this.sample = new KernelSample(kernel, pageShift, only, rate, seed, pages === undefined);
    this.bounded = pages === undefined ? undefined : new KernelBoundedSample(kernel, this.sample, pages);
    const names = this.bounded === undefined ? stacksOf(policies) : [];
    this.stacks = names.map((name) => new SampledStack(kernel, this.sample, name));
    this.feed = sampleFeed(this.sample, this.bounded === undefined ? this.stacks : [this.bounded]);
  }

  survey(): SampleSurvey {
    const { total: requests, rate } = this.sample;
    const sampledPages = this.bounded?.pages ?? this.stacks[0]?.pages ?? 0;
    return { requests, rate, sampledPages };
  }

  curves(survey: SampleSurvey, pageSize: number | undefined, frames: readonly number[]): Curve[] {
    const all = this.bounded === undefined ? this.stacks.map(({ misses }) => misses) : [this.boundedLru];
    return all.map((misses) => estimatedCurve(misses, survey, pageSize, frames));
  }

  /** Weights count requests of the whole trace, misses those of the sample. */
  private get boundedLru(): SampledMisses {
    const { rate } = this.sample;
    const [misses = () => 0, ...groups] = (this.bounded?.curves ?? []).map((curve, part): Misses => {
      const missesWith = missesByWeight(curve);
      const share = shareOf(rate, part);
      return (frames) => missesWith(frames) * share;
    });
    return { policy: "lru", misses, groups };
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

function estimatedCurve(
  { policy, misses, groups }: SampledMisses,
  survey: SampleSurvey,
  pageSize: number | undefined,
  frames: readonly number[],
): Curve {
  const { requests, rate } = survey;
  const points = frames.map((count) => {
    const groupMisses = groups.map((missesWith) => missesWith(count));
    return estimate(count, misses(count), groupMisses, requests, rate);
  });
  return curveOf(policy, pageSize, survey, points);
}

/**
 * A second pass: a miniature simulation of every policy at every point, for the whole sample and for each group. Policies
 * with the stack property need no simulations, and are here if the first sample had a fixed size. If
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
  const simulated = policies.filter(({ name }) => !hasStack(name));
  const needFuture = simulated.some(({ needsFuture }) => needsFuture);
  work.expect(trace, needFuture ? 2 : 1);
  const futures = needFuture ? await recordFutures(trace, sampleIn, work.watch) : undefined;
  try {
    const kernel = await Kernel.create();
    const sample = sampleIn(kernel);
    const stacks = policies.flatMap(({ name }) =>
      hasStack(name) ? [new SampledStack(kernel, sample, name)] : [],
    );
    const parts = partsOf(sample).map((part, n) => {
      const share = shareOf(rate, n);
      return simulated.map(({ id, parameters }) =>
        frames.map((count) => {
          const own = Math.max(1, Math.round(count * share));
          return new KernelSimulation(kernel, part, id, parameters, own);
        }),
      );
    });
    const analyses = [...stacks, ...parts.flat(2)];
    const run = async () => {
      for (const [n, part] of partsOf(sample).entries()) await futures?.[n]?.take(part.gaps);
      for (const analysis of analyses) analysis.run();
    };
    await feedAll(kernel, trace, [sampleFeed(sample, [{ run }])], work.watch);
    const counted = stacks.map(({ misses }) => estimatedCurve(misses, survey, pageSize, frames));
    return [
      ...counted,
      ...simulated.map(({ name }, policy) => {
        const points = frames.map((count, n) => {
          const [whole = 0, ...groups] = parts.map((part) => part[policy]?.[n]?.counters.misses ?? 0);
          return estimate(count, whole, groups, requests, rate);
        });
        return curveOf(name, pageSize, survey, points);
      }),
    ];
  } finally {
    await Promise.all((futures ?? []).map((future) => future.close()));
  }
}

/** The share of all hashes that a part has, as `partsOf` orders them. */
function shareOf(rate: number, part: number): number {
  return part === 0 ? rate : rate / SAMPLE_GROUPS;
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
