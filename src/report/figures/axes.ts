/** The common parts of figures: background, fonts, axes with names and units, a legend. */
import { formatCount } from "../numbers.js";
import { BOUND } from "../ranking.js";
import { FONT, type Ink, inkOf, type Look } from "./look.js";

/** Options of ECharts: plain data, except for formatters. */
export type Option = Record<string, unknown>;

const NARROW = 560;

export function isNarrow({ width }: Look): boolean {
  return width < NARROW;
}

/** A figure without its series: `parts` are added to background and fonts. */
export function sheet(look: Look, parts: Option): Option {
  const ink = inkOf(look);
  return {
    backgroundColor: ink.paper,
    animation: false,
    textStyle: { fontFamily: FONT, color: ink.text, fontSize: 12 },
    ...(look.title !== undefined && {
      title: {
        text: look.title,
        left: 12,
        top: 10,
        textStyle: {
          fontFamily: FONT,
          color: ink.text,
          fontSize: 15,
          fontWeight: 600,
          overflow: "truncate",
          width: look.width - 24,
        },
      },
    }),
    ...parts,
  };
}

export interface Margins {
  top?: number;
  right?: number;
  bottom?: number;
  left?: number;
}

/** The position of the axes. Labels of axes lie inside the margins, names below or beside them. */
export function plotArea(look: Look, { top = 16, right = 20, bottom = 12, left = 12 }: Margins = {}): Option {
  return {
    left: left + (isNarrow(look) ? 0 : 4),
    right,
    top: top + (look.title === undefined ? 0 : 32),
    bottom,
    outerBoundsMode: "same",
    outerBoundsContain: "all",
  };
}

export interface AxisParts extends Option {
  name: string;
}

/** An axis of numbers; `name` has the quantity and its unit. */
export function numberAxis(look: Look, vertical: boolean, parts: AxisParts): Option {
  const ink = inkOf(look);
  return {
    type: "value",
    ...named(ink),
    ...(vertical && { splitNumber: 5 }),
    axisLine: { show: !vertical, lineStyle: { color: ink.axis } },
    axisTick: { show: !vertical, lineStyle: { color: ink.axis } },
    splitLine: { show: vertical, lineStyle: { color: ink.faint } },
    minorSplitLine: { show: false },
    ...parts,
    axisLabel: { color: ink.muted, hideOverlap: true, ...(parts.axisLabel as Option | undefined) },
  };
}

/** An axis of names. */
export function nameAxis(look: Look, parts: AxisParts): Option {
  const ink = inkOf(look);
  return {
    type: "category",
    ...named(ink),
    axisLine: { lineStyle: { color: ink.axis } },
    axisTick: { show: false, lineStyle: { color: ink.axis } },
    ...parts,
    axisLabel: { color: ink.muted, hideOverlap: true, ...(parts.axisLabel as Option | undefined) },
  };
}

/** The names of horizontal bars, the first on top; longer ones than `width` are cut. */
export function barNames(look: Look, names: readonly string[], width: number): Option {
  return nameAxis(look, {
    name: "",
    inverse: true,
    data: names,
    axisLine: { show: false },
    axisLabel: { interval: 0, width, overflow: "truncate", hideOverlap: false },
  });
}

function named(ink: Ink): Option {
  return {
    nameLocation: "middle",
    nameGap: 10,
    nameTextStyle: { color: ink.muted, fontFamily: FONT, fontSize: 12 },
  };
}

/** A share as percent, with the digits that the steps of `axis` need. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))} %`;
}

/** `12`, `3.5 k`, `12 M`, `1.2 G`: counts on an axis. */
export function compact(count: number): string {
  const units = ["", " k", " M", " G", " T"];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

/** A logarithmic axis over powers of `base` that enclose the values, all of them above zero. Bars begin at its end. */
export function logarithmic(values: readonly number[], base: number): Option {
  const log = (value: number) => Number((Math.log(value) / Math.log(base)).toFixed(9));
  const low = Math.floor(log(Math.min(...values)));
  const high = Math.ceil(log(Math.max(...values)));
  const min = base ** low;
  return { type: "log", logBase: base, min, max: base ** Math.max(high, low + 1), startValue: min };
}

/** True if a logarithmic axis is useful: the largest value is many times the smallest. */
export function spansFar(values: readonly number[]): boolean {
  return values.length > 2 && Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= 16;
}

/** True if the values above zero span more than two decades: a linear scale would show only the largest. */
export function passesDecades(values: readonly number[]): boolean {
  const above = values.filter((value) => value > 0);
  return above.length > 1 && Math.max(...above) / Math.min(...above) >= 100;
}

/** Numbers of frames along an axis. */
export function framesAxis(look: Look, frames: readonly number[], log: boolean): Option {
  return numberAxis(look, false, {
    name: "memory, frames",
    ...(log ? logarithmic(frames, 2) : { min: 0 }),
    axisLabel: { formatter: formatCount },
  });
}

/** A policy's name in a legend. */
export function nameOf(policy: string): string {
  return policy === BOUND ? `${policy} (bound)` : policy;
}

/** Width of a legend of `names` at the right, in pixels. */
export function legendWidth(look: Look, names: readonly string[]): number {
  if (!look.legend) return 0;
  return 56 + Math.min(160, 6.5 * Math.max(...names.map(({ length }) => length), 3));
}

/** Names in a column at the right. */
export function legendOf(look: Look, names: readonly string[]): Option {
  if (!look.legend) return { show: false };
  return {
    // The bound's line has no symbol.
    data: names.map((name) => (name === nameOf(BOUND) ? { name, itemStyle: { opacity: 0 } } : { name })),
    right: 12,
    top: look.title === undefined ? 12 : 44,
    orient: "vertical",
    itemWidth: 30,
    textStyle: { color: inkOf(look).text, fontFamily: FONT, fontSize: 11, width: 160, overflow: "truncate" },
  };
}

/** Pixels of a key's patch with the room around it, and of a letter of its names. */
const PATCH = 42;
const LETTER = 6.2;

/** Number of rows of a key of `names`. */
export function keyRows(look: Look, names: readonly string[]): number {
  const width = names.reduce((sum, name) => sum + PATCH + LETTER * name.length, 0);
  return Math.max(1, Math.ceil(width / (look.width - 40)));
}

/** A key above a figure: names of series side by side, each after a patch of its colour. */
export function keyOf(look: Look, names: readonly string[]): Option {
  return {
    data: [...names],
    selectedMode: false,
    left: keyRows(look, names) > 1 ? 12 : "auto",
    right: 12,
    top: look.title === undefined ? 6 : 40,
    itemWidth: 16,
    itemHeight: 11,
    itemGap: 10,
    textStyle: { color: inkOf(look).text, fontFamily: FONT, fontSize: 11 },
  };
}
