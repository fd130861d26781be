/** Histograms of the log: sizes of requests, and lives of blocks; bars by powers of two. */
import type { HistogramBucket } from "../../../wasm/histogram.js";
import { formatCount } from "../../numbers.js";
import { compact, keyOf, nameAxis, numberAxis, type Option, percent, plotArea, sheet } from "../axes.js";
import type { Figure } from "../figure.js";
import { type Look, strokeOf } from "../look.js";

export const sizes: Figure = {
  id: "heap-sizes",
  title: "Sizes of requests",
  caption: "The number of requests of each size, and their share of all requested bytes.",
  follows: [],
  has: ({ heap }) => (heap?.sizes.length ?? 0) > 0,
  height: () => 340,
  option({ heap }, _, look) {
    const bars = byPowers(heap?.sizes ?? []);
    return histogram(look, {
      name: "size, bytes",
      labels: bars.map((bar) => rangeText(bar, shortBytes)),
      series: [
        { name: "requests", values: shares(bars.map(({ count }) => count)) },
        { name: "bytes", values: shares(bars.map(({ sum }) => sum)) },
      ],
      unit: "share, %",
    });
  },
};

export const lives: Figure = {
  id: "heap-lives",
  title: "Lifetimes of blocks",
  caption: "Operations between the allocation of a block and its free; realloc starts a new lifetime.",
  follows: [],
  has: ({ heap }) => (heap?.blocks?.made ?? 0) > 0,
  height: () => 340,
  option({ heap }, _, look) {
    const bars = byPowers(heap?.lives ?? []);
    const { made = 0, kept = 0 } = heap?.blocks ?? {};
    return histogram(look, {
      name: "life, operations",
      labels: [...bars.map((bar) => rangeText(bar, shortCount)), "not freed"],
      series: [
        { name: "blocks", values: [...bars.map(({ count }) => count), kept].map((count) => count / made) },
      ],
      unit: "share of blocks, %",
      lastApart: true,
    });
  },
};

interface Bar {
  from: number;
  to: number;
  count: number;
  /** Approximate, of the values. */
  sum: number;
}

/** Buckets combined by powers of two: 0, 1, 2–3, 4–7, …, including empty ones between. */
export function byPowers(buckets: readonly HistogramBucket[]): Bar[] {
  const powerOf = (value: number) => (value === 0 ? 0 : Math.floor(Math.log2(value)) + 1);
  const first = powerOf(buckets[0]?.from ?? 0);
  const last = powerOf(buckets.at(-1)?.from ?? 0);
  return Array.from({ length: last - first + 1 }, (_, n) => {
    const power = first + n;
    const held = buckets.filter(({ from }) => powerOf(from) === power);
    return {
      from: power === 0 ? 0 : 2 ** (power - 1),
      to: power === 0 ? 0 : 2 ** power - 1,
      count: held.reduce((sum, { count }) => sum + count, 0),
      sum: held.reduce((sum, { from, to, count }) => sum + (count * (from + to)) / 2, 0),
    };
  });
}

function shares(values: readonly number[]): number[] {
  const sum = values.reduce((all, value) => all + value, 0);
  return values.map((value) => (sum === 0 ? 0 : value / sum));
}

function rangeText({ from, to }: Bar, short: (value: number) => string): string {
  return from === to ? short(from) : `${short(from)}–${short(to)}`;
}

/** `24`, `1 k`, `16 k`. */
function shortCount(count: number): string {
  return count < 1000 ? formatCount(count) : compact(Number(count.toPrecision(2)));
}

/** `24`, `1 Ki`, `2 Mi`: ends of powers of two are rounded up to them. */
function shortBytes(bytes: number): string {
  if (bytes < 1000) return formatCount(bytes);
  const power = Math.round(Math.log2(bytes));
  return `${2 ** (power % 10)} ${["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][Math.floor(power / 10)] ?? ""}`;
}

interface Histogram {
  name: string;
  labels: readonly string[];
  series: readonly { name: string; values: readonly number[] }[];
  unit: string;
  /** The last bar has another meaning, so it has another colour. */
  lastApart?: boolean;
}

function histogram(look: Look, { name, labels, series, unit, lastApart }: Histogram): Option {
  const names = [...series.map((one) => one.name), ...(lastApart ? ["apart"] : [])];
  const colour = (one: string) => strokeOf(one, names, look).colour;
  const isKeyed = series.length > 1;
  return sheet(look, {
    grid: plotArea(look, { top: isKeyed ? 44 : 16 }),
    legend: isKeyed
      ? keyOf(
          look,
          series.map((one) => one.name),
        )
      : { show: false },
    xAxis: nameAxis(look, {
      name,
      data: labels,
      axisTick: { show: true, alignWithLabel: true },
      axisLabel: { showMaxLabel: lastApart ?? null },
    }),
    yAxis: numberAxis(look, true, { name: unit, min: 0, axisLabel: { formatter: percent } }),
    series: series.map(({ name: of, values }) => ({
      name: of,
      type: "bar",
      data: values.map((value, n) =>
        lastApart && n === values.length - 1
          ? { value, itemStyle: { color: colour("apart"), decal: STRIPES } }
          : value,
      ),
      color: colour(of),
      barCategoryGap: "16%",
      barGap: "6%",
      emphasis: { disabled: true },
    })),
  });
}

const STRIPES = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 };
