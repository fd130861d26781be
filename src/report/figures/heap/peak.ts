/** The composition of the heap when most bytes are in use: a bar for each allocator. */
import type { HeapReport } from "../../heap-data.js";
import { formatBytes } from "../../numbers.js";
import { barNames, isNarrow, keyOf, type Option, plotArea, sheet } from "../axes.js";
import { byteAxis } from "../bytes.js";
import type { Figure } from "../figure.js";
import { FONT, inkOf, strokeOf } from "../look.js";

const BAR = 30;
/** A bar is cut if the heap is this many times as large as the smallest. */
const MOST_TIMES = 8;
const PARTS = ["requested", "internal", "external"] as const;

export const peak: Figure = {
  id: "heap-peak",
  title: "The heap at the peak of use",
  caption:
    "Bytes that the program requested, bytes that used blocks take in addition (internal), and bytes outside used blocks (external). An arrow: the bar is longer.",
  follows: ["policies"],
  has: ({ heap }) => (heap?.rows.length ?? 0) > 0,
  height: ({ heap }) => Math.max(220, 110 + (heap?.rows.length ?? 0) * BAR),
  option({ heap, ranking }, { policies }, look) {
    const names = ranking.filter((allocator) => policies.includes(allocator));
    const rows = names
      .flatMap((name) => heap?.rows.find(({ allocator }) => allocator === name) ?? [])
      .sort((one, other) => totalOf(one) - totalOf(other));
    const parts = rows.map(partsOf);
    const totals = rows.map(totalOf);
    const cut = MOST_TIMES * Math.min(...totals);
    const axis = byteAxis(look, false, "heap", Math.min(cut, Math.max(0, ...totals)));
    const end = Number(axis.max);
    return sheet(look, {
      grid: plotArea(look, { top: 44, right: isNarrow(look) ? 62 : 84 }),
      legend: keyOf(look, PARTS),
      xAxis: axis,
      yAxis: barNames(
        look,
        rows.map(({ allocator }) => allocator),
        isNarrow(look) ? 90 : 170,
      ),
      series: [
        ...PARTS.map((name, index) => ({
          ...STACKED,
          name,
          data: parts.map((list) => visible(list, index, end)),
          color: strokeOf(name, PARTS, look).colour,
          itemStyle: { decal: DECALS[index] },
        })),
        {
          ...STACKED,
          silent: true,
          data: totals.map(() => 0),
          label: {
            show: true,
            position: "right",
            color: inkOf(look).text,
            fontFamily: FONT,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) => endLabel(totals[dataIndex] ?? 0, end),
          },
        },
      ],
    });
  },
};

const STACKED = {
  type: "bar",
  stack: "heap",
  barCategoryGap: "28%",
  barMaxWidth: 26,
  emphasis: { disabled: true },
};

/** The part before the end of the axis. */
function visible(parts: readonly number[], index: number, end: number): number {
  const before = parts.slice(0, index).reduce((sum, bytes) => sum + bytes, 0);
  return Math.max(0, Math.min(parts[index] ?? 0, end - before));
}

function endLabel(total: number, end: number): string {
  return `${total > end ? "→ " : ""}${formatBytes(total)}`;
}

/** Stripes, so that parts can be distinguished without colour. */
const STRIPE = { symbol: "rect", dashArrayX: [1, 0], color: "rgba(255, 255, 255, 0.35)" };
const DECALS: readonly (Option | undefined)[] = [
  undefined,
  { ...STRIPE, dashArrayY: [2, 4], rotation: Math.PI / 4 },
  { ...STRIPE, dashArrayY: [1, 5], rotation: -Math.PI / 4 },
];

/** Bytes requested, lost in used blocks, and outside of used blocks. */
export function partsOf({
  peakLiveBytes: requested,
  internalFragmentation,
  externalFragmentation,
}: HeapReport["rows"][number]): [requested: number, internal: number, external: number] {
  const footprint = requested / (1 - internalFragmentation);
  return [requested, footprint - requested, footprint / (1 - externalFragmentation) - footprint];
}

function totalOf(row: HeapReport["rows"][number]): number {
  return partsOf(row).reduce((sum, bytes) => sum + bytes, 0);
}

/** The parts of one allocator by name. */
export function namedParts(row: HeapReport["rows"][number]): [name: string, bytes: number][] {
  return partsOf(row).map((bytes, index) => [PARTS[index] ?? "", bytes]);
}
