/** The machine of a replay over time, and its figures. */
import { beforeAll, describe, expect, test } from "vitest";
import { openTrace, type ReplayResult, replay } from "#pagewalk/index.js";
import type { ActivityMoment } from "#pagewalk/machine/activity.js";
import { reportData, type TraceReport } from "#pagewalk/report/data.js";
import { ACTIVITY_FIGURES } from "#pagewalk/report/figures/activity/index.js";
import { namedRows } from "#pagewalk/report/figures/heat.js";
import { figuresOf, firstChoice } from "#pagewalk/report/figures/index.js";
import { valuesOf } from "#pagewalk/report/figures/values.js";
import { reportHtml } from "#pagewalk/report/html.js";

/** Stores over more pages than memory has, round after round: with fifo every one of them is a fault. */
const PAGES = 80;
const ROUNDS = 2500;

async function traceOf(references: number) {
  const lines = Array.from(
    { length: references },
    (_, n) => ` S ${(0x10000000 + (n % PAGES) * 4096).toString(16)},8\n`,
  );
  return openTrace(new TextEncoder().encode(lines.join("")), { format: "lackey", name: "rounds" });
}

let result: ReplayResult;
let moments: ActivityMoment[];
let report: TraceReport;

beforeAll(async () => {
  const trace = await traceOf(PAGES * ROUNDS);
  result = await replay(trace, { memory: 65_536 * 4, policy: "fifo", timeline: true });
  moments = result.timeline?.moments ?? [];
  [report] = reportData(result).traces as [TraceReport];
});

describe("the timeline of a replay", () => {
  test("ends with the counts of the result, and never decreases", () => {
    const { faults, walks, tlb, replacement, trace } = result;
    expect(moments.length).toBeGreaterThan(4);
    expect(moments.at(-1)).toMatchObject({
      at: trace.references,
      minorFaults: faults.minor,
      majorFaults: faults.major,
      walks: walks.count,
      tlbMisses: Object.fromEntries(Object.entries(tlb).map(([name, { misses }]) => [name, misses])),
      swapIns: replacement.swapIns,
      writebacks: replacement.writebacks,
    });
    for (const [n, moment] of moments.entries()) {
      const before = moments[n - 1];
      if (before === undefined) continue;
      expect(moment.at).toBeGreaterThan(before.at);
      expect(moment.majorFaults).toBeGreaterThanOrEqual(before.majorFaults);
    }
  });

  test("has a fault for each reference of a loop larger than memory, in every window", () => {
    for (const [n, { at, minorFaults, majorFaults }] of moments.entries()) {
      expect(minorFaults + majorFaults).toBe(at);
      if (n > 0) expect(minorFaults).toBe(PAGES);
    }
  });

  test("changes no count, and is absent where it is not requested", async () => {
    const { time, ...plain } = await replay(await traceOf(1000), { memory: 65_536 * 4 });
    const asked = await replay(await traceOf(1000), { memory: 65_536 * 4, timeline: true });
    const { time: _, timeline, ...same } = asked;
    expect(same).toEqual(plain);
    expect(timeline?.moments.at(-1)?.at).toBe(1000);
  });
});

describe("the report of a replay", () => {
  test("has the figures for which there are data", () => {
    expect(figuresOf(report).map(({ id }) => id)).toEqual(["memory", "faults", "tlb", "swap"]);
    for (const figure of ACTIVITY_FIGURES)
      expect(figure.has({ name: "", policies: [], order: [], ranking: [], curves: [] })).toBe(false);
  });

  test("draws for each window the increase since the previous one", () => {
    const figure = ACTIVITY_FIGURES.find(({ id }) => id === "faults");
    if (figure === undefined) throw new Error("no figure");
    const drawn = valuesOf(figure, report, firstChoice(report));
    const sum = (series: string) =>
      drawn.filter((row) => row.series === series).reduce((all, row) => all + Number(row["page faults"]), 0);
    expect([sum("minor"), sum("major")]).toEqual([result.faults.minor, result.faults.major]);
  });

  test("shows the counts without a script", async () => {
    const html = (await reportHtml(result)).replaceAll(/<script[^>]*>[\s\S]*?<\/script>/g, "");
    expect(html).toContain("A machine over time: rounds");
    expect(html).toContain("80 minor, 199,920 major");
  });
});

interface Labelled {
  yAxis: { axisLabel: { formatter: (text: string, index: number) => string } };
}

describe("the names of regions on the map of addresses", () => {
  const bin = (first: string, last: string) => ({ region: 0, first, last, counts: [1, 2] });
  const regions = [
    { start: "0x400000", end: "0x402000", name: "/usr/bin/ls" },
    { start: "0x402000", end: "0x403000", name: "/usr/bin/ls" },
    { start: "0x7000", end: "0x8000", name: "[stack]" },
  ];
  const bins = [
    bin("0x7000", "0x7fff"),
    bin("0x8000", "0x8fff"),
    ...Array.from({ length: 6 }, (_, n) => bin(`0x40${n}000`, `0x40${n}fff`)),
  ];

  test("are those of the regions that a row overlaps", () => {
    expect(namedRows(bins, regions).map(({ name }) => name)).toEqual([
      "[stack]",
      undefined,
      ...Array<string>(3).fill("/usr/bin/ls"),
      ...Array<undefined>(3).fill(undefined),
    ]);
    expect(namedRows([bin("0x3ff000", "0x400fff")], regions)[0]?.name).toBe("/usr/bin/ls");
  });

  test("are at the start of the region, without folders, and without addresses on a narrow figure", () => {
    const heat = { unit: "address" as const, requests: 24, windowRequests: 8, bins };
    const trace = { ...report, heat, regions };
    const figures = figuresOf(trace).filter(({ id }) => id === "addresses");
    const labels = (width: number) => {
      const look = { dark: false, width, legend: false };
      const [option] = figures.map((figure) => figure.option(trace, firstChoice(trace), look));
      const { yAxis } = option as unknown as Labelled;
      return bins.map(({ first }, index) => yAxis.axisLabel.formatter(first, index));
    };
    expect(labels(1200).slice(0, 4)).toEqual(["[stack] 0x7000", "0x8000", "ls 0x400000", "0x401000"]);
    expect(labels(390).slice(0, 4)).toEqual(["[stack]", "0x8000", "ls", "0x401000"]);
  });
});
