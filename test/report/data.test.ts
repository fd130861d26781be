import { describe, expect, test } from "vitest";
import { reportData } from "#pagewalk/report/data.js";
import { ranked } from "#pagewalk/report/ranking.js";
import { details, row, rows, sampled, timed } from "./examples.js";

describe("a report's data", () => {
  test("has an entry for each compared trace, also if one is named twice", () => {
    const results = [...rows(["lru", "opt"], [4, 8]), ...rows(["lru", "opt"], [4, 8])];
    const { traces } = reportData({ results });
    expect(traces.map(({ name }) => name)).toEqual(["a.lackey", "a.lackey (2)"]);
    for (const trace of traces) expect(trace.rows).toHaveLength(4);
  });

  test("gives each trace its own details, in order", () => {
    const results = [row("lru", 4, 9, "a"), row("lru", 4, 9, "b")];
    const { traces } = reportData({ results }, { traces: [{ format: "lirs" }, { format: "arc" }] });
    expect(traces.map(({ format }) => format)).toEqual(["lirs", "arc"]);
  });

  test("has curves in ascending order of frames, for any order of rows", () => {
    const results = [row("lru", 64, 10), row("lru", 4, 90), row("lru", 16, 40)];
    const points = reportData({ results }).traces[0]?.curves[0]?.points;
    expect(points).toEqual([
      { frames: 4, missRatio: 0.09 },
      { frames: 16, missRatio: 0.04 },
      { frames: 64, missRatio: 0.01 },
    ]);
  });

  test("converts sums over time to values of each window", () => {
    const { timelines } = reportData({ results: [timed("lru", 8, 400)] }).traces[0] ?? {};
    expect(timelines).toEqual({
      requests: [250, 250, 250, 250],
      runs: [{ policy: "lru", frames: 8, misses: [200, 0, 100, 100] }],
    });
  });

  test("distinguishes curves of one policy by the parameters that differ", () => {
    const curve = { policy: "lru", method: "exact" as const, points: [] };
    const names = (curves: object[]) =>
      reportData({ trace: "t", curves: curves.map((one) => ({ ...curve, ...one })) }).traces[0]?.policies;
    expect(names([{}, { policy: "arc" }])).toEqual(["lru", "arc"]);
    expect(names([{ pageSize: 4096 }, { pageSize: 2 ** 21 }])).toEqual([
      "lru, 4 KiB pages",
      "lru, 2 MiB pages",
    ]);
    expect(names([{ sets: 16 }, { sets: 64 }])).toEqual(["lru, 16 sets", "lru, 64 sets"]);
    expect(names([{}, { method: "sampled" }])).toEqual(["lru, exact", "lru, sampled"]);
  });

  test("of mrc keeps error bars, working set and reuse", () => {
    const { reuse, workingSet } = details;
    if (reuse === undefined || workingSet === undefined) throw new Error("the example has both");
    const [trace] = reportData({ ...sampled, reuse: [reuse], workingSets: [workingSet] }).traces;
    expect(trace?.curves[0]?.points[0]).toEqual({ frames: 1, missRatio: 0.5, errorBar: 0.01 });
    expect(trace).toMatchObject({ reuse, workingSet, pageSize: 4096, distinctPages: 300, requests: 1000 });
  });
});

describe("a ranking", () => {
  test("compares misses with the fewest, so that large memories count as much as small ones", () => {
    // By sums of misses, a would be best: 510 against 512.
    const results = [row("a", 1, 500), row("b", 1, 511), row("a", 9, 10), row("b", 9, 1)];
    expect(ranked(results)).toEqual(["b", "a"]);
  });

  test("puts the bound first and does not compare others with it", () => {
    expect(ranked([row("lru", 4, 200), row("opt", 4, 300), row("arc", 4, 100)])).toEqual([
      "opt",
      "arc",
      "lru",
    ]);
  });

  test("accepts sizes without misses", () => {
    expect(ranked([row("a", 4, 0), row("b", 4, 5), row("a", 8, 0), row("b", 8, 0)])).toEqual(["a", "b"]);
  });
});
