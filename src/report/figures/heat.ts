/** Addresses against time: how often each part of the touched address space is requested. */
import type { HeatMap } from "../../heat/heat.js";
import { compact, isNarrow, nameAxis, type Option, plotArea, sheet } from "./axes.js";
import type { Figure } from "./figure.js";
import { FONT, inkOf, type Look, SCALE } from "./look.js";

const ROW = 3.4;
/** Rows between two labels of one region. */
const LABEL_ROWS = 5;

export const heat: Figure = {
  id: "addresses",
  title: "Addresses over time",
  caption: "Only what is touched is drawn; a line is a wide gap. Colours are logarithmic.",
  follows: [],
  has: (trace) => (trace.heat?.bins.length ?? 0) > 0,
  height: ({ heat: map }) => 140 + Math.max(200, Math.round(ROW * (map?.bins.length ?? 0))),
  option({ heat: map }, _, look) {
    const { bins = [], windowRequests = 1, unit = "page" } = map ?? {};
    const windows = bins[0]?.counts.length ?? 0;
    const cells = bins.flatMap(({ counts }, bin) =>
      counts.flatMap((count, window) => (count === 0 ? [] : [[window, bin, Math.log10(count), count]])),
    );
    const top = Math.max(...cells.map(([, , log = 0]) => log), 1e-9);
    const labels = labelled(bins);
    return sheet(look, {
      grid: plotArea(look, { top: 52 }),
      xAxis: nameAxis(look, {
        name: "time, requests",
        data: Array.from({ length: windows }, (_unused, window) => compact(window * windowRequests)),
        axisTick: { show: true, alignWithLabel: true, interval: Math.max(0, Math.ceil(windows / 8) - 1) },
        axisLabel: { interval: Math.max(0, Math.ceil(windows / (isNarrow(look) ? 4 : 8)) - 1) },
      }),
      yAxis: nameAxis(look, {
        name: unit === "address" ? "address" : "page number",
        nameLocation: "end",
        data: bins.map(({ first }) => first),
        axisLabel: {
          interval: (index: number) => labels.has(index),
          fontSize: 10,
          fontFamily: "ui-monospace, 'Liberation Mono', monospace",
          hideOverlap: true,
        },
        axisTick: { show: true, interval: (index: number) => labels.has(index) },
      }),
      visualMap: {
        type: "continuous",
        min: 0,
        max: top,
        dimension: 2,
        orient: "horizontal",
        right: 12,
        top: look.title === undefined ? 10 : 42,
        itemWidth: 12,
        itemHeight: 140,
        text: [`${compact(Math.round(10 ** top))} requests`, "1"],
        textStyle: { color: inkOf(look).muted, fontFamily: FONT },
        inRange: { color: [...SCALE] },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          emphasis: { disabled: true },
          progressive: 0,
          markLine: cuts(bins, look),
        },
      ],
    });
  },
};

type Bins = HeatMap["bins"];

/** Each region's first bin, and every few of the others. */
function labelled(bins: Bins): Set<number> {
  const labels = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  bins.forEach(({ region }, index) => {
    const starts = bins[index - 1]?.region !== region;
    const room = index - last >= LABEL_ROWS;
    const next = bins.findIndex((bin, other) => other > index && bin.region !== region);
    if (room && (starts || (index - last >= 3 * LABEL_ROWS && (next < 0 || next - index >= LABEL_ROWS)))) {
      labels.add(index);
      last = index;
    }
  });
  return labels;
}

/** A line between two regions. */
function cuts(bins: Bins, look: Look): Option {
  const starts = bins.flatMap(({ region }, index) =>
    index > 0 && bins[index - 1]?.region !== region ? [index] : [],
  );
  return {
    silent: true,
    symbol: "none",
    label: { show: false },
    lineStyle: { color: inkOf(look).axis, type: "solid", width: 1 },
    data: starts.map((index) => ({ yAxis: index - 0.5 })),
  };
}
