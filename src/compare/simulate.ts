/**
 * The work of one thread for `compare` with one trace: a pass that counts its pages, or one decode that feeds a group
 * of simulations and measures their times separately.
 */

import { RECORD_BYTES } from "../../assembly/abi/core.js";
import { OutOfMemoryError } from "../errors.js";
import { type Future, FutureRecorder } from "../future/future.js";
import type { Trace } from "../trace/trace.js";
import { KernelFuture } from "../wasm/future.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests, type Only, type PageCounters } from "../wasm/pages.js";
import type { Watch } from "../workers/pool.js";
import type { PassCost } from "../workers/schedule.js";
import { createSimulation, type Simulation, type SimulationPlan } from "./simulation.js";
import { Sampler, type Timeline } from "./timeline.js";

export type { SimulationPlan };

// The work of a pass: bytes of the stored trace, times the simulations that it feeds.

/** The mapping from references to requests. */
export interface RequestShape {
  /** log2 of the page size; undefined if the trace has page numbers. */
  pageShift: number | undefined;
  only: Only;
  /** Sample the simulations over time; the outcomes are the same. */
  timeline?: boolean;
}

export interface SimulationOutcome extends PageCounters {
  seconds: number;
  /** If the shape requests it. */
  timeline?: Timeline;
}

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
  const pass = await Pass.create(trace, shape, watch);
  const pages = new KernelFuture(pass.kernel);
  const start = performance.now();
  let counting = 0;
  const bytesRead = await pass.run(
    1,
    async (count) => {
      const begin = performance.now();
      pages.count(pass.requests.keys, count);
      counting += performance.now() - begin;
    },
    { batches },
  );
  // Finding a page's number costs about as much as a simulated request.
  const whole = bytesRead === 0 ? 1 : Math.max(1, (trace.sizeBytes ?? bytesRead) / bytesRead);
  const seconds = (milliseconds: number) => (milliseconds * whole) / 1000;
  const decodeSeconds = seconds(performance.now() - start - counting);
  return { pages: pages.distinct, decodeSeconds, serveSeconds: seconds(counting) };
}

/** The outcome of every plan, in order. Plans that do not fit in one memory together run in two halves. */
export async function simulate(
  trace: Trace,
  shape: RequestShape,
  plans: readonly SimulationPlan[],
  watch: Watch,
): Promise<SimulationOutcome[]> {
  try {
    return await simulateTogether(trace, shape, plans, watch);
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
  shape: RequestShape,
  plans: readonly SimulationPlan[],
  watch: Watch,
): Promise<SimulationOutcome[]> {
  const pass = await Pass.create(trace, shape, watch);
  const runs: { simulation: Simulation; milliseconds: number }[] = [];
  for (const plan of plans) {
    const simulation = await createSimulation(pass.kernel, pass.requests, plan);
    runs.push({ simulation, milliseconds: 0 });
  }
  const needFuture = plans.some(({ needsFuture }) => needsFuture);
  const future = needFuture ? await recordFuture(trace, shape, watch) : undefined;
  const sampler = shape.timeline ? new Sampler(runs.map(({ simulation }) => simulation)) : undefined;
  try {
    const serve = async () => {
      await future?.take(pass.requests.gaps);
      for (const run of runs) {
        const start = performance.now();
        run.simulation.run();
        run.milliseconds += performance.now() - start;
      }
    };
    await pass.run(plans.length, serve, { sampler });
  } finally {
    await future?.close();
  }
  const timelines = sampler?.finish();
  return runs.map(({ simulation, milliseconds }, index) => ({
    ...simulation.counters,
    seconds: milliseconds / 1000,
    ...(timelines?.[index] !== undefined && { timeline: timelines[index] }),
  }));
}

/** Reads the trace once and finds each request's next use. The caller closes it. */
export async function recordFuture(trace: Trace, shape: RequestShape, watch: Watch): Promise<Future> {
  const pass = await Pass.create(trace, shape, watch);
  const recorder = new FutureRecorder(pass.kernel);
  try {
    await pass.run(1, (count) => recorder.add(pass.requests.keys, count));
    return await recorder.finish();
  } catch (error) {
    await recorder.close();
    throw error;
  }
}

/** The points at which a pass pauses and ends. */
export interface PassLimits {
  sampler?: Sampler | undefined;
  batches?: number | undefined;
}

/** One pass over a trace's requests, in a kernel of its own. */
export class Pass {
  private constructor(
    readonly kernel: Kernel,
    readonly requests: KernelRequests,
    private readonly trace: Trace,
    private readonly watch: Watch,
  ) {}

  static async create(trace: Trace, shape: RequestShape, watch: Watch): Promise<Pass> {
    const kernel = await Kernel.create();
    return new Pass(kernel, new KernelRequests(kernel, shape.pageShift, shape.only), trace, watch);
  }

  /**
   * Calls `serve` for each step's requests, for the whole trace or its first `batches`; a byte read counts as `work`.
   * No step goes beyond the end of a window of `sampler`. Returns the number of bytes read.
   */
  async run(
    work: number,
    serve: (count: number) => Promise<void>,
    { sampler, batches = Number.POSITIVE_INFINITY }: PassLimits = {},
  ): Promise<number> {
    const { requests, watch } = this;
    const reader = await this.trace.read(this.kernel);
    let bytesRead = 0;
    try {
      for (let n = 0; n < batches; n++) {
        const batch = await reader.next();
        if (batch === undefined) break;
        watch.signal?.throwIfAborted();
        for (let first = 0, part = 0; first < batch.count; first += part) {
          part = Math.min(batch.count - first, sampler?.room ?? batch.count);
          requests.begin(batch.records + first * RECORD_BYTES, part);
          for (let count = requests.step(); count > 0; count = requests.step()) await serve(count);
          sampler?.advance(part);
        }
        watch.onWork((reader.bytesRead - bytesRead) * work);
        bytesRead = reader.bytesRead;
      }
      return bytesRead;
    } finally {
      await reader.close();
    }
  }
}
