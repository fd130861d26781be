/**
 * Who carries out the tasks of `compare`: this thread alone, or workers that open the same trace by themselves. The
 * module is compiled once, here, and posted to them.
 */
import type { Pool } from "workerpool";
import { InputError, OutOfMemoryError, PagewalkError, UsageError } from "../errors.js";
import { isNode } from "../platform.js";
import type { OpenTraceOptions, Trace } from "../trace/trace.js";
import { kernelModule } from "../wasm/kernel.js";
import {
  type RequestShape,
  type SimulationOutcome,
  type SimulationPlan,
  type Survey,
  simulate,
  survey,
  type Watch,
} from "./simulate.js";
import { portable } from "./simulation.js";

export interface Crew {
  /** How many tasks it can carry out at once. */
  readonly size: number;
  survey(trace: Trace, shape: RequestShape, batches: number | undefined, watch: Watch): Promise<Survey>;
  simulate(
    trace: Trace,
    shape: RequestShape,
    plans: readonly SimulationPlan[],
    watch: Watch,
  ): Promise<SimulationOutcome[]>;
  close(): Promise<void>;
}

/** A trace as a worker gets it. */
export interface Ticket {
  readonly input: string | Blob | Uint8Array;
  readonly options: OpenTraceOptions;
}

/** An error as it comes back from a worker. */
export interface Failure {
  readonly failure: { kind: string; problem: string; remedy: string; place: string | undefined };
}

/** How many threads the machine runs at once. */
export async function coreCount(): Promise<number> {
  return isNode ? (await import("node:os")).availableParallelism() : navigator.hardwareConcurrency;
}

/** This thread, one task after the other. */
export const alone: Crew = { size: 1, survey, simulate, close: async () => undefined };

export async function crewOf(workers: number): Promise<Crew> {
  const workerpool = (await import("workerpool")).default;
  const pool = workerpool.pool(await workerScript(), {
    maxWorkers: workers,
    workerType: isNode ? "thread" : "web",
    ...(!isNode && { workerOpts: { type: "module" } }),
  });
  return new WorkerCrew(workers, pool, await kernelModule());
}

/**
 * In a browser the worker is bundled into one file: bundlers of pages take it for an asset and put it anywhere, without
 * what it would import.
 */
async function workerScript(): Promise<string> {
  if (!isNode) return new URL("../../bundle/browser/worker.js", import.meta.url).href;
  return (await import("node:url")).fileURLToPath(new URL("./worker.js", import.meta.url));
}

class WorkerCrew implements Crew {
  constructor(
    readonly size: number,
    private readonly pool: Pool,
    private readonly module: WebAssembly.Module,
  ) {}

  survey(trace: Trace, shape: RequestShape, batches: number | undefined, watch: Watch): Promise<Survey> {
    return this.exec("survey", trace, [shape, batches], watch);
  }

  /** Own policies that live in this thread alone run here, the others meanwhile in a worker. */
  async simulate(
    trace: Trace,
    shape: RequestShape,
    plans: readonly SimulationPlan[],
    watch: Watch,
  ): Promise<SimulationOutcome[]> {
    const posted = plans.map(portable);
    const there = posted.filter((plan) => plan !== undefined);
    const here = plans.filter((_, n) => posted[n] === undefined);
    const [theirs, ours] = await Promise.all([
      there.length === 0 ? [] : this.exec<SimulationOutcome[]>("simulate", trace, [shape, there], watch),
      here.length === 0 ? [] : simulate(trace, shape, here, watch),
    ]);
    return posted.flatMap((plan) => (plan === undefined ? ours : theirs).shift() ?? []);
  }

  async close(): Promise<void> {
    await this.pool.terminate(true);
  }

  private async exec<Result>(
    method: string,
    trace: Trace,
    parameters: readonly unknown[],
    watch: Watch,
  ): Promise<Result> {
    watch.signal?.throwIfAborted();
    const ticket = { input: trace.transferable, options: trace.options };
    const done = this.pool.exec(method, [this.module, ticket, ...parameters], { on: watch.onWork });
    const abort = () => void done.cancel();
    watch.signal?.addEventListener("abort", abort, { once: true });
    try {
      const result: Result | Failure = await done;
      if (isFailure(result)) throw rebuild(result);
      return result;
    } catch (error) {
      watch.signal?.throwIfAborted();
      throw error;
    } finally {
      watch.signal?.removeEventListener("abort", abort);
    }
  }
}

/** Errors lose their class between threads, so those that users cause travel as values. */
export async function asValue<Result>(work: () => Promise<Result>): Promise<Result | Failure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PagewalkError)) throw error;
    return {
      failure: { kind: error.name, problem: error.problem, remedy: error.remedy, place: error.place },
    };
  }
}

function isFailure(result: unknown): result is Failure {
  return typeof result === "object" && result !== null && "failure" in result;
}

function rebuild({ failure: { kind, problem, remedy, place } }: Failure): PagewalkError {
  const Class = [InputError, UsageError, OutOfMemoryError].find(({ name }) => name === kind) ?? PagewalkError;
  return new Class(problem, remedy, place);
}
