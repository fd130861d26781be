import { unique } from "../groups.js";
import { formatCount, formatRatio } from "../numbers.js";
import { isRanked, leastMissRatios } from "../ranking.js";
import { isNarrow, nameAxis, nameOf, type Option, percent, plotArea, sheet } from "./axes.js";
import type { Figure } from "./figure.js";
import { FONT, inkOf, inkOnScale, type Look, scaleOf } from "./look.js";

const ROW = 22;
/** Policies with twice the fewest misses, or more, have the same colour. */
const MOST_BEYOND = 1;

export const grid: Figure = {
  id: "policies",
  title: "Policies by memory",
  caption: "The best policies are at the top.",
  follows: ["beyondBest", "logRatio"],
  has: ({ rows, policies }) => rows !== undefined && policies.length > 1,
  height: ({ policies }) => 110 + ROW * policies.length,
  values: ({ rows = [] }) => rows,
  option(trace, { beyondBest, logRatio }, look) {
    const rows = trace.rows ?? [];
    const frames = unique(rows.map((row) => row.frames)).sort((a, b) => a - b);
    const least = leastMissRatios(rows);
    const beyond = (row: { frames: number; missRatio: number }) => {
      const fewest = least.get(row.frames) ?? row.missRatio;
      return fewest === 0 ? 0 : row.missRatio / fewest - 1;
    };
    const values = rows.map((row) => (beyondBest ? Math.max(0, beyond(row)) : row.missRatio));
    const most = Math.max(...values, 1e-9);
    const top = beyondBest ? Math.min(most, MOST_BEYOND) : most;
    const scale = colourScale(values, top, logRatio && !beyondBest);
    const wide = (look.width - 150) / frames.length >= 56;
    return sheet(look, {
      grid: plotArea(look, { top: 52, right: 20 }),
      xAxis: nameAxis(look, { name: "memory, frames", data: frames.map(formatCount) }),
      yAxis: nameAxis(look, {
        name: "",
        inverse: true,
        data: trace.ranking.map(nameOf),
        axisLine: { show: false },
        axisLabel: {
          interval: 0,
          hideOverlap: false,
          width: isNarrow(look) ? 90 : 170,
          overflow: "truncate",
        },
      }),
      visualMap: scaleLegend(look, top, beyondBest, scale),
      series: [
        {
          type: "heatmap",
          data: rows.map((row, index) => {
            const value = values[index] ?? 0;
            const text = beyondBest ? signed(beyond(row)) : formatRatio(row.missRatio);
            return {
              value: [frames.indexOf(row.frames), trace.ranking.indexOf(row.policy), scale.at(value)],
              label: {
                show: wide,
                formatter: text,
                color: inkOnScale((scale.at(value) - scale.from) / (scale.to - scale.from), look),
                fontWeight: isBest(row, least) ? 700 : 400,
              },
              itemStyle: { borderColor: inkOf(look).paper, borderWidth: 1 },
            };
          }),
          label: { fontFamily: FONT, fontSize: 11 },
          emphasis: { disabled: true },
        },
      ],
    });
  },
};

/** The ends of the colour scale, and the position of a value between them. */
interface ColourScale {
  from: number;
  to: number;
  at(value: number): number;
  /** The value at `from`. */
  least: number;
}

/** Linear from 0, or logarithmic from the least value above 0. */
function colourScale(values: readonly number[], top: number, log: boolean): ColourScale {
  const least = Math.min(...values.filter((value) => value > 0));
  if (!log || !(least < top)) return { from: 0, to: top, at: (value) => value, least: 0 };
  const at = (value: number) => Math.log10(Math.max(value, least));
  return { from: at(least), to: at(top), at, least };
}

function isBest(
  { policy, frames, missRatio }: { policy: string; frames: number; missRatio: number },
  least: Map<number, number>,
) {
  return isRanked(policy) && missRatio === least.get(frames);
}

function signed(ratio: number): string {
  const text = `${Math.abs(ratio * 100).toFixed(Math.abs(ratio) < 0.0995 ? 1 : 0)} %`;
  if (ratio === 0) return "best";
  return ratio < 0 ? `−${text}` : `+${text}`;
}

function scaleLegend(look: Look, top: number, beyondBest: boolean, scale: ColourScale): Option {
  const digits = (ratio: number) => percent(Number(ratio.toPrecision(3)));
  return {
    type: "continuous",
    min: scale.from,
    max: scale.to,
    calculable: false,
    hoverLink: false,
    orient: "horizontal",
    left: 12,
    top: look.title === undefined ? 10 : 42,
    itemWidth: 12,
    itemHeight: 140,
    text: beyondBest
      ? [`${digits(top)}${top === MOST_BEYOND ? " or more" : ""} beyond the fewest misses`, "0 %"]
      : [`${digits(top)} miss ratio${scale.least > 0 ? ", logarithmic" : ""}`, digits(scale.least)],
    textStyle: { color: inkOf(look).muted, fontFamily: FONT },
    inRange: { color: scaleOf(look) },
  };
}
