/** Where and when a trace's requests go: counts of pages against time, few enough to be drawn. */
import * as v from "valibot";
import { requestOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { Work } from "../pass/progress.js";
import { RequestPass, shapeOf } from "../pass/requests.js";
import { checkTrace, noReferences, type Trace } from "../trace/trace.js";
import { type HeatCounts, KernelHeat } from "../wasm/heat.js";
import { binned } from "./bins.js";

const DEFAULT_ROWS = 128;
const MOST_ROWS = 4096;

const schema = v.strictObject({
  ...entriesOf(requestOptions),
  rows: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MOST_ROWS)), DEFAULT_ROWS),
  ...watchEntries<Progress>(),
});

/** Options of `heatMap`. */
export interface HeatMapOptions extends OptionsOf<typeof requestOptions>, PassOptions {
  /** Approximate number of rows, from 1 to 4,096; default: 128. */
  rows?: number | undefined;
}

/** Counts of requests by page and time. */
export interface HeatMap {
  /** Unit of the bins: addresses, or page numbers. */
  unit: "address" | "page";
  /** Requests counted. */
  requests: number;
  /** Requests of a window; the last one may be shorter. */
  windowRequests: number;
  /** Touched pages in the order of their addresses, gaps left out. */
  bins: HeatBin[];
}

/** Neighbouring pages, and their requests over time. */
export interface HeatBin {
  /** Bins with a wide gap between them are of different regions, numbered from 0. */
  region: number;
  /** First address, or page number. */
  first: string;
  /** Last address, or page number. */
  last: string;
  /** Requests in each window. */
  counts: number[];
}

/** One pass over the trace, in memory that does not depend on it. */
export async function heatMap(trace: Trace, options: HeatMapOptions = {}): Promise<HeatMap> {
  checkTrace(trace, "heatMap");
  const checked = validate("heatMap", schema, options);
  const shape = shapeOf(trace, checked);
  const pass = await RequestPass.create(trace, shape, Work.over(trace, 1, checked).watch);
  const heat = new KernelHeat(pass.kernel);
  await pass.run([{ serve: (count) => heat.add(pass.requests.keys, count) }]);
  const counts = heat.result;
  if (counts.requests === 0 && shape.only === "all") throw noReferences(trace);
  return describe(counts, shape.pageShift, checked.rows);
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
