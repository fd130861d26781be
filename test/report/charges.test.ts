/** The report of the costs of a recording's allocations, compared with the recording's references. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runLog } from "#pagewalk/process/log/run/log.js";
import type { RunResult } from "#pagewalk/process/log/run/result.js";
import { type ChargeMeasure, chargesReport } from "#pagewalk/report/charges-data.js";
import { reportData, type TraceReport } from "#pagewalk/report/data.js";
import { CHARGE_FIGURES } from "#pagewalk/report/figures/charges/index.js";
import { figuresOf, firstChoice } from "#pagewalk/report/figures/index.js";
import type { Look } from "#pagewalk/report/figures/look.js";
import { reportHtml } from "#pagewalk/report/html.js";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { openTrace } from "#pagewalk/trace/open.js";

const MAPS = `\
400000-401000 r-xp 00000000 00:00 1 /program
500000-502000 rw-p 00000000 00:00 0
7fff00000000-7fff00021000 rw-p 00000000 00:00 0 [stack]
`;
const BLOCKS = 30;
const blockAt = (n: number) => `0x${(0x6002a0 + 0x110 * n).toString(16)}`;
/** Thirty blocks of thirty callers: block n is touched n + 1 times. */
const LOG = [
  "brk(0) = 0x600000",
  "brk(0x621000) = 0x621000",
  ...Array.from({ length: BLOCKS }, (_, n) => [
    `malloc(256) = ${blockAt(n)} # 0x${(0x400100 + n).toString(16)}`,
    ...Array<string>(n + 1).fill(`store(${blockAt(n)}, 8)`),
  ]).flat(),
  ...Array<string>(7).fill("load(0x500000, 8)"),
  "fetch(0x400200, 4)",
];
const touches = LOG.filter((line) => /^(load|store|fetch)/.test(line)).length;
const look: Look = { dark: false, width: 1200, legend: false };

let folder: string;
let result: RunResult;
let trace: TraceReport;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-charges-"));
  const path = join(folder, "log.pagewalk");
  const log = await openTrace(new TextEncoder().encode(`${LOG.join("\n")}\n`), {
    name: "log",
    format: "calls",
  });
  const metadata = { maps: MAPS, placement: "recorded", allocations: "recorded" };
  await convertTrace(log, path, { format: "pagewalk", metadata });
  result = await runLog(path);
  if (result.charges === undefined) throw new Error("no charges");
  const [only] = reportData({ trace: "log", allocator: "glibc", charges: result.charges }).traces;
  if (only === undefined) throw new Error("no trace");
  trace = only;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Drawn {
  xAxis: { name: string };
  yAxis: { data: string[] };
  series: { name: string; data: (number | null)[] }[];
}

function bars(id: string, charge: ChargeMeasure): [name: string, cost: number, series: string][] {
  const figure = CHARGE_FIGURES.find((one) => one.id === id);
  const option = figure?.option(trace, { ...firstChoice(trace), charge }, look) as unknown as Drawn;
  expect(option.xAxis.name).toBe(charge);
  return option.yAxis.data.map((name, n) => {
    const [one, ...others] = option.series.filter(({ data }) => data[n] !== null);
    expect(others).toEqual([]);
    return [name, one?.data[n] ?? 0, one?.name ?? ""];
  });
}

describe("costs by allocating call", () => {
  test("have a bar for each of the costliest calls, one for the others, and one for each region", () => {
    const drawn = bars("charges-sites", "references");
    const told = Array.from({ length: 20 }, (_, n) => BLOCKS - n);
    const rest = (BLOCKS - 20) * (BLOCKS - 20 + 1) * 0.5;
    const blocks = drawn.filter(([, , series]) => series === "of blocks");
    expect(blocks.map(([, cost]) => cost)).toEqual([rest, ...told].sort((a, b) => b - a));
    expect(blocks.find(([name]) => name === "10 more")?.[1]).toBe(rest);
    expect(blocks).toContainEqual([`malloc from program+0x${(0x100 + 29).toString(16)}`, 30, "of blocks"]);
    const outside = drawn.filter(([, , series]) => series === "outside blocks");
    expect(outside.map(([name, cost]) => [name, cost])).toEqual([
      ["private memory", 7],
      ["/program", 1],
    ]);
  });

  test.each(["cycles", "references", "TLB misses", "page faults"] as const)(
    "add up in %s to the machine's counts",
    (measure) => {
      const sum = bars("charges-sites", measure).reduce((all, [, cost]) => all + cost, 0);
      expect(sum).toBe(trace.charges?.total[measure]);
      expect(sum).toBeGreaterThan(0);
    },
  );

  test("add up to the references of the recording", () => {
    expect(trace.charges?.total.references).toBe(touches);
  });
});

test("costs by size have one bar if all blocks have one size", () => {
  expect(bars("charges-sizes", "references")).toEqual([
    ["241 to 256 B", (BLOCKS * (BLOCKS + 1)) / 2, "of blocks"],
  ]);
});

test("a report has the figures and tables of charges, and none of others", async () => {
  expect(figuresOf(trace)).toEqual(CHARGE_FIGURES);
  if (result.charges === undefined) throw new Error("no charges");
  const html = await reportHtml({ trace: "<log>", charges: result.charges });
  expect(html).toContain("<h1>Costs of allocations</h1>");
  expect(html).toContain("<h2>&lt;log&gt;</h2>");
  expect(html).toContain('<th scope="row">malloc from program+0x11d</th><td>1</td><td>256 B</td><td>30</td>');
  for (const { title } of chargesReport({ trace: "", charges: result.charges }).tables)
    expect(html.toLowerCase()).toContain(`<h3>${title}</h3>`);
});
