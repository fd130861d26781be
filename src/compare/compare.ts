/** `compare`: replacement policies against numbers of frames, for any number of traces, on all cores. */
import * as v from "valibot";
import type { PolicyName } from "../options/names.js";
import { compareOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { definitions } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { type PassOptions, watchEntries } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { shapeOf } from "../pass/requests.js";
import { type Rows, rowsOf } from "../pass/rows.js";
import { type ComparedPolicy, chooseComparedPolicies, type PolicySpec } from "../policy/compared.js";
import { type FrameSpec, frameCounts, needDistinctPages, parseFrames } from "../simulate/frames.js";
import type { Runner } from "../simulate/runner.js";
import { passesOf, type SimulationOutcome, type SimulationShape } from "../simulate/simulate.js";
import type { SimulationPlan } from "../simulate/simulation.js";
import { lookAt, runTasks, startRunner } from "../simulate/tasks.js";
import type { Timeline } from "../simulate/timeline.js";
import { checkPageSize, checkTrace, noReferences, type Trace } from "../trace/trace.js";
import type { ReferenceFilter } from "../wasm/pages.js";
import { inLanes } from "../workers/lanes.js";
import type { PassCost } from "../workers/schedule.js";
import { isPage, threadsOf } from "../workers/threads.node.js";
import type { Journal, TraceJournal } from "./journal.node.js";
import { type CompareProgress, Tracker } from "./tracker.js";

export type { CompareProgress };

const schema = v.strictObject({
  ...entriesOf(compareOptions),
  policies: v.optional(definitions<PolicyName, PolicySpec>(), compareOptions.policies.schema.default),
  timeline: v.optional(v.boolean(), false),
  ...watchEntries<CompareProgress>(),
});

/** Options of `compare`. */
export interface CompareOptions
  extends Omit<OptionsOf<typeof compareOptions>, "policies">,
    PassOptions<CompareProgress> {
  /** Names separated by commas, or an array of names and custom policies; default: ten well-known ones. */
  policies?: PolicyName | readonly PolicySpec[] | undefined;
  /** Add a timeline to each row: requests and misses over time. */
  timeline?: boolean | undefined;
}

/** One policy with one number of frames on one trace. A request is one touch of a page. */
export interface CompareRow {
  /** Name of the trace. */
  trace: string;
  /** Name of the policy, with its parameters: `2q:kin=0.25`. */
  policy: string;
  /** Number of frames; for variable-space policies the limit of the resident set. */
  frames: number;
  /** Requests for pages: a reference that crosses a page boundary makes several. */
  requests: number;
  /** Requests whose page was resident. */
  hits: number;
  /** Requests whose page was not resident, first requests included. */
  misses: number;
  /** Evicted pages that had been stored to, and dirty pages that the policy wrote before (`wsclock`). */
  writebacks: number;
  /** `misses` divided by `requests`, from 0 to 1. */
  missRatio: number;
  /** Average number of pages resident after a request; only for variable-space policies. */
  meanResidentPages?: number;
  /** Time in the engine, without reading the trace. */
  seconds: number;
  /** `requests` divided by `seconds`. */
  requestsPerSecond: number;
  /** References of the trace served when the signal stopped the simulation; the counts are of these. */
  interruptedAt?: number;
  /** The policy is written in JavaScript, and so slower than one of the kernel. */
  javascript?: true;
  /** If the options request it. */
  timeline?: Timeline;
}

/** Result of `compare`, as `compare --json` prints it. */
export interface CompareResult {
  /** By trace, then by frames, then by policy. */
  results: CompareRow[];
}

/** A possibly partial comparison: rows of simulations that were not finished have `interruptedAt`. */
export interface Comparison extends CompareResult {
  /** Number of rows of the complete result, if no frames coincide. */
  simulations: number;
  /** The signal stopped it. */
  interrupted: boolean;
  /** Rows in the file of `resume`: those of this comparison, and others. */
  resumed: { found: number; others: number } | undefined;
}

/**
 * Simulates each policy with each number of frames on each trace. Rows by trace, then frames, then policy, each in the
 * given order; `for await (const row of compare(…))` gets each row as soon as it is finished. Throws `UsageError` for
 * options, `InputError` for a trace that cannot be read, `OutOfMemoryError`.
 */
export function compare(
  traces: Trace | readonly Trace[],
  options: CompareOptions = {},
): Rows<CompareRow, CompareResult> {
  return rowsOf(options, async (stoppable, onRow: (row: CompareRow) => void) => {
    const { results, interrupted } = await compareUntilStopped(traces, stoppable, onRow);
    if (interrupted) stoppable.signal?.throwIfAborted();
    return { results };
  });
}

/** As `compare`, but a stopped comparison returns the finished rows, and the unfinished ones as far as they came. */
export async function compareUntilStopped(
  traces: Trace | readonly Trace[],
  options: CompareOptions = {},
  onRow: (row: CompareRow) => void = () => {},
): Promise<Comparison> {
  const list = Array.isArray(traces) ? (traces as readonly Trace[]) : [traces as Trace];
  for (const trace of list) checkTrace(trace, "compare");
  const checked = validate("compare", schema, options);
  if (options.pageSize !== undefined) for (const trace of list) checkPageSize(trace);
  const policies = await chooseComparedPolicies(checked.policies);
  const frames = parseFrames(checked.frames);
  const simulations = list.length * policies.length * frames.length;
  const { pageSize, only, timeline, signal, resume, jobs } = checked;
  const readsAgain = resume !== undefined || needDistinctPages(frames) || policies.some(foresees);
  const isLive = list.some(({ recorder }) => recorder !== undefined);
  const job: Job = {
    policies,
    frames,
    requests: { pageSize, only },
    // One thread simulates while the program runs; several need a copy of its trace.
    threads: isLive && !readsAgain && jobs === undefined ? 1 : threadsOf(jobs),
    timeline,
    tracker: new Tracker(simulations, checked.onProgress, signal, sizeOf(list)),
    journal: await journalAt(resume),
    onRow,
  };
  const copies = new Copies(job.tracker.work.copying);
  try {
    // A stream is stored if it is read several times, or in another thread.
    const isApart = job.threads > 1 || isPage();
    const passes = isApart || readsAgain ? Number.POSITIVE_INFINITY : 1;
    const again: Trace[] = [];
    for (const trace of list) again.push(await copies.of(trace, passes));
    return await compareAll(again, job);
  } catch (error) {
    if (!signal?.aborted) throw error;
    return { results: [], simulations, interrupted: true, resumed: undefined };
  } finally {
    await copies.close();
    await job.journal?.close();
  }
}

/** Undefined if the size of a trace is not known. */
function sizeOf(traces: readonly Trace[]): number | undefined {
  return traces.reduce<number | undefined>(
    (sum, { sizeBytes }) => (sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes),
    0,
  );
}

async function journalAt(path: string | undefined): Promise<Journal | undefined> {
  return path === undefined ? undefined : (await import("./journal.node.js")).openJournal(path);
}

/** The checked options of `compare`. */
interface Job {
  policies: ComparedPolicy[];
  frames: FrameSpec[];
  requests: { pageSize: number; only: ReferenceFilter };
  threads: number;
  timeline: boolean;
  tracker: Tracker;
  journal: Journal | undefined;
  onRow: (row: CompareRow) => void;
}

/** One trace's part. */
interface Part {
  trace: Trace;
  shape: SimulationShape;
  journal: TraceJournal | undefined;
  cost: PassCost;
  entries: Entry[];
}

/** A row to come. */
interface Entry {
  policy: ComparedPolicy;
  frames: number;
  plan: SimulationPlan;
  row?: CompareRow;
}

function foresees({ needsFuture }: ComparedPolicy): boolean {
  return needsFuture;
}

async function compareAll(traces: readonly Trace[], job: Job): Promise<Comparison> {
  const runner = await startRunner(traces, simulationsOf(job), job.threads);
  const parts: Part[] = [];
  const outcome = (interrupted: boolean): Comparison => {
    const entries = parts.flatMap((part) => part.entries);
    return {
      results: entries.flatMap(({ row }) => row ?? []),
      simulations: interrupted ? job.tracker.simulations : entries.length,
      interrupted,
      resumed: job.journal && { found: job.journal.found, others: job.journal.others },
    };
  };
  try {
    for (const trace of traces) {
      job.tracker.work.expect(trace, needDistinctPages(job.frames) ? 1 : 0);
    }
    const queue = [...traces.entries()];
    await inLanes(runner.size, job.tracker.signal, async () => {
      const next = queue.shift();
      if (next === undefined) return false;
      parts[next[0]] = await prepare(next[1], job, runner);
      return true;
    });
    job.tracker.signal?.throwIfAborted();
    await runParts(parts, job, runner);
    return outcome(parts.some(({ entries }) => entries.some(({ row }) => !isWhole(row))));
  } catch (error) {
    if (!job.tracker.signal?.aborted) throw error;
    return outcome(true);
  } finally {
    await runner.close();
  }
}

/** For each trace. */
function simulationsOf({ policies, frames }: Job): number {
  return policies.length * frames.length;
}

async function prepare(trace: Trace, job: Job, runner: Runner): Promise<Part> {
  const { tracker, frames } = job;
  const shape = { ...shapeOf(trace, job.requests), timeline: job.timeline };
  const counted = needDistinctPages(frames);
  const found = await lookAt(trace, shape, simulationsOf(job), counted, runner, tracker.work.watch);
  const pages = counted ? found.pages : undefined;
  // Frames that no page will fill need no memory: the results are the same without them.
  const usable = (count: number) => Math.min(count, Math.max(pages ?? count, 1));
  const entries = frameCounts(frames, pages).flatMap((count) =>
    job.policies.map((policy): Entry => {
      const { id, parameters, needsFuture, custom } = policy;
      return {
        policy,
        frames: count,
        plan: { policyId: id, parameters, needsFuture, frames: usable(count), custom },
      };
    }),
  );
  const journal = await job.journal?.of(trace, shape, tracker.signal);
  for (const entry of entries) {
    const known = journal?.find(entry.policy, entry.frames);
    if (known !== undefined) settle(entry, trace, known, job);
  }
  return { trace, shape: { ...shape, pages }, journal, cost: found, entries };
}

function isWhole(row: CompareRow | undefined): boolean {
  return row !== undefined && row.interruptedAt === undefined;
}

/** Called when the entry's simulation is done. */
function settle(entry: Entry, trace: Trace, outcome: SimulationOutcome, job: Job): void {
  entry.row = rowOf(trace.name, entry, outcome);
  job.onRow(entry.row);
}

async function runParts(parts: readonly Part[], job: Job, runner: Runner): Promise<void> {
  const { tracker } = job;
  const missing = parts.map(({ entries }) => entries.filter(({ row }) => row === undefined));
  const tasks = parts.map((part, n) => ({ ...part, plans: (missing[n] ?? []).map(({ plan }) => plan) }));
  for (const { trace, entries, plans } of tasks) {
    tracker.work.expect(trace, plans.length === 0 ? 0 : passesOf(plans));
    tracker.finish(entries.length - plans.length);
  }
  await runTasks(tasks, runner, tracker.work.watch, async (task, plans, outcomes) => {
    const part = parts[task];
    const entries = plans.flatMap((plan) => missing[task]?.[plan] ?? []);
    if (part !== undefined) await settleGroup(part, entries, outcomes, job);
  });
}

/** Reports and records the rows of `entries`, which were simulated together. */
async function settleGroup(
  { trace, shape, journal }: Part,
  entries: readonly Entry[],
  outcomes: readonly SimulationOutcome[],
  job: Job,
): Promise<void> {
  const isEmpty = (outcome: SimulationOutcome) =>
    outcome.requests === 0 && outcome.interruptedAt === undefined;
  if (shape.only === "all" && outcomes.some(isEmpty)) throw noReferences(trace);
  const done = entries.flatMap((entry, n) => {
    const outcome = outcomes[n];
    if (outcome === undefined) return [];
    if (outcome.interruptedAt === undefined) return [{ ...entry, entry, outcome }];
    if (outcome.interruptedAt > 0) entry.row = rowOf(trace.name, entry, outcome);
    return [];
  });
  // Rows are reported before they are on the disk, so an interruption in between does not lose them. The journal is
  // closed after them.
  for (const { entry, outcome } of done) settle(entry, trace, outcome, job);
  job.tracker.finish(done.length);
  await journal?.add(done);
}

function rowOf(trace: string, { policy, frames }: Entry, outcome: SimulationOutcome): CompareRow {
  const { requests, hits, misses, writebacks, residence, seconds, interruptedAt, timeline } = outcome;
  return {
    trace,
    policy: policy.name,
    frames,
    requests,
    hits,
    misses,
    writebacks,
    missRatio: requests === 0 ? 0 : misses / requests,
    ...(policy.isVariable && { meanResidentPages: requests === 0 ? 0 : residence / requests }),
    seconds,
    requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
    ...(interruptedAt !== undefined && { interruptedAt }),
    ...(policy.custom !== undefined && { javascript: true }),
    ...(timeline !== undefined && { timeline }),
  };
}
