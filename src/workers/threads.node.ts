/** Threads of the platform. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { WorkerPoolOptions } from "workerpool";

/** The number of threads for a job: `jobs`, by default one for each core. */
export function threadsOf(jobs: number | undefined): number {
  return jobs ?? availableParallelism();
}

export const workerOptions: WorkerPoolOptions = { workerType: "thread" };

export function workerScript(): string {
  return fileURLToPath(new URL("./worker.js", import.meta.url));
}

/** True if memory can be shared between threads. */
export function mayShare(): boolean {
  return true;
}
