/**
 * The parts of a comparison, one for each trace, and the rows to come of each. Simulations run in the threads of this
 * process, or in the workers of a queue; either way a group of rows is settled together.
 *
 *   prepare          look at the trace: its pages, its identity, the rows that are known ──> Part
 *   run              groups of entries ──> threads │ queue ──> outcomes
 *   settleGroup      outcomes ──> rows, reported and recorded
 */
import { InputError } from "../errors.js";
import { Copies } from "../pass/copies.js";
import { shapeOf } from "../pass/requests.js";
import type { ComparedPolicy } from "../policy/compared.js";
import { type FrameSpec, frameCounts, needDistinctPages } from "../simulate/frames.js";
import type { Runner } from "../simulate/runner.js";
import { passesOf, type SimulationOutcome, type SimulationShape } from "../simulate/simulate.js";
import type { SimulationPlan } from "../simulate/simulation.js";
import { lookAt, runTasks, startRunner } from "../simulate/tasks.js";
import { inGroups } from "../sweep/division.js";
import type { GivenUp, Queue } from "../sweep/group.js";
import type { Identity, identityOf } from "../sweep/identity.node.js";
import { noReferences, type Trace } from "../trace/trace.js";
import type { ReferenceFilter } from "../wasm/pages.js";
import { inLanes } from "../workers/lanes.js";
import type { PassCost } from "../workers/schedule.js";
import type { Journal, TraceJournal } from "./journal.node.js";
import { type CompareResult, type CompareRow, rowOf } from "./row.js";
import type { Share } from "./shard.js";
import type { Tracker } from "./tracker.js";

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

/** Throws `InputError` if workers gave simulations up. */
export function refuseGivenUp({ givenUp, simulations }: Comparison): void {
  const [first] = givenUp;
  if (first === undefined) return;
  const count = givenUp.reduce((sum, one) => sum + one.simulations, 0);
  throw new InputError(
    `${count} of ${simulations} simulations were given up: ${first.reason}`,
    "mend it and run the same again, which keeps the others",
    first.trace,
  );
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

/** The checked options of `compare`. */
export interface Job {
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
  onPartialRows: ((rows: readonly CompareRow[]) => void) | undefined;
}

/** One trace's part. */
interface Part {
  /** Its number in the order given. */
  number: number;
  trace: Trace;
  shape: SimulationShape;
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

export async function compareAll(traces: readonly Trace[], job: Job): Promise<Comparison> {
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
      looks: parts.map(({ number, shape: { pages }, identity, entries }) => ({
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
    return { number, trace: given, shape: { ...shape, pages }, identity, journal, cost, entries };
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
        const { id, parameters, needsFuture, servesSizes, custom } = policy;
        const plan = { policyId: id, parameters, needsFuture, servesSizes, frames: usable(count), custom };
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
  const entriesOf = (task: number, plans: readonly number[]) =>
    plans.flatMap((plan) => missing[task]?.[plan] ?? []);
  await runTasks(
    tasks,
    runner,
    tracker.work.watch,
    async (task, plans, outcomes) => {
      const part = parts[task];
      if (part !== undefined) await settleGroup(part, entriesOf(task, plans), outcomes, job);
    },
    job.onPartialRows &&
      ((task, plans, outcomes) => reportSoFar(parts[task], entriesOf(task, plans), outcomes, job)),
  );
  return [];
}

/** Reports the rows so far of `entries`, which are simulated together. */
function reportSoFar(
  part: Part | undefined,
  entries: readonly Entry[],
  outcomes: readonly SimulationOutcome[],
  job: Job,
): void {
  if (part === undefined) return;
  job.onPartialRows?.(
    entries.flatMap(({ policy, frames }, n) => {
      const outcome = outcomes[n];
      const isBegun = outcome !== undefined && outcome.requests > 0;
      return isBegun ? [rowOf(part.trace.name, policy, frames, outcome)] : [];
    }),
  );
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
