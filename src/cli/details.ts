/** Data of a report that is not in the command's result, computed from the trace. Loaded if a report is requested. */
import { readOption } from "../errors.js";
import { type HeatMapOptions, heatMap } from "../heat/heat.js";
import { reuseDistances, workingSet } from "../mrc/mrc.js";
import { type RecordedRegion, recordedRegions } from "../process/log/run/recorded-regions.js";
import type { NamedRegion } from "../replay/regions.js";
import type { TraceDetails } from "../report/data.js";
import type { Trace } from "../trace/trace.js";
import { parsePageSize } from "../units.js";

type Requests = Pick<HeatMapOptions, "only" | "pageSize">;

/** Data of a report in addition to the result of `mrc`; reads the trace once more. */
export async function detailsOf(trace: Trace, options: Requests): Promise<TraceDetails> {
  const { only = "all" } = options;
  const pageSize = readOption("pageSize", () => parsePageSize(options.pageSize ?? 4096));
  const heat = await heatMap(trace, options);
  const regions = await regionsOf(trace);
  return {
    format: trace.format,
    only,
    heat,
    ...(regions.length > 0 && { regions }),
    ...(trace.unit === "address" && { pageSize }),
  };
}

/**
 * All regions of a recording, by file and protection; of another trace, the areas that it touches, between wide gaps.
 */
export async function regionsOrAreas(trace: Trace): Promise<NamedRegion[]> {
  if (trace.unit !== "address") return [];
  const regions = await recordedRegions(trace);
  if (regions.length > 0) return regions.map((region) => named(region, nameOf(region)));
  const areas = new Map<number, { first: string; last: string }>();
  for (const { region, first, last } of (await heatMap(trace)).bins) {
    areas.set(region, { first: areas.get(region)?.first ?? first, last });
  }
  return [...areas.values()].map(({ first, last }) => {
    return { start: first, end: `0x${(BigInt(last) + 1n).toString(16)}`, name: `${first}–${last}` };
  });
}

/** The file's name without its folders, and the protection. */
function nameOf({ name, protection }: RecordedRegion): string {
  return `${name === "" ? "anonymous" : name.replace(/^.*\//, "")} ${protection}`;
}

/** The regions of a recording that have names. */
async function regionsOf(trace: Trace): Promise<NamedRegion[]> {
  if (trace.format !== "pagewalk" || trace.unit !== "address") return [];
  const regions = await recordedRegions(trace);
  return regions.filter(({ name }) => name !== "").map((region) => named(region, region.name));
}

function named({ start, end }: RecordedRegion, name: string): NamedRegion {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}`, name };
}

/** Data in addition to the result of `compare`; reads the trace twice more. */
export async function detailsAndReuseOf(trace: Trace, options: Requests): Promise<TraceDetails> {
  const details = await detailsOf(trace, options);
  const [reuse] = await reuseDistances(trace, options);
  return { ...details, ...(reuse !== undefined && { reuse, distinctPages: reuse.firstRequests }) };
}

/** Data in addition to the result of `replay`; reads the trace twice more. */
export async function detailsAndWorkingSetOf(trace: Trace, pageSize: number): Promise<TraceDetails> {
  const details = await detailsOf(trace, { pageSize });
  const [found] = await workingSet(trace, { pageSize: [pageSize] });
  return found === undefined ? details : { ...details, workingSet: found };
}
