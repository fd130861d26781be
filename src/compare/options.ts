/** Checks options of `compare` and related functions; each function throws `UsageError`. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Trace } from "../trace/trace.js";
import type { Only } from "../wasm/pages.js";
import { coreCount } from "../workers/pool.js";
import type { RequestShape } from "./simulate.js";

const ONLY: readonly string[] = ["all", "data", "instructions"] satisfies Only[];
const MOST_JOBS = 1024;

/** Refuses options that are not in `known`, for callers without types. */
export function refuseUnknown(what: string, options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options).find((key) => !(key in known));
  if (unknown === undefined) return;
  const remedy = `did you mean "${nearest(unknown, Object.keys(known))}"?`;
  throw new UsageError(`${what}: unknown option "${unknown}"`, remedy);
}

/** The mapping from references to requests: the trace's own page numbers, or pages of `2 ** pageShift` bytes. */
export function shapeOf({ unit }: Trace, pageShift: number, only: Only): RequestShape {
  return { pageShift: unit === "address" ? pageShift : undefined, only };
}

export function pageShiftOf(pageSize: number): number {
  const shift = Math.log2(pageSize);
  if (!Number.isInteger(shift) || shift < 0 || shift > 52) {
    throw new UsageError(
      `a page size of ${pageSize} is not a power of two`,
      "give one such as 4096 or 2097152",
      "--page-size",
    );
  }
  return shift;
}

export function onlyOf(only: string): Only {
  if (isOnly(only)) return only;
  throw new UsageError(
    `references cannot be limited to "${only}"`,
    `did you mean ${nearest(only, ONLY)}? There are ${ONLY.join(", ")}`,
    "--only",
  );
}

function isOnly(only: string): only is Only {
  return ONLY.includes(only);
}

export async function threadsOf(jobs: number | undefined): Promise<number> {
  if (jobs === undefined) return coreCount();
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw new UsageError(
    `${jobs} is not a number of jobs`,
    `give a whole number from 1 to ${MOST_JOBS}`,
    "--jobs",
  );
}
