/** `compare`: replacement policies against numbers of frames, for any number of traces, on all cores. */
import * as v from "valibot";
import { OptionError, optionNamed } from "../errors.js";
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
import { inGroups } from "../sweep/division.js";
import type { GivenUp, Queue } from "../sweep/group.js";
import type { Identity, identityOf } from "../sweep/identity.node.js";
import { checkPageSize, checkTrace, noReferences, type Trace } from "../trace/trace.js";
import type { ReferenceFilter } from "../wasm/pages.js";
import { inLanes } from "../workers/lanes.js";
import type { PassCost } from "../workers/schedule.js";
import { isPage, threadsOf } from "../workers/threads.node.js";
import type { Journal, TraceJournal } from "./journal.node.js";
import { type CompareRow, rowOf } from "./row.js";
import { type Share, shareOf } from "./shard.js";
import { type CompareProgress, Tracker } from "./tracker.js";

export type { CompareProgress, CompareRow };

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

/** Result of `compare`, as `compare --json` prints it. */
export interface CompareResult {
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
  compared: Compared;
  /** The traces that were read, with their rows. */
  looks: Look[];
  /** Simulations that the workers of a queue could not finish. */
  givenUp: readonly GivenUp[];
}

/** The options that say what is compared. */
export interface Compared {
  policies: readonly ComparedPolicy[];
  frames: readonly FrameSpec[];
  requests: { pageSize: number; only: ReferenceFilter };
}

/** A trace that was read. */
export interface Look {
  /** Its number in the order given. */
  number: number;
  /** Distinct pages, if they were counted. */
  pages: number | undefined;
  /** If a file of results, a shard or a queue needs it. */
  identity: Identity | undefined;
  rows: CompareRow[];
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
  const { pageSize, only, timeline, signal } = checked;
  const share = shareOf(checked.shard, list, policies, frames);
  const simulations = share.reduce((sum, indexes) => sum + indexes.size, 0);
  const job: Job = {
    policies,
    frames,
    share,
    requests: { pageSize, only },
    threads: threadsOf(checked.jobs),
    timeline,
    tracker: new Tracker(simulations, checked.onProgress, signal, sizeOf(list)),
    identityOf: await identification(checked),
    journal: await journalAt(checked.resume),
    queue: await queueAt(checked, list, policies),
    onRow,
  };
  const copies = new Copies(job.tracker.work.copying);
  try {
    const again: Trace[] = [];
    for (const trace of list) again.push(needsCopy(trace, job) ? await copies.of(trace, 2) : trace);
    return await compareAll(again, job);
  } catch (error) {
    if (!signal?.aborted) throw error;
    const compared = { policies, frames, requests: job.requests };
    return {
      results: [],
      simulations,
      interrupted: true,
      resumed: undefined,
      compared,
      looks: [],
      givenUp: [],
    };
  } finally {
    await copies.close();
    await job.journal?.close();
    await job.queue?.close();
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

async function queueAt(
  { queue, cancel }: Pick<CompareOptions, "queue" | "cancel">,
  traces: readonly Trace[],
  policies: readonly ComparedPolicy[],
): Promise<Queue | undefined> {
  if (queue === undefined) {
    if (cancel)
      throw OptionError.at("cancel", "there is no queue to remove it from", `give ${optionNamed("queue")}`);
    return undefined;
  }
  return (await import("../sweep/queue.node.js")).openQueue(queue, traces, policies, cancel === true);
}

/** Loaded if results are kept or sent: they must be known to be of the same simulation. */
async function identification({
  resume,
  shard,
  queue,
}: Pick<CompareOptions, "resume" | "shard" | "queue">): Promise<typeof identityOf | undefined> {
  if ((resume ?? shard ?? queue) === undefined) return undefined;
  return (await import("../sweep/identity.node.js")).identityOf;
}

/** The checked options of `compare`. */
interface Job {
  policies: ComparedPolicy[];
  frames: FrameSpec[];
  /** Of each trace. */
  share: Share[];
  requests: { pageSize: number; only: ReferenceFilter };
  threads: number;
  timeline: boolean;
  tracker: Tracker;
  identityOf: typeof identityOf | undefined;
  journal: Journal | undefined;
  queue: Queue | undefined;
  onRow: (row: CompareRow) => void;
}

/** One trace's part. */
interface Part {
  /** Its number in the order given. */
  number: number;
  trace: Trace;
  shape: SimulationShape;
  pages: number | undefined;
  identity: Identity | undefined;
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

/** Whether a stream is stored before it is read: it is read several times, or in another thread. */
function needsCopy({ rewindable }: Trace, { policies, frames, threads, identityOf, queue }: Job): boolean {
  // For a queue, one trace after the other is stored.
  if (rewindable || queue !== undefined) return false;
  const foreseeing = policies.some(({ needsFuture }) => needsFuture);
  const isApart = threads > 1 || isPage();
  return isApart || needDistinctPages(frames) || foreseeing || identityOf !== undefined;
}

async function compareAll(traces: readonly Trace[], job: Job): Promise<Comparison> {
  const runner = await startRunner(traces, simulationsOf(job), job.threads);
  const parts: Part[] = [];
  let givenUp: readonly GivenUp[] = [];
  const { policies, frames, requests } = job;
  const outcome = (interrupted: boolean): Comparison => {
    const entries = parts.flatMap((part) => part.entries);
    return {
      results: entries.flatMap(({ row }) => row ?? []),
      compared: { policies, frames, requests },
      simulations: interrupted ? job.tracker.simulations : entries.length,
      interrupted,
      resumed: job.journal && { found: job.journal.found, others: job.journal.others },
      looks: parts.map(({ number, pages, identity, entries }) => ({
        number,
        pages,
        identity,
        rows: entries.flatMap(({ row }) => row ?? []),
      })),
      givenUp,
    };
  };
  try {
    const own = [...traces.entries()].filter(([number]) => job.share[number]?.size !== 0);
    for (const [, trace] of own) {
      job.tracker.work.expect(trace, needDistinctPages(job.frames) ? 1 : 0);
    }
    const prepared: Part[] = [];
    const queue = [...own.entries()];
    await inLanes(runner.size, job.tracker.signal, async () => {
      const next = queue.shift();
      if (next === undefined) return false;
      const [at, [number, trace]] = next;
      prepared[at] = await prepare(number, trace, job, runner);
      return true;
    });
    job.tracker.signal?.throwIfAborted();
    parts.push(...prepared);
    givenUp = await runParts(parts, job, runner);
    return outcome(job.tracker.signal?.aborted === true && !parts.every(isComplete));
  } catch (error) {
    if (!job.tracker.signal?.aborted) throw error;
    return outcome(true);
  } finally {
    await runner.close();
  }
}

/** For each trace, in the threads of this process. */
function simulationsOf({ policies, frames, queue }: Job): number {
  return queue === undefined ? policies.length * frames.length : 0;
}

async function prepare(number: number, given: Trace, job: Job, runner: Runner): Promise<Part> {
  const copies = new Copies(job.tracker.work.copying);
  try {
    const trace = job.queue === undefined ? given : await copies.of(given, 2);
    const shape = { ...shapeOf(trace, job.requests), timeline: job.timeline };
    const counted = needDistinctPages(job.frames);
    const { watch } = job.tracker.work;
    const cost = await lookAt(trace, shape, simulationsOf(job), counted, runner, watch);
    const pages = counted ? cost.pages : undefined;
    const identity = await job.identityOf?.(trace, shape, watch.signal);
    const journal = identity && job.journal?.of(identity, job.timeline);
    const entries = entriesIn(job.share[number] ?? new Set(), pages, job);
    for (const entry of entries) {
      const known = journal?.find(entry.policy, entry.frames);
      if (known !== undefined) settle(entry, trace, known, job);
    }
    return { number, trace: given, shape, pages, identity, journal, cost, entries };
  } finally {
    await copies.close();
  }
}

function entriesIn(share: Share, pages: number | undefined, { policies, frames }: Job): Entry[] {
  // Frames that no page will fill need no memory: the results are the same without them.
  const usable = (count: number) => Math.min(count, Math.max(pages ?? count, 1));
  const counts = frames.map((spec) => frameCounts([spec], pages)[0] ?? 0);
  return [...new Set(counts)].flatMap((count) =>
    policies
      .filter((_, policy) =>
        counts.some((one, spec) => one === count && share.has(spec * policies.length + policy)),
      )
      .map((policy): Entry => {
        const { id, parameters, needsFuture, custom } = policy;
        const plan = { policyId: id, parameters, needsFuture, frames: usable(count), custom };
        return { policy, frames: count, plan };
      }),
  );
}

function isComplete({ entries }: Part): boolean {
  return entries.every(({ row }) => isWhole(row));
}

function isWhole(row: CompareRow | undefined): boolean {
  return row !== undefined && row.interruptedAt === undefined;
}

/** Called when the entry's simulation is done. */
function settle(entry: Entry, trace: Trace, outcome: SimulationOutcome, job: Job): void {
  entry.row = rowOf(trace.name, entry.policy, entry.frames, outcome);
  job.onRow(entry.row);
}

/** Returns what could not be done. */
async function runParts(parts: readonly Part[], job: Job, runner: Runner): Promise<readonly GivenUp[]> {
  const { tracker, queue } = job;
  tracker.finish(parts.reduce((sum, { entries }) => sum + entries.filter(({ row }) => row).length, 0));
  if (queue !== undefined) return runQueued(parts, job, queue);
  const missing = parts.map(({ entries }) => entries.filter(({ row }) => row === undefined));
  const tasks = parts.map((part, n) => ({ ...part, plans: (missing[n] ?? []).map(({ plan }) => plan) }));
  for (const { trace, plans } of tasks) tracker.work.expect(trace, plans.length === 0 ? 0 : passesOf(plans));
  await runTasks(tasks, runner, tracker.work.watch, async (task, plans, outcomes) => {
    const part = parts[task];
    const entries = plans.flatMap((plan) => missing[task]?.[plan] ?? []);
    if (part !== undefined) await settleGroup(part, entries, outcomes, job);
  });
  return [];
}

/** The groups are those of the whole part, whatever is done of it, so that a sweep that goes on finds its own. */
async function runQueued(parts: readonly Part[], job: Job, queue: Queue): Promise<readonly GivenUp[]> {
  const { tracker } = job;
  const groups = parts.flatMap((part) => {
    const { trace, shape, identity, entries } = part;
    const plans = entries.map(({ plan }) => plan);
    return inGroups({ sizeBytes: trace.sizeBytes, plans }).flatMap((indexes) => {
      const own = indexes.flatMap((index) => entries[index] ?? []);
      if (identity === undefined || own.every(({ row }) => row !== undefined)) return [];
      return { part, trace, shape, identity, entries: own, plans: own.map(({ plan }) => plan) };
    });
  });
  for (const { trace, plans } of groups) tracker.work.expect(trace, passesOf(plans));
  const watch = { ...tracker.work.watch, onWorkers: (workers: number) => tracker.workersAre(workers) };
  return queue.run(groups, watch, async (n, outcomes) => {
    const group = groups[n];
    if (group !== undefined) await settleGroup(group.part, group.entries, outcomes, job);
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
    if (outcome === undefined || entry.row !== undefined) return [];
    if (outcome.interruptedAt === undefined) return [{ ...entry, entry, outcome }];
    if (outcome.interruptedAt > 0) entry.row = rowOf(trace.name, entry.policy, entry.frames, outcome);
    return [];
  });
  // Rows are reported before they are on the disk, so an interruption in between does not lose them. The journal is
  // closed after them.
  for (const { entry, outcome } of done) settle(entry, trace, outcome, job);
  job.tracker.finish(done.length);
  await journal?.add(done);
}
