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
  countPages,
  type RequestShape,
  type SimulationOutcome,
  type SimulationPlan,
  simulate,
  type Watch,
} from "./simulate.js";

export interface Crew {
  countPages(trace: Trace, shape: RequestShape, watch: Watch): Promise<number>;
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
export const alone: Crew = { countPages, simulate, close: async () => undefined };

export async function crewOf(workers: number): Promise<Crew> {
  const script = new URL("./worker.js", import.meta.url);
  const path = isNode ? (await import("node:url")).fileURLToPath(script) : script.href;
  const workerpool = (await import("workerpool")).default;
  const pool = workerpool.pool(path, {
    maxWorkers: workers,
    workerType: isNode ? "thread" : "web",
    ...(!isNode && { workerOpts: { type: "module" } }),
  });
  return new WorkerCrew(pool, await kernelModule());
}

class WorkerCrew implements Crew {
  constructor(
    private readonly pool: Pool,
    private readonly module: WebAssembly.Module,
  ) {}

  countPages(trace: Trace, shape: RequestShape, watch: Watch): Promise<number> {
    return this.exec("countPages", trace, [shape], watch);
  }

  simulate(
    trace: Trace,
    shape: RequestShape,
    plans: readonly SimulationPlan[],
    watch: Watch,
  ): Promise<SimulationOutcome[]> {
    return this.exec("simulate", trace, [shape, plans], watch);
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
