/** Miss ratio against numbers of frames, a line for each policy; the area that no policy can reach is shaded. */

import type { CurvePoint } from "../data.js";
import { BOUND } from "../ranking.js";
import {
  framesAxis,
  legendOf,
  legendWidth,
  logarithmic,
  nameOf,
  numberAxis,
  type Option,
  percent,
  plotArea,
  sheet,
} from "./axes.js";
import type { Figure } from "./figure.js";
import { inkOf, type Look, type Stroke, strokeOf } from "./look.js";

/** A line with more points than this has no symbols. */
const SYMBOL_POINTS = 24;
/** Most error bars of a line; more would hide it. */
const MOST_BARS = 24;

export const curves: Figure = {
  id: "curves",
  title: "Miss ratio by memory",
  caption: "Lower is better.",
  follows: ["policies", "logFrames", "logRatio"],
  zooms: true,
  has: (trace) => trace.curves.some(({ points }) => points.length > 1),
  height: () => 420,
  values: ({ curves: all }, { policies }) =>
    all
      .filter(({ policy }) => policies.includes(policy))
      .flatMap(({ policy, points }) =>
        points.map(({ frames, missRatio, errorBar }) => ({
          policy,
          frames,
          missRatio,
          errorBar: errorBar ?? "",
        })),
      ),
  option(trace, choice, look) {
    const shown = trace.curves.filter(({ policy }) => choice.policies.includes(policy));
    const drawn = shown.length > 0 ? shown : trace.curves;
    const frames = drawn.flatMap(({ points }) => points.map((point) => point.frames)).filter((n) => n > 0);
    const ratios = drawn
      .flatMap(({ points }) => points.map((point) => point.missRatio))
      .filter((ratio) => ratio > 0);
    const logRatio = choice.logRatio && ratios.length > 0;
    const isDrawn = (point: CurvePoint) =>
      (!choice.logFrames || point.frames > 0) && (!logRatio || point.missRatio > 0);
    const names = shown.map(({ policy }) => nameOf(policy));
    return sheet(look, {
      grid: plotArea(look, { right: 24 + legendWidth(look, names) }),
      legend: legendOf(look, names),
      xAxis: framesAxis(look, frames, choice.logFrames),
      yAxis: numberAxis(look, true, {
        name: "miss ratio, % of requests",
        ...(logRatio ? logarithmic(ratios, 10) : { min: 0 }),
        axisLabel: { formatter: percent },
      }),
      series: shown.flatMap(({ policy, points }) => {
        const stroke = strokeOf(policy, trace.order, look);
        const part = points.filter(isDrawn);
        const step = Math.ceil(part.length / MOST_BARS);
        const bars = part.filter(({ errorBar }, index) => errorBar !== undefined && index % step === 0);
        return [
          line(policy, part, stroke, look),
          ...(bars.length > 0 ? [errorBars(policy, bars, stroke, logRatio ? Math.min(...ratios) : 0)] : []),
        ];
      }),
    });
  },
};

function line(policy: string, points: readonly CurvePoint[], stroke: Stroke, look: Look): Option {
  return {
    name: nameOf(policy),
    type: "line",
    data: points.map(({ frames, missRatio }) => [frames, missRatio]),
    color: stroke.colour,
    symbol: stroke.symbol,
    symbolSize: 7,
    showSymbol: stroke.symbol !== "none" && points.length <= SYMBOL_POINTS,
    lineStyle: { width: stroke.width, type: stroke.dash.length === 0 ? "solid" : stroke.dash },
    emphasis: { disabled: true },
    ...(policy === BOUND && { areaStyle: { color: inkOf(look).muted, opacity: 0.13, origin: "start" } }),
    z: policy === BOUND ? 1 : 2,
  };
}

/** Draws a whisker at each point, with ECharts's custom series. */
function errorBars(policy: string, points: readonly CurvePoint[], stroke: Stroke, least: number): Option {
  const CAP = 3;
  return {
    name: nameOf(policy),
    type: "custom",
    data: points.map(({ frames, missRatio, errorBar = 0 }) => [
      frames,
      Math.max(least, missRatio - errorBar),
      missRatio + errorBar,
    ]),
    encode: { x: 0, y: [1, 2] },
    color: stroke.colour,
    silent: true,
    z: 1,
    renderItem: (_: unknown, api: RenderApi) => {
      const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
      const [, high = 0] = api.coord([api.value(0), api.value(2)]);
      const path = `M${x - CAP},${low}H${x + CAP}M${x},${low}V${high}M${x - CAP},${high}H${x + CAP}`;
      return {
        type: "path",
        shape: { pathData: path },
        style: { stroke: stroke.colour, lineWidth: 1, fill: "none", opacity: 0.8 },
      };
    },
  };
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}
