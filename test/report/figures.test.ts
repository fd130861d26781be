/** Each figure by example, and a contract for all of them. */
import { describe, expect, test } from "vitest";
import { reportData, type TraceReport } from "#pagewalk/report/data.js";
import { compact, percent } from "#pagewalk/report/figures/axes.js";
import type { Choice } from "#pagewalk/report/figures/figure.js";
import { FIGURES, firstChoice } from "#pagewalk/report/figures/index.js";
import { inkOf, type Look, strokeOf, styleOrder } from "#pagewalk/report/figures/look.js";
import { details, rows, sampled } from "./examples.js";

const look: Look = { dark: false, width: 1200, legend: false };
const POLICIES = ["lru", "arc", "clock", "opt"];
const FRAMES = [4, 16, 64, 256];

const traceOf = (policies = POLICIES, frames = FRAMES): TraceReport => {
  const [trace] = reportData({ results: rows(policies, frames) }, { traces: [details] }).traces;
  if (trace === undefined) throw new Error("no trace");
  return trace;
};

interface Drawn {
  xAxis: { name: string; type: string; data?: string[] };
  yAxis: { name: string; type: string; data?: string[] };
  series: { name: string; type: string; data: unknown[] }[];
}

function drawn(id: string, trace: TraceReport, change: Partial<Choice> = {}, on = look): Drawn {
  const figure = FIGURES.find((one) => one.id === id);
  return figure?.option(trace, { ...firstChoice(trace), ...change }, on) as unknown as Drawn;
}

describe.each(FIGURES.map((figure) => [figure.id, figure] as const))("the figure %s", (_, figure) => {
  const trace = traceOf();

  test("is shown if and only if the trace has its data", () => {
    expect(figure.has(trace)).toBe(true);
    expect(figure.has({ name: "", policies: [], order: [], ranking: [], curves: [] })).toBe(false);
  });

  test("names its axes, numbers with their units", () => {
    const { xAxis, yAxis } = figure.option(trace, firstChoice(trace), look) as unknown as Drawn;
    expect(xAxis.name).toMatch(/frames|requests|pages/);
    if (yAxis.type !== "category") expect(yAxis.name).toMatch(/%|pages/);
  });

  test("draws something, is high enough and has the given width", () => {
    const { series } = figure.option(trace, firstChoice(trace), look) as unknown as Drawn;
    expect(series.length).toBeGreaterThan(0);
    for (const { data } of series) expect(data.length).toBeGreaterThan(0);
    expect(figure.height(trace, look)).toBeGreaterThanOrEqual(190);
  });

  test("has the background of its theme", () => {
    for (const dark of [false, true]) {
      const option = figure.option(trace, firstChoice(trace), { ...look, dark });
      expect(option.backgroundColor).toBe(inkOf({ ...look, dark }).paper);
    }
  });
});

describe("miss-ratio curves", () => {
  test("are a line for each selected policy, with the bound's name", () => {
    const { series } = drawn("curves", traceOf(), { policies: ["arc", "opt"] });
    expect(series.map(({ name, type }) => [name, type])).toEqual([
      ["arc", "line"],
      ["opt (bound)", "line"],
    ]);
  });

  test("have a point for each number of frames, in the ratio of misses", () => {
    const { series } = drawn("curves", traceOf(), { policies: ["lru"] });
    expect(series[0]?.data).toEqual([
      [4, 0.3],
      [16, 0.15],
      [64, 0.075],
      [256, 0.038],
    ]);
  });

  test("have a logarithmic axis of frames only if these span a wide range", () => {
    expect(drawn("curves", traceOf()).xAxis).toMatchObject({ type: "log", min: 4, max: 256 });
    expect(drawn("curves", traceOf(POLICIES, [10, 20, 30])).xAxis.type).toBe("value");
    expect(drawn("curves", traceOf(), { logFrames: false }).xAxis.type).toBe("value");
    expect(drawn("curves", traceOf(), { logRatio: true }).yAxis).toMatchObject({ type: "log", max: 1 });
  });

  test("have whiskers if points have error bars", () => {
    const [trace] = reportData(sampled).traces;
    if (trace === undefined) throw new Error("no trace");
    const { series } = drawn("curves", trace);
    expect(series.map(({ type }) => type)).toEqual(["line", "custom", "line", "custom"]);
    expect(series[1]?.data[0]).toEqual([1, 0.49, 0.51]);
  });

  test("show the best eight policies and the bound by default", () => {
    const policies = [...Array(12).keys()].map((n) => `p${n}`);
    const { series } = drawn("curves", traceOf([...policies, "opt"]));
    expect(series.map(({ name }) => name)).toEqual([...policies.slice(0, 8), "opt (bound)"]);
  });
});

describe("policies by memory", () => {
  test("have a cell for each policy and number of frames, the best at the top", () => {
    const { xAxis, yAxis, series } = drawn("policies", traceOf(["clock", "lru", "opt"], [4, 1024]));
    expect(xAxis.data).toEqual(["4", "1,024"]);
    expect(yAxis.data).toEqual(["opt (bound)", "clock", "lru"]);
    expect(series[0]?.data.map((cell) => (cell as { value: number[] }).value)).toEqual([
      [0, 1, 0.3],
      [0, 2, 0.304],
      [0, 0, 0.308],
      [1, 1, 0.019],
      [1, 2, 0.023],
      [1, 0, 0.027],
    ]);
  });

  test("can show misses beyond the fewest", () => {
    const { series } = drawn("policies", traceOf(["clock", "lru"], [4]), { beyondBest: true });
    const cells = series[0]?.data as { value: number[]; label: { formatter: string } }[];
    expect(cells.map(({ label }) => label.formatter)).toEqual(["best", "+1.3 %"]);
    expect(cells[1]?.value[2]).toBeCloseTo(0.304 / 0.3 - 1);
  });
});

describe("miss ratio over time", () => {
  test("has a line for each chosen policy at the chosen number of frames, windows at their middle", () => {
    const { series } = drawn("over-time", traceOf(), { policies: ["lru"], frames: 4 });
    expect(series).toHaveLength(1);
    expect(series[0]?.data).toEqual([
      [125, 0.6],
      [375, 0],
      [625, 0.3],
      [875, 0.3],
    ]);
  });

  test("starts at the number of frames at which the policies differ most", () => {
    const results = rows(["a", "b"], [4, 16]).map((row) =>
      row.policy === "b" && row.frames === 16 ? { ...row, missRatio: 0.9 } : row,
    );
    const [trace] = reportData({ results }).traces;
    expect(trace && firstChoice(trace).frames).toBe(16);
  });
});

describe("reuse distances", () => {
  test("are bars of shares, first requests apart, with their running sum", () => {
    const { xAxis, series } = drawn("reuse", traceOf());
    expect(xAxis.data).toEqual(["1", "2–3", "4–7", "first"]);
    expect(series[0]?.data.slice(0, 3)).toEqual([0.4, 0.2, 0.1]);
    expect(series[0]?.data[3]).toMatchObject({ value: 0.3 });
    const sums = ((series[1]?.data ?? []) as number[]).map((sum) => Number(sum.toFixed(9)));
    expect(sums).toEqual([0.4, 0.6, 0.7]);
  });

  test("can be shown by time", () => {
    const { xAxis } = drawn("reuse", traceOf(), { reuseBy: "time" });
    expect(xAxis).toMatchObject({ data: ["1", "first"], name: expect.stringContaining("requests since") });
  });
});

describe("addresses over time", () => {
  test("have a cell only where there are requests, on a logarithmic scale", () => {
    const { series, yAxis } = drawn("addresses", traceOf());
    expect(yAxis.data).toEqual(["0x400000", "0x401000", "0x7ff000000000"]);
    const cells = series[0]?.data as number[][];
    expect(cells).toHaveLength(6);
    expect(cells).toContainEqual([2, 0, 2, 100]);
  });

  test("have a line between regions", () => {
    const { yAxis } = drawn("addresses", traceOf());
    const { interval } = (yAxis as unknown as { splitLine: { interval: (bin: number) => boolean } })
      .splitLine;
    expect([0, 1, 2].map(interval)).toEqual([false, false, true]);
  });
});

describe("strokes", () => {
  const policies = [...Array(40).keys()].map((n) => `p${n}`);
  const strokes = policies.map((policy) => strokeOf(policy, styleOrder(policies, []), look));

  test("differ in more than hue for forty policies", () => {
    const distinct = (key: (stroke: (typeof strokes)[number]) => string) => new Set(strokes.map(key)).size;
    expect(distinct(({ colour, dash }) => `${colour} ${dash}`)).toBe(40);
    expect(distinct(({ colour, symbol }) => `${colour} ${symbol}`)).toBe(40);
  });

  test("do not depend on the shown policies, nor on the position of the bound", () => {
    expect(strokeOf("p3", styleOrder(["opt", ...policies], []), look)).toEqual(strokes[3]);
  });

  test("have a contrast of three to one with the background", () => {
    for (const dark of [false, true]) {
      const paper = inkOf({ ...look, dark }).paper;
      for (const policy of [...policies.slice(0, 7), "opt"]) {
        const { colour } = strokeOf(policy, policies, { ...look, dark });
        expect(contrast(colour, paper), `${policy} ${colour} on ${paper}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe("numbers on axes", () => {
  test.each([
    [0, "0"],
    [950, "950"],
    [1500, "1.5 k"],
    [2_000_000, "2 M"],
  ])("%d is %s", (count, text) => {
    expect(compact(count)).toBe(text);
  });

  test("are percent without rounding errors of binary fractions", () => {
    expect([0, 0.07, 0.1 + 0.2, 1].map(percent)).toEqual(["0 %", "7 %", "30 %", "100 %"]);
  });
});

/** WCAG 2.1's contrast ratio of two colours `#rrggbb`. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
