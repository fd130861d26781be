/** Runs simulations in this thread, or in workers that open the same trace themselves. */
import type { Watch } from "../pass/progress.js";
import type { RequestShape } from "../pass/requests.js";
import type { OpenTraceOptions, Trace } from "../trace/trace.js";
import { type Failure, rebuild, WorkerPool } from "../workers/pool.js";
import {
  type OnPart,
  type SimulationOutcome,
  type SimulationShape,
  type Survey,
  simulate,
  survey,
} from "./simulate.js";
import { portable, type SimulationPlan } from "./simulation.js";

export interface Runner {
  /** Number of tasks that run at once. */
  readonly size: number;
  survey(trace: Trace, shape: RequestShape, batches: number | undefined, watch: Watch): Promise<Survey>;
  simulate(
    trace: Trace,
    shape: SimulationShape,
    plans: readonly SimulationPlan[],
    watch: Watch,
    onPart?: OnPart,
  ): Promise<SimulationOutcome[]>;
  close(): Promise<void>;
}

/** A trace in the form that a worker gets. */
export interface PortableTrace {
  readonly input: string | Blob | Uint8Array;
  readonly options: OpenTraceOptions;
}

/** The answer of a worker. */
export interface TaskResult<Result> {
  readonly result: Result;
  /** The trace's last line is cut off. */
  readonly cutLine?: Failure;
}

/** This thread, one task after the other. */
export const alone: Runner = { size: 1, survey, simulate, close: async () => undefined };

export async function runnerOf(workers: number): Promise<Runner> {
  return new WorkerRunner(await WorkerPool.create(workers));
}

class WorkerRunner implements Runner {
  constructor(private readonly pool: WorkerPool) {}

  get size(): number {
    return this.pool.size;
  }

  survey(trace: Trace, shape: RequestShape, batches: number | undefined, watch: Watch): Promise<Survey> {
    return this.exec("survey", trace, [shape, batches], watch);
  }

  /**
   * Custom policies that exist only in this thread run here, and the others meanwhile in a worker. Parts are only of
   * simulations that all run there.
   */
  async simulate(
    trace: Trace,
    shape: SimulationShape,
    plans: readonly SimulationPlan[],
    watch: Watch,
    onPart?: OnPart,
  ): Promise<SimulationOutcome[]> {
    const posted = plans.map(portable);
    const there = posted.filter((plan) => plan !== undefined);
    const here = plans.filter((_, n) => posted[n] === undefined);
    const wanted = here.length === 0 ? onPart : undefined;
    const [theirs, ours] = await Promise.all([
      there.length === 0
        ? []
        : this.exec<SimulationOutcome[]>("simulate", trace, [shape, there, wanted !== undefined], watch, {
            keepsPart: true,
            onPart: wanted,
          }),
      here.length === 0 ? [] : simulate(trace, shape, here, watch),
    ]);
    return posted.flatMap((plan) => (plan === undefined ? ours : theirs).shift() ?? []);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async exec<Result>(
    task: string,
    trace: Trace,
    parameters: readonly unknown[],
    watch: Watch,
    {
      keepsPart = false,
      onPart,
    }: { keepsPart?: boolean; onPart?: ((part: Result) => void) | undefined } = {},
  ): Promise<Result> {
    const given = [ticketOf(trace), ...parameters];
    const { result, cutLine } = await this.pool.exec<TaskResult<Result>>(task, given, watch, {
      keepsPart,
      onPart: onPart && (({ result: part }) => onPart(part)),
    });
    if (cutLine !== undefined) trace.noteCutLine?.(rebuild(cutLine));
    return result;
  }
}

function ticketOf({ transferable, options }: Trace) {
  return { input: transferable, options };
}
