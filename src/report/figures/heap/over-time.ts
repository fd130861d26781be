/**
 * Heaps over time: bytes from the system or in memory, and the share lost to fragmentation; a line for each allocator.
 */
import type { TraceReport } from "../../data.js";
import type { HeapTimeline } from "../../heap-data.js";
import {
  compact,
  isNarrow,
  legendOf,
  legendWidth,
  numberAxis,
  type Option,
  percent,
  plotArea,
  sheet,
} from "../axes.js";
import { byteAxis } from "../bytes.js";
import type { Choice, Figure } from "../figure.js";
import { inkOf, type Look, strokeOf } from "../look.js";

export const LIVE = "in use";

export const bytesOverTime: Figure = {
  id: "heap-bytes",
  title: "Heap over time",
  caption: "The shaded area is the memory that the program has in use.",
  follows: ["policies", "heapBytes"],
  zooms: true,
  has: hasTimelines,
  height: () => 400,
  option(trace, choice, look) {
    const { operations = [], bytes = [] } = trace.heap?.live ?? {};
    const lines = shown(trace, choice).map((timeline) => ({
      name: timeline.allocator,
      operations: timeline.operations,
      values: choice.heapBytes === "resident" ? timeline.residentBytes : timeline.heapBytes,
    }));
    const most = [bytes, ...lines.map(({ values }) => values)].map((values) => Math.max(0, ...values));
    const what = choice.heapBytes === "resident" ? "resident" : "heap from the system";
    return sheet(look, {
      ...frame(look, trace, [LIVE, ...lines.map(({ name }) => name)]),
      yAxis: byteAxis(look, true, what, Math.max(...most)),
      series: [
        {
          ...lineOf(LIVE, pairs(operations, bytes), inkOf(look).text, [3, 3]),
          areaStyle: { color: inkOf(look).muted, opacity: 0.16, origin: "start" },
          z: 1,
        },
        ...lines.map((line) => allocatorLine(trace, look, line)),
      ],
    });
  },
};

export const fragmentation: Figure = {
  id: "heap-fragmentation",
  title: "Fragmentation over time",
  caption:
    "Internal: the share of used blocks that was not requested. External: the share of the heap outside used blocks. Both: the share of the heap that was not requested.",
  follows: ["policies", "fragmentation"],
  zooms: true,
  has: hasTimelines,
  height: () => 380,
  option(trace, choice, look) {
    const lines = shown(trace, choice).map((timeline) => ({
      name: timeline.allocator,
      operations: timeline.operations,
      values: sharesOf(timeline, choice.fragmentation),
    }));
    return sheet(look, {
      ...frame(
        look,
        trace,
        lines.map(({ name }) => name),
      ),
      yAxis: numberAxis(look, true, {
        name: `${choice.fragmentation === "both" ? "" : `${choice.fragmentation} `}fragmentation, %`,
        min: 0,
        ...shareSteps(Math.max(0, ...lines.flatMap(({ values }) => values))),
        axisLabel: { formatter: percent },
      }),
      series: lines.map((line) => allocatorLine(trace, look, line)),
    });
  },
};

function hasTimelines({ heap }: TraceReport): boolean {
  return (heap?.live.operations.length ?? 0) > 1;
}

function shown({ heap }: TraceReport, { policies }: Choice): HeapTimeline[] {
  return heap?.timelines.filter(({ allocator }) => policies.includes(allocator)) ?? [];
}

function sharesOf({ internal, external }: HeapTimeline, which: Choice["fragmentation"]): number[] {
  if (which === "internal") return internal;
  if (which === "external") return external;
  return internal.map((share, n) => 1 - (1 - share) * (1 - (external[n] ?? 0)));
}

/** The step of an axis of shares up to `most`, which is a multiple of it. */
function shareSteps(most: number): { max: number; interval: number } {
  const interval = [0.01, 0.02, 0.05, 0.1, 0.2].find((step) => most <= 5 * step) ?? 0.2;
  return { max: Math.min(1, Math.max(1, Math.ceil(most / interval - 1e-9)) * interval), interval };
}

interface Line {
  name: string;
  operations: readonly number[];
  values: readonly number[];
}

function allocatorLine({ order }: TraceReport, look: Look, { name, operations, values }: Line): Option {
  const { colour, dash } = strokeOf(name, order, look);
  return { ...lineOf(name, pairs(operations, values), colour, dash), z: 2 };
}

function lineOf(name: string, data: readonly number[][], colour: string, dash: readonly number[]): Option {
  return {
    name,
    type: "line",
    data,
    color: colour,
    showSymbol: false,
    lineStyle: { width: 1.75, type: dash.length === 0 ? "solid" : dash },
    emphasis: { disabled: true },
  };
}

function pairs(xs: readonly number[], ys: readonly number[]): number[][] {
  return xs.map((x, n) => [x, ys[n] ?? 0]);
}

function frame(look: Look, { heap }: TraceReport, names: readonly string[]): Option {
  return {
    grid: plotArea(look, { right: 24 + legendWidth(look, names) }),
    legend: legendOf(look, names),
    xAxis: numberAxis(look, false, {
      name: "time, operations",
      splitNumber: isNarrow(look) ? 3 : 6,
      min: 0,
      max: heap?.live.operations.at(-1) ?? heap?.operations ?? 0,
      axisLabel: { formatter: compact, showMaxLabel: false },
    }),
  };
}
