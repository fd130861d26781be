/** The summary of a report: the best policy, by how much, and with which memory. */
import { describe, expect, test } from "vitest";
import { policyNames } from "#pagewalk/policy/policies.js";
import { reportData, type TraceReport } from "#pagewalk/report/data.js";
import { FIGURES, firstChoice } from "#pagewalk/report/figures/index.js";
import { strokeOf, styleOrder } from "#pagewalk/report/figures/look.js";
import { valuesOf } from "#pagewalk/report/figures/values.js";
import { curveTable } from "#pagewalk/report/html-table.js";
import { summaryOf } from "#pagewalk/report/summary.js";
import { details, rows } from "./examples.js";

/** Miss ratios by policy, for the numbers of frames of the table's head. */
type Ratios = Readonly<Record<string, readonly number[]>>;
const FRAMES = [10, 100, 1000];

function traceOf(ratios: Ratios, frames: readonly number[] = FRAMES): TraceReport {
  const curves = Object.entries(ratios).map(([policy, list]) => ({
    policy,
    method: "exact" as const,
    points: list.map((missRatio, n) => ({ frames: frames[n] ?? 0, missRatio })),
  }));
  const [trace] = reportData({ trace: "a", curves }).traces;
  if (trace === undefined) throw new Error("no trace");
  return trace;
}

interface Drawn {
  series: { data: { value: number[] }[] }[];
  visualMap: { min: number; max: number };
}

describe("the summary", () => {
  test("names the best policy, the distance of the next, and the memory with the largest lead", () => {
    // lru has twice the misses of arc at each size: 100 % more. arc has the fewest everywhere.
    const trace = traceOf({ lru: [0.8, 0.4, 0.2], arc: [0.4, 0.2, 0.1], opt: [0.1, 0.1, 0.1] });
    expect(summaryOf(trace)).toBe(
      "arc is best: it has the fewest misses at all 3 sizes of memory; next is lru with 100.00 % more on average. " +
        "The lead is clearest with 10 frames: 40.00 % against 80.00 % of lru.",
    );
    const one = traceOf({ lru: [0.8], arc: [0.4] }, [1]);
    expect(summaryOf(one)).toBe(
      "arc is best: it has the fewest misses; next is lru with 100.00 % more. With 1 frame it is 40.00 % against 80.00 % of lru.",
    );
  });

  test("uses the geometric mean, so that one size does not decide", () => {
    // Beyond the fewest: lru 1, 1, 2 times, clock 2, 2, 1 times.
    const trace = traceOf({ lru: [0.2, 0.2, 0.2], clock: [0.4, 0.4, 0.1] });
    expect(summaryOf(trace)).toMatch(
      /^lru is best: 25.99 % more misses .* next is clock with 58.74 % more. /,
    );
    expect(summaryOf(trace)).toMatch(
      /at 2 of them, most clearly with 10 frames: 20.00 % against 40.00 % of clock.$/,
    );
  });

  test("of interrupted simulations names no best: they are of different parts", () => {
    const points = (interruptedAt: number) => [{ frames: 5, missRatio: 0.5, interruptedAt }];
    const curves = [
      { policy: "lru", method: "exact" as const, points: points(900) },
      { policy: "arc", method: "exact" as const, points: points(1200) },
    ];
    expect(reportData({ trace: "a", curves }).traces.map(summaryOf)).toEqual([
      "Interrupted: these are results of at most the first 1,200 references.",
    ]);
  });

  test("of a machine names the regions with most faults and TLB misses", () => {
    const regions = [
      { name: "libc", minorFaults: 5, majorFaults: 1, tlbMisses: { l1d: 1, l2: 0 } },
      { name: "[heap]", minorFaults: 2, majorFaults: 0, tlbMisses: { l1d: 2, l2: 1 } },
    ];
    const activity = { unit: "references" as const, pageSize: 4096, moments: [], facts: [], regions };
    expect(summaryOf({ ...traceOf({}), activity })).toBe(
      "Most page faults are in libc: 6 of 8, 75.00 %. Most TLB misses, of all levels, are in [heap]: 3 of 4, 75.00 %.",
    );
    expect(summaryOf({ ...traceOf({}), activity: { ...activity, regions: [] } })).toBe("");
  });

  test("of one curve gives its fall; without curves it is empty", () => {
    const trace = traceOf({ lru: [0.5, 0.25, 0.125] });
    expect(summaryOf(trace)).toBe(
      "The miss ratio of lru falls from 50.00 % with 10 frames to 12.50 % with 1,000 frames.",
    );
    expect(summaryOf({ name: "", policies: [], order: [], ranking: [], curves: [] })).toBe("");
  });
});

describe("scales", () => {
  test("of miss ratios are logarithmic only if these span more than two decades", () => {
    expect(firstChoice(traceOf({ lru: [0.5, 0.1, 0.005] })).logRatio).toBe(true);
    expect(firstChoice(traceOf({ lru: [0.5, 0.1, 0.0051] })).logRatio).toBe(false);
    expect(firstChoice(traceOf({ lru: [0.5, 0.1, 0] })).logRatio).toBe(false);
    const timelines = (misses: number[]) => ({
      requests: [100, 100, 1000],
      runs: [{ policy: "lru", frames: 10, misses }],
    });
    const overTime = (misses: number[]) =>
      firstChoice({
        ...traceOf({ lru: [0.5] }, [10]),
        rows: [{ policy: "lru", frames: 10, misses: 5, missRatio: 0.5 }],
        timelines: timelines(misses),
      }).logTime;
    expect([overTime([100, 0, 10]), overTime([100, 0, 11])]).toEqual([true, false]);
  });

  test("of the matrix distinguish values that a linear scale would not", () => {
    const results = rows(["lru", "arc"], [4, 16]).map((row, n) => ({
      ...row,
      missRatio: [1, 0.1, 0.01, 0][n] ?? 0,
    }));
    const [trace] = reportData({ results }).traces as [TraceReport];
    const grid = FIGURES.filter(({ id }) => id === "policies");
    const colours = (logRatio: boolean) => {
      const look = { dark: false, width: 1200, legend: false };
      const [option] = grid.map((figure) => figure.option(trace, { ...firstChoice(trace), logRatio }, look));
      const { series, visualMap } = option as unknown as Drawn;
      const values = series[0]?.data.map(({ value }) => Number(value[2]?.toFixed(6)));
      return { values, ends: [visualMap.min, visualMap.max] };
    };
    expect(colours(false)).toEqual({ values: [1, 0.1, 0.01, 0], ends: [0, 1] });
    expect(colours(true)).toEqual({ values: [0, -1, -2, -2], ends: [-2, 0] });
  });
});

describe("the look of a policy", () => {
  const look = { dark: false, width: 1200, legend: false };

  test("is the same in every report, with any other policies", async () => {
    const known = await policyNames();
    const lookOf = (policy: string, shown: string[]) => strokeOf(policy, styleOrder(shown, known), look);
    expect(lookOf("arc", ["lru", "./mine.js", "arc", "opt"])).toEqual(lookOf("arc", ["arc"]));
    expect(lookOf("arc", ["arc"])).not.toEqual(lookOf("lru", ["lru"]));
  });

  test("is defined for each policy of the kernel, and unique in a report", async () => {
    const known = await policyNames();
    const all = [...known.filter((name) => name !== "opt"), "./mine.js", "lru-k:k=3", "2q:kin=0.5"];
    const looks = all.map((name) => strokeOf(name, styleOrder(all, known), look));
    const unlike = (key: "dash" | "symbol") => new Set(looks.map((one) => `${one.colour} ${one[key]}`)).size;
    expect([unlike("dash"), unlike("symbol")]).toEqual([all.length, all.length]);
  });
});

describe("the numbers of a figure", () => {
  const [trace] = reportData({ results: rows(["lru", "arc", "opt"], [4, 16, 64]) }, { traces: [details] })
    .traces as [TraceReport];
  const valuesFor = (id: string) => {
    const figure = FIGURES.find((one) => one.id === id);
    return figure === undefined ? [] : valuesOf(figure, trace, firstChoice(trace));
  };

  test.each(FIGURES.map(({ id }) => id))("of %s are rows with the same keys", (id) => {
    const values = valuesFor(id);
    expect(values.length).toBeGreaterThan(0);
    const keys = Object.keys(values[0] ?? {});
    for (const row of values) expect(Object.keys(row)).toEqual(keys);
    expect(values.flatMap((row) => Object.values(row)).filter((value) => value === undefined)).toEqual([]);
  });

  test("equal those of the result", () => {
    expect(valuesFor("policies")).toEqual(trace.rows);
    const bars = valuesFor("reuse").filter(({ series }) => series === "requests");
    const share = (count: number) => count / (details.reuse?.requests ?? 1);
    expect(bars.map((row) => row["share of requests, %"])).toEqual([
      ...(details.reuse?.stackDistances ?? []).map(({ count }) => share(count)),
      share(details.reuse?.firstRequests ?? 0),
    ]);
    const cells = valuesFor("addresses");
    expect(cells.map(({ requests }) => requests)).toEqual(details.heat?.bins.flatMap(({ counts }) => counts));
  });
});

test("the table of curves has a row for each number of frames, at most 24, both ends among them", () => {
  const few = curveTable(traceOf({ lru: [0.5, 0.25, 0.125], arc: [0.4, 0.2, 0.1] }));
  expect(few).toEqual([
    ["frames", "lru", "arc"],
    ["10", "50.00 %", "40.00 %"],
    ["100", "25.00 %", "20.00 %"],
    ["1,000", "12.50 %", "10.00 %"],
  ]);
  const frames = Array.from({ length: 100 }, (_, n) => n + 1);
  const many = curveTable(traceOf({ lru: frames.map((count) => 1 / count) }, frames));
  expect(many).toHaveLength(25);
  expect([many[1]?.[0], many[24]?.[0]]).toEqual(["1", "100"]);
});
