/**
 * Threads that run tasks, each with a kernel of its own. The module is compiled once, here, and posted to them.
 * `worker.ts` has the tasks.
 */
import type { Pool } from "workerpool";
import { InputError, OutOfMemoryError, PagewalkError, UsageError } from "../errors.js";
import type { Watch } from "../pass/progress.js";
import { isNode } from "../platform.js";
import { kernelModule } from "../wasm/kernel.js";

/** An error in the form in which a worker sends it. */
export interface Failure {
  readonly failure: { kind: string; problem: string; remedy: string; place: string | undefined };
}

export class WorkerPool {
  private constructor(
    readonly size: number,
    private readonly pool: Pool,
    private readonly module: WebAssembly.Module,
  ) {}

  static async create(workers: number): Promise<WorkerPool> {
    const workerpool = (await import("workerpool")).default;
    const pool = workerpool.pool(await workerScript(), {
      maxWorkers: workers,
      workerType: isNode ? "thread" : "web",
      ...(!isNode && { workerOpts: { type: "module" } }),
    });
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
      on: (work: number) => watch.onWork(work),
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

/** Browsers share memory between threads only if the server sends certain headers. */
function mayShare(): boolean {
  return typeof SharedArrayBuffer === "function" && (isNode || globalThis.crossOriginIsolated === true);
}

/**
 * In a browser the worker is bundled into one file, because bundlers of pages treat it as an asset and may move it
 * without the modules that it imports.
 */
async function workerScript(): Promise<string> {
  if (!isNode) return new URL("../../bundle/browser/worker.js", import.meta.url).href;
  return (await import("node:url")).fileURLToPath(new URL("./worker.js", import.meta.url));
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
