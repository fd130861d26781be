/** Threads of the platform. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { WorkerPoolOptions } from "workerpool";
import { optionNamed } from "../errors.js";

/** The number of threads for a job: `jobs`, by default one for each core. */
export function threadsOf(jobs: number | undefined): number {
  return jobs ?? availableParallelism();
}

export const workerOptions: WorkerPoolOptions = { workerType: "thread" };

/** The address of the worker's script in the form that a thread is started from. */
export function workerScript(from: URL | string = new URL("./worker.js", import.meta.url)): string {
  return from instanceof URL || from.startsWith("file:") ? fileURLToPath(from) : from;
}

/** The remedy if no thread can be started. */
export const workerRemedy = `${optionNamed("jobs")} 1 uses no threads`;

/** True if memory can be shared between threads. */
export function mayShare(): boolean {
  return true;
}

/** True if work must not run in this thread, however little it is. */
export function isPage(): boolean {
  return false;
}
