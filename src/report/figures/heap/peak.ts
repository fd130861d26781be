/** What the heap is made of when most bytes are in use: a bar for each allocator. */
import type { HeapReport } from "../../heap-data.js";
import { isNarrow, nameAxis, type Option, plotArea, sheet } from "../axes.js";
import { byteAxis } from "../bytes.js";
import type { Figure } from "../figure.js";
import { FONT, inkOf, strokeOf } from "../look.js";

const BAR = 30;

export const peak: Figure = {
  id: "heap-peak",
  title: "The heap when most is in use",
  caption: "What the program asked for, what used blocks take beyond it, and what is in no used block.",
  follows: [],
  has: ({ heap }) => (heap?.rows.length ?? 0) > 0,
  height: ({ heap }) => Math.max(300, 110 + (heap?.rows.length ?? 0) * BAR),
  option({ heap, ranking }, _, look) {
    const parts = ranking.flatMap((allocator) => {
      const row = heap?.rows.find((one) => one.allocator === allocator);
      return row === undefined ? [] : [partsOf(row)];
    });
    const most = Math.max(...parts.map(({ asked, internal, external }) => asked + internal + external));
    const ink = inkOf(look);
    const names = ["asked for", "internal", "external"];
    const bar = (name: string, values: readonly number[], index: number): Option => ({
      name,
      type: "bar",
      stack: "heap",
      data: values,
      color: strokeOf(name, names, look).colour,
      barCategoryGap: "28%",
      itemStyle: { decal: DECALS[index] },
      emphasis: { disabled: true },
    });
    return sheet(look, {
      grid: plotArea(look, { top: 44 }),
      legend: {
        data: names,
        right: 12,
        top: look.title === undefined ? 8 : 42,
        textStyle: { color: ink.text, fontFamily: FONT, fontSize: 11 },
      },
      xAxis: byteAxis(look, false, "heap", most),
      yAxis: nameAxis(look, {
        name: "",
        inverse: true,
        data: parts.map(({ allocator }) => allocator),
        axisLine: { show: false },
        axisLabel: {
          interval: 0,
          width: isNarrow(look) ? 90 : 170,
          overflow: "truncate",
          hideOverlap: false,
        },
      }),
      series: [
        bar(
          "asked for",
          parts.map(({ asked }) => asked),
          0,
        ),
        bar(
          "internal",
          parts.map(({ internal }) => internal),
          1,
        ),
        bar(
          "external",
          parts.map(({ external }) => external),
          2,
        ),
      ],
    });
  },
};

/** Stripes, so that nothing hangs on colour alone. */
const STRIPE = { symbol: "rect", dashArrayX: [1, 0], color: "rgba(255, 255, 255, 0.35)" };
const DECALS: readonly (Option | undefined)[] = [
  undefined,
  { ...STRIPE, dashArrayY: [2, 4], rotation: Math.PI / 4 },
  { ...STRIPE, dashArrayY: [1, 5], rotation: -Math.PI / 4 },
];

export function partsOf({
  allocator,
  peakLiveBytes: asked,
  internalFragmentation,
  externalFragmentation,
}: HeapReport["rows"][number]) {
  const footprint = asked / (1 - internalFragmentation);
  return {
    allocator,
    asked,
    internal: footprint - asked,
    external: footprint / (1 - externalFragmentation) - footprint,
  };
}
