/** `compare`: replacement policies against numbers of frames, for any number of traces, on all cores. */
import * as v from "valibot";
import { OptionError, optionNamed } from "../errors.js";
import type { PolicyName } from "../options/names.js";
import { compareOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { definitions } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { callback, type PassOptions, watchEntries } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { type Rows, rowsOf } from "../pass/rows.js";
import { type ComparedPolicy, chooseComparedPolicies, type PolicySpec } from "../policy/compared.js";
import { needDistinctPages, parseFrames } from "../simulate/frames.js";
import type { Queue } from "../sweep/group.js";
import { checkPageSize, checkTrace, type Trace } from "../trace/trace.js";
import { isPage, threadsOf } from "../workers/threads.node.js";
import type { Journal } from "./journal.node.js";
import { type Comparison, compareAll, type Job, refuseGivenUp } from "./parts.js";
import type { CompareResult, CompareRow } from "./row.js";
import { shareOf } from "./shard.js";
import { type CompareProgress, Tracker } from "./tracker.js";

export type { CompareProgress, CompareResult, CompareRow };

const schema = v.strictObject({
  ...entriesOf(compareOptions),
  policies: v.optional(definitions<PolicyName, PolicySpec>(), compareOptions.policies.schema.default),
  timeline: v.optional(v.boolean(), false),
  onPartialRows: callback<(rows: readonly CompareRow[]) => void>(),
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
  /**
   * Called about twice a second for simulations that run together, with their rows so far: the counts are of the first
   * `interruptedAt` references.
   */
  onPartialRows?: ((rows: readonly CompareRow[]) => void) | undefined;
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
    const comparison = await compareUntilStopped(traces, stoppable, onRow);
    if (comparison.interrupted) stoppable.signal?.throwIfAborted();
    refuseGivenUp(comparison);
    return { results: comparison.results };
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
  const { pageSize, only, timeline, signal, jobs, resume, shard, queue } = checked;
  const isKept = (resume ?? shard ?? queue) !== undefined;
  const readsAgain = isKept || needDistinctPages(frames) || policies.some(foresees);
  const isLive = list.some(({ recorder }) => recorder !== undefined);
  const share = shareOf(shard, list, policies, frames);
  const simulations = share.reduce((sum, indexes) => sum + indexes.size, 0);
  const job: Job = {
    policies,
    frames,
    share,
    requests: { pageSize, only },
    // One thread simulates while the program runs; several need a copy of its trace.
    threads: isLive && !readsAgain && jobs === undefined ? 1 : threadsOf(jobs),
    timeline,
    tracker: new Tracker(simulations, checked.onProgress, signal, sizeOf(list)),
    identityOf: isKept ? (await import("../sweep/identity.node.js")).identityOf : undefined,
    journal: undefined,
    queue: undefined,
    onRow,
    onPartialRows: checked.onPartialRows,
  };
  const copies = new Copies(job.tracker.work.copying);
  try {
    job.queue = await queueAt(checked, list, policies);
    job.journal = await journalAt(resume);
    // A stream is stored if it is read several times, or in another thread; those for a queue one after the other.
    const isApart = job.threads > 1 || isPage();
    const passes = (isApart || readsAgain) && queue === undefined ? Number.POSITIVE_INFINITY : 1;
    const again: Trace[] = [];
    for (const trace of list) again.push(await copies.of(trace, passes));
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

function foresees({ needsFuture }: ComparedPolicy): boolean {
  return needsFuture;
}
