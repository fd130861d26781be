/**
 * Threads that run tasks, each with a kernel of its own. The module is compiled once, here, and posted to them.
 * `worker.ts` has the tasks.
 */
import type { Pool } from "workerpool";
import { InputError, OutOfMemoryError, PagewalkError, UsageError } from "../errors.js";
import type { Watch } from "../pass/progress.js";
import { kernelModule } from "../wasm/kernel.js";
import { mayShare, workerOptions, workerScript } from "./threads.node.js";

/** An error in the form in which a worker sends it. */
export interface Failure {
  readonly failure: { kind: string; problem: string; remedy: string; place: string | undefined };
}

/** What a worker reports: bytes and references, as the arguments of `Watch.onWork`. */
export type WorkDone = [bytes: number, references: number];

let script: string | undefined;

/** Takes the worker's script from this address from now on. */
export function useWorker(from: URL | string): void {
  script = typeof from === "string" ? from : from.href;
}

export class WorkerPool {
  private constructor(
    readonly size: number,
    private readonly pool: Pool,
    private readonly module: WebAssembly.Module,
  ) {}

  static async create(workers: number): Promise<WorkerPool> {
    const workerpool = (await import("workerpool")).default;
    const pool = workerpool.pool(script ?? workerScript(), { ...workerOptions, maxWorkers: workers });
    return new WorkerPool(workers, pool, await kernelModule());
  }

  /**
   * Runs a task of `worker.ts`. Errors that users cause keep their class. A signal ends the worker. If the task
   * `keepsPart` and threads share memory, the worker is requested to stop instead, and returns its partial result.
   */
  async exec<Result>(
    task: string,
    parameters: readonly unknown[],
    watch: Watch,
    keepsPart = false,
  ): Promise<Result> {
    watch.signal?.throwIfAborted();
    const stop = keepsPart && mayShare() ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
    const done = this.pool.exec(task, [this.module, stop, ...parameters], {
      on: (done: WorkDone) => watch.onWork(...done),
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
  return { failure: { kind: error.name, ...error.words } };
}

function isFailure(result: unknown): result is Failure {
  return typeof result === "object" && result !== null && "failure" in result;
}

/** The error of a worker, with its class. */
export function rebuild({ failure: { kind, problem, remedy, place } }: Failure): PagewalkError {
  const Class = [InputError, UsageError, OutOfMemoryError].find(({ name }) => name === kind) ?? PagewalkError;
  return new Class(problem, remedy, place);
}
