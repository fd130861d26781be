/** Where and when a trace's requests go: counts of pages against time, few enough to be drawn. */
import { UsageError } from "../errors.js";
import { type PassOptions, Work } from "../pass/progress.js";
import { onlyOf, pageShiftOf, RequestPass, shapeOf } from "../pass/requests.js";
import { refuseUnknown } from "../trace/options.js";
import { checkTrace, noReferences, type Trace } from "../trace/trace.js";
import { type HeatCounts, KernelHeat } from "../wasm/heat.js";
import type { Only } from "../wasm/pages.js";
import { binned } from "./bins.js";

export interface HeatMapOptions extends PassOptions {
  /** Which references count: all (the default), loads and stores, or instruction fetches. */
  only?: Only;
  /** Bytes of a page where the trace has addresses, a power of two; without it, 4096. */
  pageSize?: number;
  /** About how many rows; without it, 128. */
  rows?: number;
}

export interface HeatMap {
  /** Unit of the bins: addresses, or page numbers. */
  unit: "address" | "page";
  requests: number;
  /** Requests of a window; the last one may be shorter. */
  windowRequests: number;
  /** Touched pages in the order of their addresses, gaps left out. */
  bins: HeatBin[];
}

export interface HeatBin {
  /** Bins with a wide gap between them are of different regions, numbered from 0. */
  region: number;
  /** First and last address, or page number. */
  first: string;
  last: string;
  /** Requests in each window. */
  counts: number[];
}

const DEFAULT_ROWS = 128;
const MOST_ROWS = 4096;

const OPTIONS: Readonly<Record<keyof HeatMapOptions, true>> = {
  only: true,
  pageSize: true,
  rows: true,
  onProgress: true,
  signal: true,
};

/** One pass over the trace, in memory that does not depend on it. */
export async function heatMap(trace: Trace, options: HeatMapOptions = {}): Promise<HeatMap> {
  checkTrace(trace, "heatMap");
  refuseUnknown("heatMap", options, OPTIONS);
  const rows = rowsOf(options.rows ?? DEFAULT_ROWS);
  const shape = shapeOf(trace, pageShiftOf(options.pageSize ?? 4096), onlyOf(options.only ?? "all"));
  const pass = await RequestPass.create(trace, shape, Work.over(trace, 1, options).watch);
  const heat = new KernelHeat(pass.kernel);
  await pass.run(1, (count) => heat.add(pass.requests.keys, count));
  const counts = heat.result;
  if (counts.requests === 0 && shape.only === "all") throw noReferences(trace);
  return describe(counts, shape.pageShift, rows);
}

function describe(counts: HeatCounts, pageShift: number | undefined, rows: number): HeatMap {
  const first = (page: bigint) =>
    pageShift === undefined ? `${page}` : `0x${(page << BigInt(pageShift)).toString(16)}`;
  const last = (page: bigint) =>
    pageShift === undefined ? `${page}` : `0x${(((page + 1n) << BigInt(pageShift)) - 1n).toString(16)}`;
  return {
    unit: pageShift === undefined ? "page" : "address",
    requests: counts.requests,
    windowRequests: counts.windowRequests,
    bins: binned(counts, rows).map((bin) => ({
      region: bin.region,
      first: first(bin.first),
      last: last(bin.last),
      counts: bin.counts,
    })),
  };
}

function rowsOf(rows: number): number {
  if (Number.isInteger(rows) && rows >= 1 && rows <= MOST_ROWS) return rows;
  throw new UsageError(`${rows} is not a number of rows`, `give a whole number from 1 to ${MOST_ROWS}`);
}
