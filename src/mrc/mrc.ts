/**
 * `mrc`: miss-ratio curves of a trace, working sets and reuse histograms. One decode feeds everything that one pass can
 * compute, for all page sizes; simulated policies follow.
 */

import type { Progress } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { type Watch, Work } from "../pass/progress.js";
import { checkTrace, noReferences, type Trace } from "../trace/trace.js";
import {
  hasStack,
  KernelReuseTimes,
  KernelSetCurve,
  KernelStackCurve,
  type StackPolicy,
} from "../wasm/analysis.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests } from "../wasm/pages.js";
import { framesOf, type Requests, setCurve, simulatedCurves, stackCurve } from "./exact.js";
import { type Analysis, type Feed, feedAll, requestFeed } from "./feeds.js";
import { type MrcOptions, type MrcPlan, planMrc, stacksOf, takesOnePass } from "./options.js";
import type { Curve, MrcOutcome, MrcResult, ReuseResult, WorkingSetResult } from "./result.js";
import { reuseOf, workingSetOf } from "./reuse.js";
import { FirstSample, miniatureCurves, type SampleSurvey, sampledFrames } from "./sampled.js";

/** Curves by page size, then by policy (or sets), each in the given order. */
export async function mrc(trace: Trace, options: MrcOptions = {}): Promise<MrcResult> {
  const { interrupted, ...result } = await mrcUntilStopped(trace, options);
  if (interrupted) options.signal?.throwIfAborted();
  return result;
}

/** As `mrc`, but a stopped one returns what it has of all results. */
export async function mrcUntilStopped(trace: Trace, options: MrcOptions = {}): Promise<MrcOutcome> {
  checkTrace(trace, "mrc");
  const plan = await planMrc(trace, options);
  const passes = new Passes(plan);
  const copies = new Copies(passes.copying);
  try {
    const survey = new Survey(await copies.of(trace, passes.count), plan, passes);
    const result = await survey.result();
    return { ...result, interrupted: survey.isStopped };
  } catch (error) {
    if (!plan.signal?.aborted) throw error;
    return { trace: trace.name, interruptedAt: 0, curves: [], interrupted: true };
  } finally {
    await copies.close();
  }
}

/** Only Denning's working sets; the windows are in requests. */
export async function workingSet(
  trace: Trace,
  options: Pick<MrcOptions, "only" | "pageSize" | "onProgress" | "signal"> & {
    windows?: readonly (string | number)[];
  } = {},
): Promise<WorkingSetResult[]> {
  const { windows, ...rest } = options;
  const { workingSets } = await mrc(trace, { ...rest, policy: [], workingSet: windows?.slice() ?? true });
  return workingSets ?? [];
}

/** Only histograms of stack distances and reuse times. */
export async function reuseDistances(
  trace: Trace,
  options: Pick<MrcOptions, "only" | "pageSize" | "onProgress" | "signal"> = {},
): Promise<ReuseResult[]> {
  const { reuse } = await mrc(trace, { ...options, policy: [], reuse: true });
  return reuse ?? [];
}

/** The analyses of the first pass for one page size. */
interface View {
  pageSize: number | undefined;
  /** By policy; empty if no distances are needed. */
  stacks: Map<StackPolicy, KernelStackCurve>;
  sampled: FirstSample | undefined;
  sets: KernelSetCurve[];
  times: KernelReuseTimes | undefined;
}

class Survey {
  private readonly feeds: Feed[] = [];
  /** The signal ended a pass early. */
  isStopped = false;

  constructor(
    private readonly trace: Trace,
    private readonly plan: MrcPlan,
    private readonly passes: Passes,
  ) {}

  async result(): Promise<MrcResult> {
    const { trace, plan } = this;
    const kernel = await Kernel.create();
    const views = plan.pageSizes.map((pageSize) => this.look(kernel, pageSize));
    const interruptedAt = await this.firstPass(kernel);
    const curves: Curve[] = [];
    for (const view of views) curves.push(...(await this.curves(view)));
    const result: MrcResult = {
      trace: trace.name,
      ...(interruptedAt !== undefined && { interruptedAt }),
      curves,
    };
    if (plan.windows !== undefined) result.workingSets = views.map((view) => this.workingSet(view));
    if (plan.reuse) result.reuse = views.map(reuseResult);
    return result;
  }

  /** Returns the number of references read if the signal stops it. */
  private async firstPass(kernel: Kernel): Promise<number | undefined> {
    const { trace, passes, feeds } = this;
    const work = passes.next(trace);
    work.expect(trace, 1);
    let references = 0;
    const count: Feed = (_, records) => {
      references += records;
    };
    const isWhole = await this.unlessStopped(async () => {
      await feedAll(kernel, trace, [...feeds, count], work.watch);
      return true;
    });
    return isWhole ? undefined : references;
  }

  /** The result of `work`; undefined if the signal stops it, or stopped what came before. */
  private async unlessStopped<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.isStopped) return undefined;
    try {
      return await work();
    } catch (error) {
      if (!this.plan.signal?.aborted) throw error;
      this.isStopped = true;
      return undefined;
    }
  }

  /** Creates the analyses of the first pass for one page size. */
  private look(kernel: Kernel, pageSize: number | undefined): View {
    const { plan } = this;
    const shift = pageSize === undefined ? undefined : Math.log2(pageSize);
    const wantsTimes = plan.windows !== undefined || plan.reuse;
    const stacked = plan.sample === undefined && plan.policies.length > 0 ? stacksOf(plan.policies) : [];
    if (plan.reuse && !stacked.includes("lru")) stacked.push("lru");
    const requests =
      wantsTimes || stacked.length > 0 ? KernelRequests.create(kernel, shift, plan.only) : undefined;
    const analyses: Analysis[] = [];
    const add = <One extends Analysis>(one: One): One => {
      analyses.push(one);
      return one;
    };
    const windows = plan.windows ?? [];
    const view: View = {
      pageSize,
      stacks: new Map(
        requests === undefined
          ? []
          : stacked.map((policy) => [policy, add(new KernelStackCurve(kernel, requests, policy))]),
      ),
      times:
        requests !== undefined && wantsTimes
          ? add(new KernelReuseTimes(kernel, requests, windows, followed(windows)))
          : undefined,
      sampled:
        plan.sample !== undefined && plan.policies.length > 0
          ? new FirstSample(kernel, shift, plan, plan.sample)
          : undefined,
      sets: plan.sets.map((sets) => new KernelSetCurve(kernel, shift, plan.only, sets, plan.ways)),
    };
    if (requests !== undefined) this.feeds.push(requestFeed(requests, analyses));
    if (view.sampled !== undefined) this.feeds.push(view.sampled.feed);
    for (const curve of view.sets) this.feeds.push((records, count) => curve.run(records, count));
    return view;
  }

  private async curves(view: View): Promise<Curve[]> {
    const [counted] = view.stacks.values();
    const { requests } = counted ?? view.times ?? view.sampled?.survey() ?? { requests: 0 };
    if (requests === 0 && this.isStopped) return [];
    if (requests === 0 && this.plan.only === "all") throw noReferences(this.trace);
    if (this.plan.policies.length === 0) return [];
    if (view.sampled !== undefined) return this.sampledCurves(view.sampled, view.pageSize);
    const { pages = 0 } = counted ?? {};
    if (view.sets.length > 0) return view.sets.map((curve) => setCurve(curve, view.pageSize, pages));
    return this.exactCurves(view, { pageSize: view.pageSize, requests, distinctPages: pages });
  }

  private async exactCurves({ stacks }: View, of: Requests): Promise<Curve[]> {
    const { trace, plan, passes } = this;
    const frames = framesOf(plan.grid, of.distinctPages);
    const others = plan.policies.filter((policy) => !takesOnePass(plan, policy));
    const simulate = () => simulatedCurves(trace, plan, others, of, frames, passes.next(trace));
    const simulated = (others.length === 0 ? [] : await this.unlessStopped(simulate)) ?? [];
    this.isStopped ||= simulated.some(isCut(frames.length));
    return plan.policies.flatMap(({ name }) => {
      const stack = hasStack(name) ? stacks.get(name) : undefined;
      if (stack !== undefined) return [stackCurve(name, stack, of, frames)];
      return simulated.filter(({ policy, points }) => policy === name && points.length > 0);
    });
  }

  private async sampledCurves(sampled: FirstSample, pageSize: number | undefined): Promise<Curve[]> {
    const { trace, plan, passes } = this;
    const survey = sampled.survey();
    const frames = this.sampledFrames(survey);
    if (frames === undefined) return [];
    const others = plan.policies.filter((policy) => !takesOnePass(plan, policy));
    const simulate = () => miniatureCurves(trace, plan, others, pageSize, survey, frames, passes.next(trace));
    const small = (others.length === 0 ? [] : await this.unlessStopped(simulate)) ?? [];
    const first = sampled.curves(survey, pageSize, frames);
    return plan.policies.flatMap(({ name }) => [...first, ...small].filter(({ policy }) => policy === name));
  }

  /** Undefined if the signal left a sample that is too small. */
  private sampledFrames(survey: SampleSurvey): number[] | undefined {
    try {
      return sampledFrames(this.plan.grid, survey);
    } catch (error) {
      if (this.isStopped) return undefined;
      throw error;
    }
  }

  private workingSet({ times, pageSize }: View): WorkingSetResult {
    const windows = this.plan.windows ?? [];
    return workingSetOf(times as KernelReuseTimes, windows, followed(windows), pageSize);
  }
}

/** The window whose working set is recorded over time: the middle one, the shorter of two. */
function followed(windows: readonly number[]): number {
  return windows[(windows.length - 1) >> 1] ?? 1;
}

function reuseResult({ stacks, times, pageSize }: View): ReuseResult {
  return reuseOf(stacks.get("lru") as KernelStackCurve, times as KernelReuseTimes, pageSize);
}

/** True if the signal stopped simulations of a curve that has so many points. */
function isCut(count: number) {
  return ({ points }: Curve) =>
    points.length < count || points.some(({ interruptedAt }) => interruptedAt !== undefined);
}

/** The passes over the trace in a plan, equal parts of the progress. */
class Passes {
  readonly count: number;
  private begun = 0;
  private sofar: Progress = { fraction: undefined, references: 0, bytesRead: 0, sizeBytes: undefined };

  constructor(private readonly plan: MrcPlan) {
    const simulated = plan.policies.some((policy) => !takesOnePass(plan, policy));
    this.count = 1 + (simulated ? plan.pageSizes.length : 0);
  }

  /** The watch of a copy of a stream, before the first pass. */
  get copying(): Watch {
    return this.after(0, undefined).copying;
  }

  /** The work of the next one. */
  next({ sizeBytes }: Trace): Work {
    return this.after(this.begun++, sizeBytes);
  }

  private after(before: number, sizeBytes: number | undefined): Work {
    const { references, bytesRead } = this.sofar;
    const { onProgress, signal } = this.plan;
    const report = ({ fraction, ...pass }: Progress) => {
      this.sofar = {
        fraction: fraction === undefined ? undefined : (before + fraction) / this.count,
        references: references + pass.references,
        bytesRead: bytesRead + pass.bytesRead,
        sizeBytes,
      };
      onProgress(this.sofar);
    };
    return new Work(report, signal, sizeBytes);
  }
}
