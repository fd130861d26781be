/** The number of threads for a job. */
import { UsageError } from "../errors.js";
import { isNode } from "../platform.js";

export const MOST_JOBS = 1024;

/** `jobs`, by default one for each core. Throws `UsageError`. */
export async function threadsOf(jobs: number | undefined): Promise<number> {
  if (jobs === undefined) return coreCount();
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw new UsageError(
    `${jobs} is not a number of jobs`,
    `give a whole number from 1 to ${MOST_JOBS}`,
    "--jobs",
  );
}

/** How many threads the machine runs at once. */
async function coreCount(): Promise<number> {
  return isNode ? (await import("node:os")).availableParallelism() : navigator.hardwareConcurrency;
}
