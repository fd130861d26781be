/**
 * The work of one thread with one trace: a pass that counts its pages, or one decode that feeds a group of simulations
 * and measures their times separately.
 */

import { OutOfMemoryError } from "../errors.js";
import type { Future } from "../future/future.js";
import { recordFuture } from "../pass/future.js";
import type { Watch } from "../pass/progress.js";
import { type Consumer, RequestPass, type RequestShape } from "../pass/requests.js";
import type { Trace } from "../trace/trace.js";
import { KernelFuture } from "../wasm/future.js";
import type { PageCounters } from "../wasm/pages.js";
import type { PassCost } from "../workers/schedule.js";
import type { SimulationPlan } from "./simulation.js";
import { Sampler, type Timeline } from "./timeline.js";
import { simulationsOf, type Together } from "./together.js";

export interface SimulationShape extends RequestShape {
  /** Sample the simulations over time; the outcomes are the same. */
  readonly timeline?: boolean;
}

export interface SimulationOutcome extends PageCounters {
  /** Its time in the kernel: an equal part of what it shares with others, the numbering of pages included. */
  seconds: number;
  /** References of the trace served when the signal stopped it; the counters are of these. */
  interruptedAt?: number;
  /** If the shape requests it. */
  timeline?: Timeline;
}

/** Receives the outcomes so far of simulations that run together, from time to time. They have `interruptedAt`. */
export type OnPart = (outcomes: readonly SimulationOutcome[]) => void;

/** Milliseconds between two parts. */
const PART_MILLISECONDS = 500;

/** The work of the plans in passes over the trace, each simulation counted as one. */
export function passesOf(plans: readonly SimulationPlan[]): number {
  return plans.length + (plans.some(({ needsFuture }) => needsFuture) ? 1 : 0);
}

/** Result of the first pass over a trace. */
export interface Survey extends PassCost {
  /** Distinct pages of its requests, if the whole trace was read. */
  pages: number;
}

/** Counts the trace's pages; `batches` limits the pass if only its cost is needed. */
export async function survey(
  trace: Trace,
  shape: RequestShape,
  batches: number | undefined,
  watch: Watch,
): Promise<Survey> {
  const pass = await RequestPass.create(trace, shape, watch);
  const pages = new KernelFuture(pass.kernel);
  const start = performance.now();
  let counting = 0;
  const serve = (count: number) => {
    const begin = performance.now();
    pages.count(pass.requests.keys, count);
    counting += performance.now() - begin;
  };
  const bytesRead = await pass.run([{ serve }], { batches });
  // Finding a page's number costs about as much as a simulated request.
  const whole = bytesRead === 0 ? 1 : Math.max(1, (trace.sizeBytes ?? bytesRead) / bytesRead);
  const seconds = (milliseconds: number) => (milliseconds * whole) / 1000;
  const decodeSeconds = seconds(performance.now() - start);
  return { pages: pages.distinct, decodeSeconds, serveSeconds: seconds(counting) };
}

/**
 * The outcome of every plan, in order, or as far as it came if the signal stops it. Plans that do not fit in one memory
 * together run in two halves.
 */
export async function simulate(
  trace: Trace,
  shape: SimulationShape,
  plans: readonly SimulationPlan[],
  watch: Watch,
  onPart?: OnPart,
): Promise<SimulationOutcome[]> {
  try {
    return await simulateTogether(trace, shape, plans, watch, onPart);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError) || plans.length < 2) throw error;
    const half = plans.length >> 1;
    return [
      ...(await simulate(trace, shape, plans.slice(0, half), watch)),
      ...(await simulate(trace, shape, plans.slice(half), watch)),
    ];
  }
}

async function simulateTogether(
  trace: Trace,
  shape: SimulationShape,
  plans: readonly SimulationPlan[],
  watch: Watch,
  onPart: OnPart | undefined,
): Promise<SimulationOutcome[]> {
  const pass = await RequestPass.create(trace, shape, watch);
  const runs = (await simulationsOf(pass.kernel, pass.requests, plans)).map((together) => new Run(together));
  const needFuture = plans.some(({ needsFuture }) => needsFuture);
  const members = runs
    .flatMap((run) => run.members.map((member) => ({ run, member })))
    .sort((one, other) => one.member.index - other.member.index);
  const numbered = plans.filter(({ custom }) => custom === undefined).length;
  const outcomesSoFar = (isPart: boolean): SimulationOutcome[] =>
    members.map(({ run, member: { index, counters } }) => {
      const numbering = plans[index]?.custom === undefined ? pass.numberingMilliseconds / numbered : 0;
      return {
        ...counters,
        seconds: (run.milliseconds / run.passes + numbering) / 1000,
        ...(isPart && { interruptedAt: run.references }),
      };
    });
  const reportPart = seldom(() => onPart?.(outcomesSoFar(true)));
  const sampler = shape.timeline ? new Sampler(members.map(({ member }) => member)) : undefined;
  let future: Future | undefined;
  let isStopped = false;
  try {
    future = needFuture ? await recordFuture(trace, shape, watch) : undefined;
    // Before a step, all simulations have served the same references.
    const prepare = () => {
      if (runs.some(({ references }) => references > 0)) reportPart();
      return future?.take(pass.requests.gaps);
    };
    await pass.run(runs, { pace: sampler, prepare });
  } catch (error) {
    if (!watch.signal?.aborted) throw error;
    isStopped = true;
  } finally {
    await future?.close();
  }
  const timelines = sampler?.finish();
  return outcomesSoFar(isStopped).map((outcome, index) => ({
    ...outcome,
    ...(timelines?.[index] !== undefined && { timeline: timelines[index] }),
  }));
}

/** The function, called at most once in PART_MILLISECONDS. */
function seldom(work: () => void): () => void {
  let last = performance.now();
  return () => {
    if (performance.now() - last < PART_MILLISECONDS) return;
    last = performance.now();
    work();
  };
}

/** Simulations that are served together, and their share of the pass. */
class Run implements Consumer {
  milliseconds = 0;
  references = 0;

  constructor(private readonly together: Together) {}

  get members(): Together["members"] {
    return this.together.members;
  }

  get passes(): number {
    return this.members.length;
  }

  serve(): void {
    const start = performance.now();
    this.together.run();
    this.milliseconds += performance.now() - start;
  }

  advance(references: number): void {
    this.references += references;
  }
}
