/** Miss ratio over time: a line for each policy, at one number of frames. */
import type { TraceReport } from "../data.js";
import { BOUND } from "../ranking.js";
import {
  compact,
  legendOf,
  legendWidth,
  logarithmic,
  nameOf,
  numberAxis,
  percent,
  plotArea,
  sheet,
} from "./axes.js";
import type { Figure } from "./figure.js";
import { strokeOf } from "./look.js";

export const overTime: Figure = {
  id: "over-time",
  title: "Miss ratio over time",
  caption: "Each point is a window of the trace.",
  follows: ["policies", "frames", "logTime"],
  zooms: true,
  has: ({ timelines }) => (timelines?.requests.length ?? 0) > 1,
  height: () => 380,
  option({ timelines, order }, choice, look) {
    const requests = timelines?.requests ?? [];
    const runs = (timelines?.runs ?? []).filter(
      ({ policy, frames }) => frames === choice.frames && choice.policies.includes(policy),
    );
    const lines = runs.map(({ policy, misses }) => ({ policy, points: pointsOf(requests, misses) }));
    const ratios = lines
      .flatMap(({ points }) => points.map(([, ratio = 0]) => ratio))
      .filter((one) => one > 0);
    const log = choice.logTime && ratios.length > 0;
    const names = lines.map(({ policy }) => nameOf(policy));
    return sheet(look, {
      grid: plotArea(look, { right: 24 + legendWidth(look, names) }),
      legend: legendOf(look, names),
      xAxis: numberAxis(look, false, {
        name: "time, requests",
        min: 0,
        max: requests.reduce((sum, count) => sum + count, 0),
        axisLabel: { formatter: compact, showMaxLabel: false },
      }),
      yAxis: numberAxis(look, true, {
        name: "miss ratio, % of requests",
        ...(log ? logarithmic(ratios, 10) : { min: 0 }),
        axisLabel: { formatter: percent },
      }),
      series: lines.map(({ policy, points }) => {
        const stroke = strokeOf(policy, order, look);
        return {
          name: nameOf(policy),
          type: "line",
          data: log ? points.filter(([, ratio = 0]) => ratio > 0) : points,
          color: stroke.colour,
          symbol: stroke.symbol,
          showSymbol: false,
          lineStyle: { width: 1.5, type: stroke.dash.length === 0 ? "solid" : stroke.dash },
          emphasis: { disabled: true },
          z: policy === BOUND ? 1 : 2,
        };
      }),
    });
  },
};

/** The middle of each window that has requests, and its miss ratio. */
function pointsOf(requests: readonly number[], misses: readonly number[]): number[][] {
  let start = 0;
  return requests.flatMap((count, window) => {
    const middle = start + count / 2;
    start += count;
    return count === 0 ? [] : [[middle, (misses[window] ?? 0) / count]];
  });
}

/** The miss ratios that are drawn for a number of frames, of all policies. */
export function windowRatios({ timelines }: TraceReport, frames: number): number[] {
  const { requests = [], runs = [] } = timelines ?? {};
  return runs
    .filter((run) => run.frames === frames)
    .flatMap(({ misses }) => pointsOf(requests, misses).map(([, ratio = 0]) => ratio));
}

/** The number of frames at which the policies differ most. */
export function widestFrames({ rows = [] }: TraceReport): number {
  const spreads = new Map<number, { least: number; most: number }>();
  for (const { policy, frames, missRatio } of rows) {
    if (policy === BOUND) continue;
    const { least, most } = spreads.get(frames) ?? { least: missRatio, most: missRatio };
    spreads.set(frames, { least: Math.min(least, missRatio), most: Math.max(most, missRatio) });
  }
  const spread = (frames: number) => {
    const { least = 0, most = 0 } = spreads.get(frames) ?? {};
    return most - least;
  };
  const all = [...spreads.keys()];
  return all.reduce(
    (best, frames) => (spread(frames) > spread(best) ? frames : best),
    all[0] ?? rows[0]?.frames ?? 0,
  );
}
