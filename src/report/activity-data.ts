/** The data of a report on a machine over time, for `replay` and `run`. */
import type { Activity } from "../machine/activity.js";
import type { ReplayResult } from "../replay/replay.js";
import type { ChargesInput } from "./charges-data.js";
import { unique } from "./groups.js";
import { formatBytes, formatCount, formatShare } from "./numbers.js";

/** Page faults in a region. */
export interface RegionFaults {
  /** `[heap] rw-p`. */
  name: string;
  minorFaults: number;
  majorFaults: number;
}

/** The result of `run`. */
export interface RunInput {
  /** The log. */
  trace: string;
  activity: Activity;
  regions: readonly RegionFaults[];
  facts: readonly (readonly [name: string, value: string])[];
  /** Only for a recording with allocations. */
  charges?: ChargesInput;
}

export interface ActivityReport extends Activity {
  facts: (readonly [name: string, value: string])[];
  regions: RegionFaults[];
}

/** The data of a replay with a timeline. */
export function replayReport({
  trace,
  machine,
  faults,
  replacement,
  tlb,
  timeline,
}: ReplayResult): ActivityReport {
  const activity = timeline ?? { unit: "references" as const, pageSize: machine.pageSize, moments: [] };
  const misses = Object.entries(tlb).map(
    ([name, counts]) =>
      [
        `${name} misses`,
        `${formatCount(counts.misses)}, ${formatShare(counts.misses, counts.lookups)}`,
      ] as const,
  );
  return {
    ...activity,
    regions: [],
    facts: [
      ["format", trace.format],
      ["references", formatCount(trace.references)],
      ["distinct pages", formatCount(trace.distinctPages)],
      ["machine", `${machine.arch}, pages of ${formatBytes(machine.pageSize)}`],
      ["memory", machine.memoryLimited ? formatBytes(machine.memoryBytes) : "as needed"],
      ["policy", machine.policy],
      ["page faults", `${formatCount(faults.minor)} minor, ${formatCount(faults.major)} major`],
      ["evictions", formatCount(replacement.evictions)],
      ...misses,
    ],
  };
}

export function runReport({ activity, regions, facts }: RunInput): ActivityReport {
  return { ...activity, facts: [...facts], regions: merged(regions) };
}

/** Regions grouped by name, those with most faults first. */
function merged(regions: readonly RegionFaults[]): RegionFaults[] {
  const sum = (name: string, key: "minorFaults" | "majorFaults") =>
    regions.filter((region) => region.name === name).reduce((all, region) => all + region[key], 0);
  return unique(regions.map(({ name }) => name))
    .map((name) => ({
      name,
      minorFaults: sum(name, "minorFaults"),
      majorFaults: sum(name, "majorFaults"),
    }))
    .filter(({ minorFaults, majorFaults }) => minorFaults + majorFaults > 0)
    .sort((a, b) => b.minorFaults + b.majorFaults - a.minorFaults - a.majorFaults);
}
