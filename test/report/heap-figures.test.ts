/** Figures and tables of `heap`, compared with counts of the log, line by line. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { CELL_KINDS } from "#pagewalk/heap/cell-kinds.js";
import { type HeapResult, heap } from "#pagewalk/heap/heap.js";
import { reportData, type TraceReport } from "#pagewalk/report/data.js";
import type { Choice } from "#pagewalk/report/figures/figure.js";
import { HEAP_FIGURES } from "#pagewalk/report/figures/heap/index.js";
import { runsOf } from "#pagewalk/report/figures/heap/map.js";
import { LIVE } from "#pagewalk/report/figures/heap/over-time.js";
import { firstChoice } from "#pagewalk/report/figures/index.js";
import { inkOf, type Look } from "#pagewalk/report/figures/look.js";
import { reportHtml } from "#pagewalk/report/html.js";
import { isDebug } from "../build.js";
import { countLog, type NaiveLog } from "./naive-heap.js";

const look: Look = { dark: false, width: 1200, legend: false };
const narrow: Look = { ...look, width: 360 };
const ALLOCATORS = ["bump", "glibc", "musl", "buddy"];

let text: string;
let naive: NaiveLog;
let result: HeapResult;
let trace: TraceReport;

beforeAll(async () => {
  const recording = new URL("../recorded/heap/glibc-2.log.gz", import.meta.url);
  const lines = gunzipSync(readFileSync(recording)).toString().split("\n");
  // The debug build checks each heap after each operation.
  text = lines.slice(0, isDebug ? 700 : lines.length).join("\n");
  naive = countLog(text);
  const options = { allocators: ALLOCATORS, jobs: 1, timeline: true, map: true, survey: true };
  result = await heap(new TextEncoder().encode(text), { ...options, name: "recorded.log" });
  const [only] = reportData(result).traces;
  if (only === undefined) throw new Error("no trace");
  trace = only;
});

interface Drawn {
  backgroundColor: string;
  xAxis: { name: string; data?: string[]; max?: number };
  yAxis: { name: string; data?: string[] };
  series: { name: string; data: unknown[] }[];
}

function drawn(id: string, change: Partial<Choice> = {}, on = look): Drawn {
  const figure = HEAP_FIGURES.find((one) => one.id === id);
  return figure?.option(trace, { ...firstChoice(trace), ...change }, on) as unknown as Drawn;
}

const series = (figure: Drawn, name: string) =>
  (figure.series.find((one) => one.name === name)?.data ?? []) as number[][];

describe.each(HEAP_FIGURES.map(({ id }) => id))("the figure %s", (id) => {
  test("names its axes, numbers with their units, on the background of its theme", () => {
    for (const on of [look, narrow, { ...look, dark: true }]) {
      const { xAxis, yAxis, series: lines, backgroundColor } = drawn(id, {}, on);
      expect(xAxis.name).toMatch(/operations|bytes|iB$/);
      if (!Array.isArray(yAxis) && yAxis.data === undefined) expect(yAxis.name).toMatch(/%|iB/);
      expect(lines.length).toBeGreaterThan(0);
      expect(backgroundColor).toBe(inkOf(on).paper);
    }
  });

  test("is absent for a comparison of policies", () => {
    const nothing = { name: "", policies: [], order: [], ranking: [], curves: [] };
    expect(HEAP_FIGURES.find((one) => one.id === id)?.has(nothing)).toBe(false);
  });
});

test("the heap over time: bytes in use, and bytes of each allocator", () => {
  const figure = drawn("heap-bytes");
  const live = series(figure, LIVE);
  expect(live.length).toBeGreaterThan(40);
  expect(live).toEqual(live.map(([operations = 0]) => [operations, naive.live[operations]]));
  expect(live.at(-1)?.[0]).toBe(naive.live.length - 1);
  for (const { allocator, finalHeapBytes, peakHeapBytes } of result.results) {
    const heaps = series(figure, allocator).map(([, bytes = 0]) => bytes);
    expect(heaps.at(-1)).toBe(finalHeapBytes);
    expect(Math.max(...heaps)).toBeLessThanOrEqual(peakHeapBytes);
    expect(heaps.every((bytes, n) => bytes >= (live[n]?.[1] ?? 0))).toBe(true);
  }
});

test("fragmentation over time: the sum of both kinds is the share of the heap that was not requested", () => {
  const heaps = drawn("heap-bytes");
  const both = drawn("heap-fragmentation", { fragmentation: "both" });
  for (const allocator of ALLOCATORS) {
    const had = series(heaps, allocator);
    for (const [n, [operations = 0, share = 0]] of series(both, allocator).entries()) {
      expect(share).toBeCloseTo(1 - (naive.live[operations] ?? 0) / (had[n]?.[1] ?? 1), 4);
    }
  }
});

test("the heap when most is in use: its parts equal the heap of a log that ends there", async () => {
  const { yAxis, xAxis, series: parts } = drawn("heap-peak", { policies: ALLOCATORS });
  const lines = text.split("\n");
  const isCall = (line: string) => line !== "" && !line.startsWith("#");
  const head = lines.filter((line) => !isCall(line));
  const calls = lines.filter(isCall).slice(0, naive.peakAt);
  const cut = new TextEncoder().encode([...head, ...calls].join("\n"));
  const { results } = await heap(cut, { allocators: ALLOCATORS, jobs: 1 });
  const order = [...results].sort((a, b) => a.finalHeapBytes - b.finalHeapBytes);
  expect(yAxis.data).toEqual(order.map(({ allocator }) => allocator));
  const { max = 0 } = xAxis;
  for (const [n, { finalHeapBytes }] of order.entries()) {
    const bytes = parts.map(({ data }) => Number(data[n]));
    expect(bytes[0]).toBe(naive.live[naive.peakAt]);
    const sum = bytes.reduce((all, part) => all + part, 0);
    // A longer bar is cut at the end of the axis.
    expect(sum).toBeCloseTo(Math.min(finalHeapBytes, max), 3);
  }
});

/** 0, 1, 2–3, 4–7, … */
const powerOf = (value: number) => (value === 0 ? 0 : Math.floor(Math.log2(value)) + 1);

/** Sums by power, from the first that there is to the last. */
function byPower(values: readonly number[], weight: (value: number) => number): number[] {
  const powers = values.map(powerOf);
  const first = Math.min(...powers);
  return Array.from({ length: Math.max(...powers) - first + 1 }, (_, n) =>
    values.filter((value) => powerOf(value) === first + n).reduce((sum, value) => sum + weight(value), 0),
  );
}

test("sizes of requests: shares of requests and of bytes by powers of two", () => {
  const { xAxis, series: bars } = drawn("heap-sizes");
  const counts = byPower(naive.sizes, () => 1);
  const bytes = byPower(naive.sizes, (value) => value);
  const all = naive.sizes.reduce((sum, value) => sum + value, 0);
  expect(xAxis.data).toHaveLength(counts.length);
  expect(bars[0]?.data).toEqual(counts.map((count) => count / naive.sizes.length));
  // Bytes are computed from the middle of buckets, which are a sixteenth wide.
  const told = (bars[1]?.data ?? []) as number[];
  expect(told).toHaveLength(bytes.length);
  for (const [n, share] of told.entries()) {
    expect(Math.abs(share - (bytes[n] ?? 0) / all)).toBeLessThan(0.02);
  }
});

test("lifetimes of blocks, and blocks that are not freed", () => {
  const { xAxis, series: bars } = drawn("heap-lives");
  const shares = byPower(naive.lives, () => 1).map((count) => count / naive.sizes.length);
  const last = { value: naive.kept.length / naive.sizes.length };
  expect(bars[0]?.data).toEqual([...shares, expect.objectContaining(last)]);
  expect(xAxis.data?.at(-1)).toBe("not freed");
});

test("blocks that are not freed are listed by line in the page, the largest first", async () => {
  const told = [...naive.kept].sort((a, b) => b.bytes - a.bytes || a.line - b.line).slice(0, 20);
  const count = (value: number) => value.toLocaleString("en");
  expect(trace.heap?.findings?.leaks).toEqual({
    blocks: naive.kept.length,
    bytes: naive.live.at(-1),
    largest: told.map(({ line, bytes, address }) => [count(line), count(bytes), address]),
  });
  const html = await reportHtml(result);
  for (const { line, bytes, address } of told) {
    expect(html).toContain(`<th scope="row">${count(line)}</th><td>${count(bytes)}</td><td>${address}</td>`);
  }
});

describe("the heap map", () => {
  test("has each cell of each row once, in runs of one kind", () => {
    const map = trace.heap?.maps.find(({ allocator }) => allocator === "glibc")?.map;
    const { series: kinds } = drawn("heap-map", { allocator: "glibc" });
    const cells = (map?.rows ?? []).map(({ cells: row }) => [...row].map(() => "0"));
    for (const { name, data } of kinds) {
      for (const [from = 0, y = 0, to = 0, kind = 0] of data as number[][]) {
        expect(CELL_KINDS[kind]).toBe(name);
        for (let x = from; x <= to; x++) {
          expect(cells[y]?.[x]).toBe("0");
          if (cells[y] !== undefined) cells[y][x] = String(kind);
        }
      }
    }
    expect(cells.map((row) => row.join(""))).toEqual(map?.rows.map(({ cells: row }) => row));
  });

  test("divides a row into the fewest runs", () => {
    const row = { region: 0, first: "0x0", last: "0xfff", cells: "0011100244" };
    expect(runsOf(row, 7)).toEqual([
      [2, 7, 4, 1],
      [7, 7, 7, 2],
      [8, 7, 9, 4],
    ]);
  });

  test("begins with glibc's, and separates the arenas of threads", () => {
    expect(firstChoice(trace).allocator).toBe("glibc");
    const rows = trace.heap?.maps.find(({ allocator }) => allocator === "glibc")?.map.rows ?? [];
    const threads = new Set([...text.matchAll(/^\[pid (\d+)\] (?!free)/gm)].map(([, pid]) => pid));
    const arenas = new Set(rows.map(({ arena }) => arena));
    arenas.delete(undefined);
    expect(arenas.size).toBeGreaterThan(2);
    expect(arenas.size).toBeLessThanOrEqual(threads.size + 1);
    for (const { region, arena, first } of rows) {
      // A heap of another arena than the main one is 64 MiB aligned.
      const mates = rows.filter((row) => row.region === region);
      expect(new Set(mates.map((row) => row.arena))).toEqual(new Set([arena]));
      if (arena !== undefined && arena > 0)
        expect(new Set(mates.map((row) => BigInt(row.first) >> 26n))).toEqual(
          new Set([BigInt(first) >> 26n]),
        );
    }
  });
});
