/** Addresses against time: how often each part of the touched address space is requested. */
import type { HeatMap } from "../../heat/heat.js";
import { formatCount } from "../numbers.js";
import { compact, isNarrow, nameAxis, plotArea, sheet } from "./axes.js";
import type { Figure } from "./figure.js";
import { FONT, inkOf, scaleOf } from "./look.js";

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
    const times = roundTimes(windows, windowRequests, isNarrow(look) ? 5 : 8);
    return sheet(look, {
      grid: plotArea(look, { top: 52 }),
      xAxis: nameAxis(look, {
        name: "time, requests",
        data: Array.from({ length: windows }, (_unused, window) => times.get(window) ?? ""),
        axisTick: { show: true, interval: (window: number) => times.has(window) },
        axisLabel: { interval: (window: number) => times.has(window) },
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
        // Between the row of one region and that of the next.
        splitLine: {
          show: true,
          interval: (index: number) => index > 0 && bins[index - 1]?.region !== bins[index]?.region,
          lineStyle: { color: inkOf(look).axis, width: 0.75 },
        },
      }),
      visualMap: {
        type: "continuous",
        min: 0,
        max: top,
        dimension: 2,
        hoverLink: false,
        orient: "horizontal",
        right: 12,
        top: look.title === undefined ? 10 : 42,
        itemWidth: 12,
        itemHeight: 140,
        text: [`${formatCount(10 ** top)} requests a cell`, "1"],
        textStyle: { color: inkOf(look).muted, fontFamily: FONT },
        inRange: { color: scaleOf(look) },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          emphasis: { disabled: true },
          progressive: 0,
        },
      ],
    });
  },
};

type Bins = HeatMap["bins"];

/** The windows in which at most `most` round numbers of requests are reached, and these. */
function roundTimes(windows: number, windowRequests: number, most: number): Map<number, string> {
  const least = (windows * windowRequests) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= least) ?? least;
  const times = new Map<number, string>();
  for (let time = 0; time < windows * windowRequests; time += step) {
    times.set(Math.floor(time / windowRequests), compact(time));
  }
  return times;
}

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
