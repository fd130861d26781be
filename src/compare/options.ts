/** What options of `compare` and related functions mean for a trace and a machine. */
import type { Trace } from "../trace/trace.js";
import type { Only } from "../wasm/pages.js";
import { coreCount } from "../workers/pool.js";
import type { RequestShape } from "./simulate.js";

/** The mapping from references to requests: the trace's own page numbers, or pages of `pageSize` bytes. */
export function shapeOf({ unit }: Trace, { pageSize, only }: { pageSize: number; only: Only }): RequestShape {
  return { pageShift: unit === "address" ? Math.log2(pageSize) : undefined, only };
}

/** The number of threads for `jobs`; default: every core. */
export async function threadsOf(jobs: number | undefined): Promise<number> {
  return jobs ?? (await coreCount());
}
