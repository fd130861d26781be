/** The number of threads for a job. */
import { isNode } from "../platform.js";

/** `jobs`, by default one for each core. */
export async function threadsOf(jobs: number | undefined): Promise<number> {
  if (jobs !== undefined) return jobs;
  return isNode ? (await import("node:os")).availableParallelism() : navigator.hardwareConcurrency;
}
