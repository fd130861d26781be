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
  walks?: number;
  /** By the TLB's name. */
  tlbMisses?: Readonly<Record<string, number>>;
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
  regions = [],
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
    regions: mergedRegions(regions),
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
  return { ...activity, facts: [...facts], regions: mergedRegions(regions) };
}

/** Regions grouped by name, the costliest first: those with most faults, then with most TLB misses. */
export function mergedRegions(regions: readonly RegionFaults[]): RegionFaults[] {
  return unique(regions.map(({ name }) => name))
    .map((name) =>
      sumOf(
        name,
        regions.filter((region) => region.name === name),
      ),
    )
    .filter((region) => faultsOf(region) + missesOf(region) > 0)
    .sort((a, b) => faultsOf(b) - faultsOf(a) || missesOf(b) - missesOf(a));
}

function sumOf(name: string, parts: readonly RegionFaults[]): RegionFaults {
  const sum = (value: (region: RegionFaults) => number | undefined) =>
    parts.reduce((all, region) => all + (value(region) ?? 0), 0);
  const tlbs = Object.keys(parts[0]?.tlbMisses ?? {});
  return {
    name,
    minorFaults: sum(({ minorFaults }) => minorFaults),
    majorFaults: sum(({ majorFaults }) => majorFaults),
    ...(tlbs.length > 0 && {
      walks: sum(({ walks }) => walks),
      tlbMisses: Object.fromEntries(tlbs.map((tlb) => [tlb, sum(({ tlbMisses }) => tlbMisses?.[tlb])])),
    }),
  };
}

export function faultsOf({ minorFaults, majorFaults }: RegionFaults): number {
  return minorFaults + majorFaults;
}

export function missesOf({ tlbMisses = {} }: RegionFaults): number {
  return Object.values(tlbMisses).reduce((sum, misses) => sum + misses, 0);
}

/** A row for each region, the head in front. */
export function regionTable(regions: readonly RegionFaults[]): string[][] {
  const tlbs = Object.keys(regions[0]?.tlbMisses ?? {});
  const head = ["region", "minor faults", "major faults", ...tlbs.map((tlb) => `${tlb} misses`)];
  const rows = regions.map(({ name, minorFaults, majorFaults, walks = 0, tlbMisses = {} }) => [
    name,
    ...[minorFaults, majorFaults, ...tlbs.map((tlb) => tlbMisses[tlb] ?? 0)].map(formatCount),
    ...(tlbs.length > 0 ? [formatCount(walks)] : []),
  ]);
  return [tlbs.length > 0 ? [...head, "walks"] : head, ...rows];
}
