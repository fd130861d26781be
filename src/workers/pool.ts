/**
 * Threads that run tasks, each with a kernel of its own. The module is compiled once, here, and posted to them.
 * `worker.ts` has the tasks.
 */
import type { Pool } from "workerpool";
import { InputError, OutOfMemoryError, PagewalkError, UsageError } from "../errors.js";
import type { Watch } from "../pass/progress.js";
import { kernelModule } from "../wasm/kernel.js";
import { mayShare, workerOptions, workerRemedy, workerScript } from "./threads.node.js";

/** An error in the form in which a worker sends it. */
export interface Failure {
  readonly failure: { code: string; problem: string; remedy: string; place: string | undefined };
}

/** A report of a worker: bytes and references, as the arguments of `Watch.onWork`. */
export type WorkDone = [bytes: number, references: number];

/** A part of a task's result, which a worker sends before the task is done. */
export interface Part<Result> {
  readonly part: Result;
}

interface ExecOptions<Result> {
  /** A task that is stopped returns a partial result. */
  readonly keepsPart?: boolean;
  /** Gets the parts that the task sends. */
  readonly onPart?: ((part: Result) => void) | undefined;
}

let script: URL | string | undefined;

/** Takes the worker's script from this address from now on; undefined: from beside this module. */
export function useWorker(from: URL | string | undefined): void {
  script = from;
}

/** Milliseconds within which a worker has to answer: a slow network and a loaded machine take less. */
const START_MILLISECONDS = 60_000;

export class WorkerPool {
  private constructor(
    readonly size: number,
    private readonly pool: Pool,
    private readonly module: WebAssembly.Module,
  ) {}

  /** Throws `UsageError` if the first worker cannot be started, or does not answer in time. */
  static async create(workers: number, startMilliseconds = START_MILLISECONDS): Promise<WorkerPool> {
    const workerpool = (await import("workerpool")).default;
    const from = workerScript(script);
    const pool = workerpool.pool(from, { ...workerOptions, maxWorkers: workers });
    try {
      const [module] = await Promise.all([kernelModule(), start(pool, from, startMilliseconds)]);
      return new WorkerPool(workers, pool, module);
    } catch (error) {
      await pool.terminate(true);
      throw error;
    }
  }

  /**
   * Runs a task of `worker.ts`. Errors that users cause keep their class. A signal ends the worker. If the task
   * `keepsPart` and threads share memory, the worker is requested to stop instead, and returns its partial result.
   */
  async exec<Result>(
    task: string,
    parameters: readonly unknown[],
    watch: Watch,
    { keepsPart = false, onPart }: ExecOptions<Result> = {},
  ): Promise<Result> {
    watch.signal?.throwIfAborted();
    const stop = keepsPart && mayShare() ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
    const done = this.pool.exec(task, [this.module, stop, ...parameters], {
      on: (news: WorkDone | Part<Result>) => {
        if ("part" in news) onPart?.(news.part);
        else watch.onWork(...news);
      },
    });
    const abort = () => {
      if (stop === undefined) done.cancel();
      else Atomics.store(stop, 0, 1);
    };
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

  async close(): Promise<void> {
    await this.pool.terminate(true);
  }
}

/** Starts the first worker. A wrong script need not fail: it may be a page, or a module that answers nothing. */
async function start(pool: Pool, from: string, milliseconds: number): Promise<void> {
  let reason: unknown;
  try {
    const tasks: unknown = await pool.exec("methods", []).timeout(milliseconds);
    if (Array.isArray(tasks) && tasks.includes("simulate")) return;
    reason = "it is another program's";
  } catch (error) {
    reason = error instanceof Error ? error.message : error;
  }
  throw new UsageError(`no worker can be started from ${from}: ${reason}`, workerRemedy);
}

/** Errors lose their class between threads, so those that users cause travel as values. */
export async function asValue<Result>(work: () => Promise<Result>): Promise<Result | Failure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PagewalkError)) throw error;
    return failureOf(error);
  }
}

export function failureOf(error: PagewalkError): Failure {
  return { failure: { code: error.code, ...error.words } };
}

function isFailure(result: unknown): result is Failure {
  return typeof result === "object" && result !== null && "failure" in result;
}

/** The error of a worker, with its class: its code says which, since a minifier changes the names of classes. */
export function rebuild({ failure: { code, problem, remedy, place } }: Failure): PagewalkError {
  const Class = [InputError, UsageError, OutOfMemoryError].find((one) => one.code === code) ?? PagewalkError;
  return new Class(problem, remedy, place);
}
