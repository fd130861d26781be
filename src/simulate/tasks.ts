/** Simulations of one or several traces, divided among the threads of a runner. */
import type { Watch } from "../pass/progress.js";
import type { RequestShape } from "../pass/requests.js";
import type { Trace } from "../trace/trace.js";
import { inLanes } from "../workers/lanes.js";
import { type PassCost, Schedule } from "../workers/schedule.js";
import { isPage } from "../workers/threads.node.js";
import { alone, type Runner, runnerOf } from "./runner.js";
import type { SimulationOutcome, SimulationShape, Survey } from "./simulate.js";
import type { SimulationPlan } from "./simulation.js";

/** The simulations of one trace. */
export interface Task {
  readonly trace: Trace;
  readonly shape: SimulationShape;
  readonly plans: readonly SimulationPlan[];
  readonly cost: PassCost;
}

/** Bytes of trace, times simulations, below which workers do not pay. */
const SMALL_WORK = 8 * 2 ** 20;
/** Batches from which the cost of a pass is estimated. */
const SAMPLE_BATCHES = 8;
/** For a stream, or a short trace whose costs need no estimate: one pass feeds all simulations. */
const READ_ONCE: Survey = { pages: 0, decodeSeconds: Number.POSITIVE_INFINITY, serveSeconds: 1 };

/**
 * Workers, if there are several threads, enough work, and traces that can be opened again elsewhere; in a page also for
 * little work.
 */
export async function startRunner(
  traces: readonly Trace[],
  simulations: number,
  threads: number,
): Promise<Runner> {
  const useful = Math.max(1, Math.min(threads, traces.length * simulations));
  const work = traces.reduce((sum, trace) => sum + workOf(trace, simulations), 0);
  const apart = traces.every(({ transferable }) => transferable !== undefined);
  const isWorth = isPage() || (useful > 1 && work >= SMALL_WORK);
  return isWorth && apart ? runnerOf(useful) : alone;
}

/** A first pass over a trace for so many simulations: counts its pages if `isCounted`, or estimates costs if it pays. */
export async function lookAt(
  trace: Trace,
  shape: RequestShape,
  simulations: number,
  isCounted: boolean,
  runner: Runner,
  watch: Watch,
): Promise<Survey> {
  const isSampled = trace.rewindable && workOf(trace, simulations) >= SMALL_WORK;
  if (!isCounted && !isSampled) return READ_ONCE;
  return runner.survey(trace, shape, isCounted ? undefined : SAMPLE_BATCHES, watch);
}

/** Bytes of trace, times simulations. */
function workOf({ sizeBytes = SMALL_WORK }: Trace, simulations: number): number {
  return sizeBytes * simulations;
}

/**
 * Runs the plans of all tasks in groups. `onGroup` gets the outcomes of each group as soon as it is done: the task's
 * index, and the indexes of its plans. If the signal stops them, it gets the outcomes so far of those that run. `onPart`
 * gets the outcomes so far of a group that runs, from time to time.
 */
export async function runTasks(
  tasks: readonly Task[],
  runner: Runner,
  watch: Watch,
  onGroup: (
    task: number,
    plans: readonly number[],
    outcomes: readonly SimulationOutcome[],
  ) => void | Promise<void>,
  onPart?: (task: number, plans: readonly number[], outcomes: readonly SimulationOutcome[]) => void,
): Promise<void> {
  const schedule = new Schedule(runner.size);
  for (const { plans, cost } of tasks) schedule.add(plans, cost);
  const seconds = () => performance.now() / 1000;
  await inLanes(runner.size, watch.signal, async () => {
    const group = schedule.next(seconds());
    const task = tasks[group?.trace ?? -1];
    if (group === undefined || task === undefined) return false;
    const plans = group.indexes.flatMap((index) => task.plans[index] ?? []);
    const outcomes = await runner.simulate(
      task.trace,
      task.shape,
      plans,
      watch,
      onPart && ((part) => onPart(group.trace, group.indexes, part)),
    );
    await onGroup(group.trace, group.indexes, outcomes);
    schedule.finish(group, outcomes);
    return true;
  });
}
