/** The figures of `replay` and `run`: faults, TLB misses, memory and swap over time; faults and memory by region. */
import type { ActivityMoment } from "../../../machine/activity.js";
import { type ActivityReport, faultsOf, missesOf, type RegionFaults } from "../../activity-data.js";
import type { TraceReport } from "../../data.js";
import { unique } from "../../groups.js";
import {
  compact,
  isNarrow,
  keyOf,
  keyRows,
  nameAxis,
  numberAxis,
  type Option,
  plotArea,
  sheet,
} from "../axes.js";
import { byteAxis } from "../bytes.js";
import type { Figure } from "../figure.js";
import { type Look, strokeOf } from "../look.js";

/** Number of regions that are drawn separately; the others are combined. */
const MOST_REGIONS = 7;
const MOST_BARS = 24;
/** With a bar for each TLB. */
const MOST_GROUPS = 12;
const OTHERS = "others";

interface Line {
  name: string;
  /** A value for each moment. */
  values: number[];
}

const overTime = {
  follows: [],
  zooms: true,
  has: ({ activity }: TraceReport) => hasMoments(activity),
  height: () => 340,
} as const;

const faults: Figure = {
  id: "faults",
  title: "Page faults over time",
  caption: "In each window of the run.",
  ...overTime,
  option: ({ activity }, _, look) =>
    countLines(look, activity, "page faults", [
      { name: "minor", values: differences(activity, ({ minorFaults }) => minorFaults) },
      { name: "major", values: differences(activity, ({ majorFaults }) => majorFaults) },
    ]),
};

const tlb: Figure = {
  id: "tlb",
  title: "TLB misses over time",
  caption: "In each window of the run; a miss of the last level is a page walk.",
  ...overTime,
  option: ({ activity }, _, look) => {
    const names = Object.keys(activity?.moments[0]?.tlbMisses ?? {});
    const lines = names.map((name) => ({
      name,
      values: differences(activity, ({ tlbMisses }) => tlbMisses[name] ?? 0),
    }));
    return countLines(look, activity, "TLB misses", lines);
  },
};

const memory: Figure = {
  id: "memory",
  title: "Memory over time",
  caption: "Frames in use, and those of them that hold page tables.",
  ...overTime,
  option: ({ activity }, _, look) => {
    const { pageSize = 0 } = activity ?? {};
    return byteLines(look, activity, false, [
      { name: "in use", values: each(activity, ({ usedFrames }) => usedFrames * pageSize) },
      { name: "page tables", values: each(activity, ({ pageTablePages }) => pageTablePages * pageSize) },
    ]);
  },
};

const swap: Figure = {
  id: "swap",
  title: "Swapping over time",
  caption: "Pages written to swap and read from it, in each window of the run.",
  ...overTime,
  has: ({ activity }) => {
    const last = activity?.moments.at(-1);
    return hasMoments(activity) && (last?.swapIns ?? 0) + (last?.writebacks ?? 0) > 0;
  },
  option: ({ activity }, _, look) =>
    countLines(look, activity, "pages", [
      { name: "written", values: differences(activity, ({ writebacks }) => writebacks) },
      { name: "read", values: differences(activity, ({ swapIns }) => swapIns) },
    ]),
};

const regionsOverTime: Figure = {
  id: "regions",
  title: "Regions over time",
  caption: "Resident memory by region; a page that several processes map counts for each.",
  ...overTime,
  has: ({ activity }) => hasMoments(activity) && regionNames(activity).length > 0,
  option: ({ activity }, _, look) => {
    const names = regionNames(activity);
    const of = ({ regions = {} }: ActivityMoment, name: string) => regions[name] ?? 0;
    const rest = (moment: ActivityMoment) =>
      Object.entries(moment.regions ?? {})
        .filter(([name]) => !names.includes(name))
        .reduce((sum, [, bytes]) => sum + bytes, 0);
    const lines = names.map((name) => ({ name, values: each(activity, (moment) => of(moment, name)) }));
    const others = { name: OTHERS, values: each(activity, rest) };
    const all = others.values.some((bytes) => bytes > 0) ? [...lines, others] : lines;
    return byteLines(look, activity, true, all);
  },
};

const byRegion = {
  follows: [],
  height: ({ activity }: TraceReport) =>
    Math.max(190, 100 + 24 * Math.min(activity?.regions.length ?? 0, MOST_BARS)),
} as const;

const faultsByRegion: Figure = {
  id: "region-faults",
  title: "Page faults by region",
  caption: "Regions of one name together, those with most faults.",
  ...byRegion,
  has: ({ activity }) => (activity?.regions ?? []).some((region) => faultsOf(region) > 0),
  option: ({ activity }, _, look) => {
    const all = (activity?.regions ?? []).filter((region) => faultsOf(region) > 0);
    const regions = all.slice(0, MOST_BARS);
    return regionBars(look, regions, "page faults", true, [
      { name: "minor", values: regions.map(({ minorFaults }) => minorFaults) },
      { name: "major", values: regions.map(({ majorFaults }) => majorFaults) },
    ]);
  },
};

const missesByRegion: Figure = {
  id: "region-tlb",
  title: "TLB misses by region",
  caption: "Of the references that begin there, in each TLB: those with most misses.",
  ...byRegion,
  height: ({ activity }) => 100 + 30 * Math.min(activity?.regions.length ?? 0, MOST_GROUPS),
  has: ({ activity }) => (activity?.regions ?? []).some((region) => missesOf(region) > 0),
  option: ({ activity }, _, look) => {
    const all = (activity?.regions ?? []).filter((region) => missesOf(region) > 0);
    const regions = all.sort((a, b) => missesOf(b) - missesOf(a)).slice(0, MOST_GROUPS);
    const tlbs = Object.keys(regions[0]?.tlbMisses ?? {});
    const lines = tlbs.map((name) => ({
      name,
      values: regions.map(({ tlbMisses }) => tlbMisses?.[name] ?? 0),
    }));
    return regionBars(look, regions, "TLB misses", false, lines);
  },
};

/** A bar for each region, divided among `lines`, or one for each of them. */
function regionBars(
  look: Look,
  regions: readonly RegionFaults[],
  what: string,
  stacked: boolean,
  lines: readonly Line[],
): Option {
  const names = lines.map(({ name }) => name);
  return sheet(look, {
    grid: plotArea(look, { top: 40, right: 32 }),
    legend: keyOf(look, names),
    xAxis: numberAxis(look, false, {
      name: what,
      min: 0,
      minInterval: 1,
      splitNumber: isNarrow(look) ? 2 : 5,
      axisLabel: { formatter: compact },
    }),
    yAxis: nameAxis(look, {
      name: "",
      inverse: true,
      data: regions.map(({ name }) => name),
      axisLine: { show: false },
      axisLabel: {
        interval: 0,
        fontSize: 11,
        width: isNarrow(look) ? 165 : 320,
        overflow: "truncate",
        hideOverlap: false,
      },
    }),
    series: lines.map(({ name, values }) => ({
      name,
      data: values,
      type: "bar",
      ...(stacked && { stack: what }),
      color: strokeOf(name, names, look).colour,
      barMaxWidth: 18,
      emphasis: { disabled: true },
    })),
  });
}

export const ACTIVITY_FIGURES: readonly Figure[] = [
  regionsOverTime,
  memory,
  faults,
  faultsByRegion,
  tlb,
  missesByRegion,
  swap,
];

function hasMoments(activity: ActivityReport | undefined): boolean {
  return (activity?.moments.length ?? 0) > 1;
}

/** The regions with the largest maximum of memory. */
function regionNames(activity: ActivityReport | undefined): string[] {
  const moments = activity?.moments ?? [];
  const names = unique(moments.flatMap(({ regions = {} }) => Object.keys(regions)));
  const most = (name: string) => Math.max(...moments.map(({ regions = {} }) => regions[name] ?? 0));
  return names
    .map((name) => ({ name, bytes: most(name) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_REGIONS)
    .map(({ name }) => name);
}

function each(activity: ActivityReport | undefined, value: (moment: ActivityMoment) => number): number[] {
  return (activity?.moments ?? []).map(value);
}

/** The increase of a sum since the previous moment. */
function differences(
  activity: ActivityReport | undefined,
  sum: (moment: ActivityMoment) => number,
): number[] {
  const sums = each(activity, sum);
  return sums.map((value, n) => value - (sums[n - 1] ?? 0));
}

function timeAxis(look: Look, activity: ActivityReport | undefined): Option {
  return numberAxis(look, false, {
    name: `time, ${activity?.unit ?? "references"}`,
    min: 0,
    max: activity?.moments.at(-1)?.at ?? 0,
    axisLabel: { formatter: compact, showMaxLabel: false },
  });
}

function linesOf(look: Look, activity: ActivityReport | undefined, lines: readonly Line[]): Option[] {
  const names = lines.map(({ name }) => name);
  return lines.map(({ name, values }) => {
    const { colour, dash } = strokeOf(name, names, look);
    return {
      name,
      type: "line",
      step: "end",
      data: values.map((value, n) => [activity?.moments[n]?.at ?? 0, value]),
      color: colour,
      showSymbol: false,
      lineStyle: { width: 1.5, type: dash.length === 0 ? "solid" : dash },
      emphasis: { disabled: true },
    };
  });
}

function frame(look: Look, activity: ActivityReport | undefined, lines: readonly Line[]): Option {
  const names = lines.map(({ name }) => name);
  return {
    grid: plotArea(look, { top: 20 + 20 * keyRows(look, names) }),
    legend: keyOf(look, names),
    xAxis: timeAxis(look, activity),
  };
}

function countLines(
  look: Look,
  activity: ActivityReport | undefined,
  what: string,
  lines: readonly Line[],
): Option {
  return sheet(look, {
    ...frame(look, activity, lines),
    yAxis: numberAxis(look, true, { name: what, min: 0, minInterval: 1, axisLabel: { formatter: compact } }),
    series: linesOf(look, activity, lines),
  });
}

function byteLines(
  look: Look,
  activity: ActivityReport | undefined,
  stacked: boolean,
  lines: readonly Line[],
): Option {
  const sums = (activity?.moments ?? []).map((_, n) =>
    lines.reduce((sum, { values }) => (stacked ? sum + (values[n] ?? 0) : Math.max(sum, values[n] ?? 0)), 0),
  );
  const series = linesOf(look, activity, lines);
  return sheet(look, {
    ...frame(look, activity, lines),
    yAxis: byteAxis(look, true, "memory", Math.max(0, ...sums)),
    series: stacked
      ? series.map((line) => ({ ...line, stack: "memory", areaStyle: { opacity: 0.5 } }))
      : series,
  });
}
