/** `compare`: replacement policies against numbers of frames, on any number of traces and all cores. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { checkTrace, noReferences, type Trace } from "../trace/trace.js";
import type { Only } from "../wasm/pages.js";
import { alone, type Crew, coreCount, crewOf } from "./crew.js";
import { type FrameSpec, frameCounts, needDistinctPages, parseFrames } from "./frames.js";
import { shareOut } from "./plan.js";
import { choosePolicies, type PolicyChoice } from "./policies.js";
import {
  type RequestShape,
  type SimulationOutcome,
  type SimulationPlan,
  type Watch,
  workOf,
} from "./simulate.js";

export interface CompareOptions {
  /** `all`, names such as `lru,random:seed=7`, or an array of names; without it, all. */
  policies?: string | readonly string[];
  /** Counts and shares of the trace's distinct pages: `128,1024` or `1%,5%`; without it, `1%,5%,20%`. */
  frames?: string | number | readonly (string | number)[];
  /** Which references count: all (the default), loads and stores, or instruction fetches. */
  only?: Only;
  /** Bytes of a page where the trace has addresses, a power of two; without it, 4096. */
  pageSize?: number;
  /** Threads to use; without it, every core. */
  jobs?: number;
  onProgress?: (progress: CompareProgress) => void;
  signal?: AbortSignal;
}

export interface CompareProgress {
  /** Of all work, from 0 to 1; undefined where a trace's size is not known. */
  fraction: number | undefined;
  /** Simulations that are done, and how many there are. */
  finished: number;
  simulations: number;
}

export interface CompareRow {
  trace: string;
  policy: string;
  frames: number;
  requests: number;
  hits: number;
  misses: number;
  missRatio: number;
  /** Pages resident before a request, on average; of policies that let pages go by themselves alone. */
  meanResidentPages?: number;
  /** Time in the engine, reading the trace aside. */
  seconds: number;
  requestsPerSecond: number;
}

export interface CompareResult {
  results: CompareRow[];
}

const ONLY: readonly string[] = ["all", "data", "instructions"] satisfies Only[];
const MOST_JOBS = 1024;

/** Bytes of trace, times simulations, that are not worth starting workers for. */
const SMALL_WORK = 8 * 2 ** 20;

/** Rows by trace, then frames, then policy, each in the order given. */
export async function compare(
  traces: Trace | readonly Trace[],
  options: CompareOptions = {},
): Promise<CompareResult> {
  const list = Array.isArray(traces) ? (traces as readonly Trace[]) : [traces as Trace];
  for (const trace of list) checkTrace(trace, "compare");
  refuseUnknown(options);
  const job: Job = {
    policies: await choosePolicies(options.policies ?? "all"),
    frames: parseFrames(options.frames ?? "1%,5%,20%"),
    pageShift: pageShiftOf(options.pageSize ?? 4096),
    only: onlyOf(options.only ?? "all"),
    threads: await threadsOf(options.jobs),
    tracker: new Tracker(options),
  };
  const spooled: Trace[] = [];
  try {
    const rewindable: Trace[] = [];
    for (const trace of list) {
      const again = trace.rewindable || !needsPasses(job) ? trace : await trace.spool();
      if (again !== trace) spooled.push(again);
      rewindable.push(again);
    }
    return { results: await compareAll(rewindable, job) };
  } finally {
    await Promise.all(spooled.map((trace) => trace.close()));
  }
}

const OPTIONS: Readonly<Record<keyof CompareOptions, true>> = {
  policies: true,
  frames: true,
  only: true,
  pageSize: true,
  jobs: true,
  onProgress: true,
  signal: true,
};

function refuseUnknown(options: CompareOptions): void {
  const unknown = Object.keys(options).find((key) => !(key in OPTIONS));
  if (unknown === undefined) return;
  const remedy = `did you mean "${nearest(unknown, Object.keys(OPTIONS))}"?`;
  throw new UsageError(`compare: unknown option "${unknown}"`, remedy);
}

/** What `compare` was asked for, checked. */
interface Job {
  policies: PolicyChoice[];
  frames: FrameSpec[];
  pageShift: number;
  only: Only;
  threads: number;
  tracker: Tracker;
}

/** One trace's part. */
interface Part {
  trace: Trace;
  shape: RequestShape;
  /** Rows to come, with the plan of each. */
  rows: { policy: string; isVariable: boolean; frames: number; plan: SimulationPlan }[];
}

function needsPasses({ policies, frames, threads }: Job): boolean {
  return threads > 1 || needDistinctPages(frames) || policies.some(({ needsFuture }) => needsFuture);
}

async function compareAll(traces: readonly Trace[], job: Job): Promise<CompareRow[]> {
  const crew = await hire(traces, job);
  try {
    job.tracker.expect(traces, job);
    const rowsOf = async (trace: Trace) => runPart(await prepare(trace, job, crew), job, crew, traces.length);
    if (crew !== alone) return (await Promise.all(traces.map(rowsOf))).flat();
    const rows: CompareRow[] = [];
    for (const trace of traces) rows.push(...(await rowsOf(trace)));
    return rows;
  } finally {
    await crew.close();
  }
}

/** Workers, where there are several threads to use, work enough, and traces that can be opened again elsewhere. */
async function hire(traces: readonly Trace[], job: Job): Promise<Crew> {
  const simulations = job.policies.length * job.frames.length;
  const work = traces.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? SMALL_WORK) * simulations, 0);
  const useful = Math.min(job.threads, traces.length * simulations);
  const apart = traces.every(({ transferable }) => transferable !== undefined);
  return useful > 1 && work >= SMALL_WORK && apart ? crewOf(useful) : alone;
}

async function prepare(trace: Trace, job: Job, crew: Crew): Promise<Part> {
  const shape = { pageShift: trace.unit === "address" ? job.pageShift : undefined, only: job.only };
  const pages = needDistinctPages(job.frames)
    ? await crew.countPages(trace, shape, job.tracker.watch)
    : undefined;
  // Frames that no page will ever fill need no memory: the results are the same without them.
  const usable = (frames: number) => Math.min(frames, Math.max(pages ?? frames, 1));
  const rows = frameCounts(job.frames, pages).flatMap((frames) =>
    job.policies.map(({ name, id, parameters, needsFuture, isVariable }) => ({
      policy: name,
      isVariable,
      frames,
      plan: { policyId: id, parameters, needsFuture, frames: usable(frames) },
    })),
  );
  return { trace, shape, rows };
}

async function runPart(
  { trace, shape, rows }: Part,
  job: Job,
  crew: Crew,
  traces: number,
): Promise<CompareRow[]> {
  const plans = rows.map(({ plan }) => plan);
  const groups = crew === alone ? 1 : Math.ceil(job.threads / traces);
  const outcomes = new Map<number, SimulationOutcome>();
  await Promise.all(
    shareOut(plans, groups).map(async (indexes) => {
      const group = indexes.flatMap((index) => plans[index] ?? []);
      const results = await crew.simulate(trace, shape, group, job.tracker.watch);
      results.forEach((outcome, n) => {
        outcomes.set(indexes[n] ?? 0, outcome);
      });
      job.tracker.finish(results.length);
    }),
  );
  return rows.flatMap(({ policy, isVariable, frames }, index) => {
    const outcome = outcomes.get(index);
    if (outcome?.requests === 0 && shape.only === "all") throw noReferences(trace);
    if (outcome === undefined) return [];
    const row = rowOf(trace.name, policy, frames, outcome);
    const { residence, requests } = outcome;
    return isVariable ? [{ ...row, meanResidentPages: requests === 0 ? 0 : residence / requests }] : [row];
  });
}

function rowOf(trace: string, policy: string, frames: number, outcome: SimulationOutcome): CompareRow {
  const { requests, hits, misses, seconds } = outcome;
  return {
    trace,
    policy,
    frames,
    requests,
    hits,
    misses,
    missRatio: requests === 0 ? 0 : misses / requests,
    seconds,
    requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
  };
}

/** Adds up what the passes report. */
class Tracker {
  readonly watch: Watch;
  private done = 0;
  private total: number | undefined = 0;
  private finished = 0;
  private simulations = 0;

  constructor(private readonly options: CompareOptions) {
    const onWork = (work: number) => {
      this.done += work;
      this.report();
    };
    this.watch = options.signal === undefined ? { onWork } : { onWork, signal: options.signal };
  }

  expect(traces: readonly Trace[], { policies, frames }: Job): void {
    const plans = policies.map(({ needsFuture }) => ({
      policyId: 0,
      parameters: [],
      needsFuture,
      frames: 0,
    }));
    const all = frames.flatMap(() => plans);
    const passes = workOf(all) + (needDistinctPages(frames) ? 1 : 0);
    this.simulations = traces.length * all.length;
    for (const { sizeBytes } of traces) {
      this.total =
        this.total === undefined || sizeBytes === undefined ? undefined : this.total + sizeBytes * passes;
    }
  }

  finish(simulations: number): void {
    this.finished += simulations;
    this.report();
  }

  private report(): void {
    const { total, done, finished, simulations } = this;
    const fraction = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
    this.options.onProgress?.({ fraction, finished, simulations });
  }
}

function pageShiftOf(pageSize: number): number {
  const shift = Math.log2(pageSize);
  if (!Number.isInteger(shift) || shift < 0 || shift > 52) {
    throw new UsageError(
      `a page size of ${pageSize} is not a power of two`,
      "give one such as 4096 or 2097152",
      "--page-size",
    );
  }
  return shift;
}

function onlyOf(only: string): Only {
  if (isOnly(only)) return only;
  throw new UsageError(
    `references cannot be limited to "${only}"`,
    `did you mean ${nearest(only, ONLY)}? There are ${ONLY.join(", ")}`,
    "--only",
  );
}

function isOnly(only: string): only is Only {
  return ONLY.includes(only);
}

async function threadsOf(jobs: number | undefined): Promise<number> {
  if (jobs === undefined) return coreCount();
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw new UsageError(
    `${jobs} is not a number of jobs`,
    `give a whole number from 1 to ${MOST_JOBS}`,
    "--jobs",
  );
}
