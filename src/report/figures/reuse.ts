/** Requests by reuse distance, in powers of two, and their running sum. */
import type { ReuseBucket } from "../data.js";
import { formatCount } from "../numbers.js";
import { compact, isNarrow, logarithmic, nameAxis, numberAxis, percent, plotArea, sheet } from "./axes.js";
import type { Choice, Figure } from "./figure.js";
import { FONT, inkOf, strokeOf } from "./look.js";

export const reuse: Figure = {
  id: "reuse",
  title: "Reuse distances",
  caption: "By stack distance, the running sum is the hit ratio of lru with that many frames.",
  follows: ["reuseBy", "logShare"],
  has: (trace) => trace.reuse !== undefined,
  height: () => 360,
  option({ reuse: found }, { reuseBy, logShare }, look) {
    const { requests = 0, firstRequests = 0, stackDistances = [], reuseTimes = [] } = found ?? {};
    const buckets = reuseBy === "time" ? reuseTimes : stackDistances;
    const shares = buckets.map(({ count }) => (requests === 0 ? 0 : count / requests));
    let sum = 0;
    const sums = shares.map((share) => {
      sum += share;
      return sum;
    });
    const firstShare = requests === 0 ? 0 : firstRequests / requests;
    const positive = [...shares, ...sums, firstShare].filter((share) => share > 0);
    const log = logShare && positive.length > 0;
    const bar = strokeOf("bars", ["bars"], look).colour;
    const first = strokeOf("first", ["bars", "first"], look).colour;
    const ink = inkOf(look);
    return sheet(look, {
      grid: plotArea(look, { top: 44 }),
      legend: {
        data: ["requests", "running sum"],
        right: 12,
        top: look.title === undefined ? 8 : 12,
        textStyle: { color: ink.text, fontFamily: FONT, fontSize: 11 },
      },
      xAxis: nameAxis(look, {
        name: axisName(reuseBy, isNarrow(look)),
        data: [...buckets.map(label), "first"],
        axisTick: { show: true, alignWithLabel: true },
      }),
      yAxis: numberAxis(look, true, {
        name: "share of requests, %",
        ...(log ? logarithmic(positive, 10) : { min: 0 }),
        axisLabel: { formatter: percent },
      }),
      series: [
        {
          name: "requests",
          type: "bar",
          data: [
            ...shares,
            {
              value: firstShare,
              itemStyle: {
                color: first,
                decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 },
              },
            },
          ],
          color: bar,
          barCategoryGap: "12%",
        },
        {
          name: "running sum",
          type: "line",
          data: sums,
          color: ink.muted,
          symbol: "emptyCircle",
          symbolSize: 5,
          lineStyle: { width: 1.5, type: [4, 3] },
        },
      ],
    });
  },
};

function axisName(by: Choice["reuseBy"], narrow: boolean): string {
  if (by === "time") return narrow ? "reuse time, requests" : "reuse time, requests since the page's last";
  return narrow ? "stack distance, pages" : "stack distance, pages requested since (1: the last page again)";
}

/** `1`, `2`, `3–4`, `1 k–2 k`. */
function label({ from, to }: ReuseBucket): string {
  const short = (count: number) =>
    count < 1000 ? formatCount(count) : compact(Number(count.toPrecision(2)));
  return from === to ? short(from) : `${short(from)}–${short(to)}`;
}
