/** The recorder of a heap, compared with naive sums over the same operations. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import { spawn } from "#pagewalk/process/spawn.js";
import type { KernelHeap } from "#pagewalk/wasm/heap.js";
import { KernelHeapSurvey, type RecorderParts } from "#pagewalk/wasm/heap-recorder.js";
import type { Histogram } from "#pagewalk/wasm/histogram.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import {
  CHUNK_CACHED,
  CHUNK_FREE,
  CHUNK_MAPPED,
  CHUNK_META,
  CHUNK_TOP,
  HEAP_A,
  HEAP_BYTES,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_PAGES,
  HEAP_WATCHED,
} from "../../assembly/abi/heap.js";
import { MAP_COLUMNS, MAP_ROWS, SERIES_SAMPLES } from "../../assembly/abi/heap-recorder.js";
import { CHUNK_STATES } from "../../assembly/abi/names.js";
import { randomRecords } from "../../bench/heap/random-log.js";
import { caseCount } from "../build.js";

const NOTHING: RecorderParts = { series: false, map: false, costs: false };

async function heapOf(name: string, mode = HEAP_PAGES): Promise<KernelHeap> {
  const [choice] = await chooseAllocators(name);
  if (choice === undefined) throw new Error(name);
  const process = await spawn();
  const { id: allocator, parameters } = choice;
  return process.space.kernel.createHeap({
    ...{ allocator, parameters, mode, isUsed: false, byAddress: false },
  });
}

const count = (records: Uint8Array) => records.length / HEAP_BYTES;

/** Serves them in batches of `most`, and calls `after` after each batch. */
function serve(heap: KernelHeap, records: Uint8Array, most = 1000, after: () => void = () => {}): void {
  for (let at = 0; at < records.length; at += most * HEAP_BYTES) {
    const batch = records.subarray(at, at + most * HEAP_BYTES);
    expect(heap.serve(batch, count(batch))).toBe(count(batch));
    after();
  }
}

describe("a series", () => {
  test("has the heap's sums at equal distances of operations, and at the end", async () => {
    const records = randomRecords({ operations: 3000 });
    const [recorded, naive] = [await heapOf("glibc"), await heapOf("glibc")];
    const recorder = recorded.record({ ...NOTHING, series: true });
    serve(recorded, records, 777);
    recorder.finish();
    const sums = [naive.counters];
    serve(naive, records, 1, () => sums.push(naive.counters));
    const { series } = recorder;
    expect(series.map(({ operations }) => operations)).toEqual([
      ...Array.from({ length: 187 }, (_, n) => 16 * (n + 1)),
      3000,
    ]);
    for (const { operations, live, blocks, footprint, committed } of series) {
      const { liveBytes, liveBlocks, liveFootprint, committed: had } = sums[operations] ?? {};
      expect({ live, blocks, footprint, committed }).toEqual({
        live: liveBytes,
        blocks: liveBlocks,
        footprint: liveFootprint,
        committed: had,
      });
    }
  });

  test("has a bounded length: distances double", async () => {
    const heap = await heapOf("bump");
    const recorder = heap.record({ ...NOTHING, series: true });
    const records = randomRecords({ operations: 9000, places: 10 });
    serve(heap, records);
    const moments = recorder.series.map(({ operations }) => operations);
    expect(moments.length).toBeGreaterThan(SERIES_SAMPLES / 2);
    expect(moments.length).toBeLessThanOrEqual(SERIES_SAMPLES);
    expect(moments).toEqual(moments.map((_, n) => 32 * (n + 1)).filter((at) => at <= 9000));
  });

  test("has bytes in memory and faults", async () => {
    const heap = await heapOf("bump:growth=4096");
    const recorder = heap.record({ ...NOTHING, series: true });
    const bytes = new Uint8Array(HEAP_BYTES);
    new DataView(bytes.buffer).setBigUint64(HEAP_A, 10_000n, true);
    serve(heap, bytes);
    recorder.finish();
    // The header is stored to, the block is not.
    expect(recorder.series.at(-1)).toMatchObject({ operations: 1, resident: 4096, faults: 1 });
  });
});

describe("a map", () => {
  const records = randomRecords({ operations: 6000, places: 300, seed: 7 });

  test.each(["glibc", "glibc:mmap_threshold=4096", "musl", "first-fit", "buddy"])(
    "of %s equals a walk over the chunks at the end",
    async (name) => {
      const heap = await heapOf(name);
      const recorder = heap.record({ ...NOTHING, map: true });
      serve(heap, records);
      recorder.finish();
      expect(recorder.isValid()).toBe(true);
      const { rows = [], moments = [], blockBytes = 0 } = recorder.grid ?? {};
      const last = moments.length - 1;
      const states = CHUNK_STATES.map((_, state) =>
        rows.reduce((sum, { bytes }) => sum + (bytes[last * CHUNK_STATES.length + state] ?? 0), 0),
      );
      const walked = [...heap.chunks()];
      expect(Object.fromEntries(CHUNK_STATES.map((state, n) => [state, states[n]]))).toEqual(
        Object.fromEntries(
          CHUNK_STATES.map((state) => [state, sum(walked.filter((one) => stateOf(one.state) === state))]),
        ),
      );
      const free = walked.filter((one) => one.state === CHUNK_FREE).map(({ bytes }) => bytes);
      expect(moments.at(-1)).toEqual({
        operations: 6000,
        freeBytes: free.reduce((all, bytes) => all + bytes, 0),
        freeChunks: free.length,
        largestFree: Math.max(0, ...free),
      });
      for (const { page } of rows) expect(Number(page % BigInt(blockBytes))).toBe(0);
      const pages = rows.map(({ page }) => page);
      expect(pages).toEqual([...new Set(pages)].sort((a, b) => (a < b ? -1 : 1)));
    },
  );

  test("of glibc includes blocks in mappings of their own, and then covers the whole heap", async () => {
    const heap = await heapOf("glibc:mmap_threshold=4096");
    const recorder = heap.record({ ...NOTHING, map: true });
    let most = 0;
    serve(heap, records, 50, () => {
      const { committed, mmapCalls, munmapCalls } = heap.counters;
      const mapped = [...heap.chunks()].filter(({ state }) => state === CHUNK_MAPPED);
      expect(mapped).toHaveLength(mmapCalls - munmapCalls);
      for (const { address, bytes } of mapped) expect([address % 4096n, bytes % 4096]).toEqual([0n, 0]);
      expect(sum([...heap.chunks()])).toBe(committed);
      most = Math.max(most, mapped.length);
    });
    expect(most).toBeGreaterThan(20);
    recorder.finish();
    const { rows = [], moments = [] } = recorder.grid ?? {};
    const last = (moments.length - 1) * CHUNK_STATES.length;
    const cells = rows.map(({ bytes }) => bytes.slice(last, last + CHUNK_STATES.length));
    expect(cells.flatMap((cell) => [...cell]).reduce((all, bytes) => all + bytes, 0)).toBe(
      heap.counters.committed,
    );
    // The arena's heap and the mappings are far apart.
    for (const { arena, bytes } of rows) {
      const used = CHUNK_STATES.filter((_, state) =>
        bytes.some((b, n) => b > 0 && n % CHUNK_STATES.length === state),
      );
      expect(used.includes("mapped")).toBe(arena === undefined);
    }
  });

  test.each([
    [undefined, 32],
    [100, 32],
    [6000, 32],
    [40_000, 256],
  ])("has moments at a distance that fits %s expected operations", async (expected, distance) => {
    const heap = await heapOf("bump");
    const recorder = heap.record({ ...NOTHING, map: true }, expected);
    serve(heap, records);
    recorder.finish();
    const moments = recorder.grid?.moments.map(({ operations }) => operations) ?? [];
    const whole = Array.from({ length: Math.floor(6000 / distance) }, (_, n) => distance * (n + 1));
    expect(moments).toEqual(whole.at(-1) === 6000 ? whole : [...whole, 6000]);
  });

  test("has bounded rows and moments for any heap: blocks and distances grow", async () => {
    const heap = await heapOf("first-fit");
    const recorder = heap.record({ ...NOTHING, map: true });
    serve(heap, randomRecords({ operations: 4500, places: 5000 }));
    recorder.finish();
    const { rows = [], moments = [], blockBytes = 0 } = recorder.grid ?? {};
    expect(blockBytes).toBeGreaterThan(4096);
    expect(rows.length).toBeLessThanOrEqual(MAP_ROWS);
    expect(moments.length).toBeLessThanOrEqual(MAP_COLUMNS + 1);
    expect(recorder.isValid()).toBe(true);
    const distances = moments.slice(1).map(({ operations }, n) => operations - (moments[n]?.operations ?? 0));
    expect(new Set(distances.slice(0, -1))).toEqual(new Set([moments[0]?.operations]));
  });
});

const sum = (chunks: readonly { bytes: number }[]) => chunks.reduce((all, { bytes }) => all + bytes, 0);

function stateOf(state: number): string {
  if (state === CHUNK_FREE) return "free";
  if (state === CHUNK_CACHED) return "cached";
  if (state === CHUNK_TOP) return "top";
  if (state === CHUNK_MAPPED) return "mapped";
  return state === CHUNK_META ? "meta" : "used";
}

describe("costs of operations", () => {
  const records = randomRecords({ operations: 2000, places: 200 });

  test.each(["glibc", "first-fit", "musl"])("of %s equal those of single operations", async (name) => {
    const [heap, naive] = [await heapOf(name, HEAP_WATCHED), await heapOf(name, HEAP_WATCHED)];
    const recorder = heap.record({ ...NOTHING, costs: true });
    serve(heap, records);
    const steps: number[] = [];
    const lines: number[] = [];
    let before = naive.counters;
    serve(naive, records, 1, () => {
      steps.push(naive.counters.steps - before.steps);
      lines.push(naive.counters.lines - before.lines);
      before = naive.counters;
    });
    const { costs } = recorder;
    if (costs === undefined) throw new Error("no costs");
    expectSame(costs.steps, steps);
    expectSame(costs.lines, lines);
  });

  test("are the same if maps are recorded and chunks are walked between operations", async () => {
    const [heap, walked] = [await heapOf("glibc", HEAP_WATCHED), await heapOf("glibc", HEAP_WATCHED)];
    walked.record({ series: true, map: true, costs: true });
    serve(heap, records);
    serve(walked, records, 100, () => {
      expect([...walked.chunks()].length).toBeGreaterThan(0);
      expect(walked.isValid()).toBe(true);
    });
    expect(walked.counters).toEqual(heap.counters);
  });
});

/** Expects the histogram of these values. */
function expectSame(histogram: Histogram, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  expect(histogram.count).toBe(values.length);
  expect(histogram.sum).toBe(values.reduce((all, value) => all + value, 0));
  expect(histogram.most).toBe(sorted.at(-1) ?? 0);
  for (const share of [0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = sorted[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
    const found = histogram.quantile(share);
    expect(found).toBeGreaterThanOrEqual(exact);
    expect(found).toBeLessThanOrEqual(exact < 32 ? exact : exact * (1 + 1 / 16));
  }
}

describe("a survey of a log", () => {
  const sizes = fc.array(fc.oneof(fc.nat(64), fc.nat(2 ** 20), fc.nat(2 ** 31 - 1)), {
    minLength: 1,
    maxLength: 200,
  });

  test("counts requests by size", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (values) => {
        const survey = new KernelHeapSurvey(await Kernel.create());
        const records = new Uint8Array(values.length * HEAP_BYTES);
        const view = new DataView(records.buffer);
        for (const [n, value] of values.entries()) {
          view.setBigUint64(n * HEAP_BYTES + HEAP_A, BigInt(value), true);
          view.setUint32(n * HEAP_BYTES + HEAP_MADE, n, true);
          view.setUint32(n * HEAP_BYTES + HEAP_FREED, 0xffffffff, true);
        }
        survey.add(records, values.length);
        expectSame(survey.result.sizes, values);
        for (const { from, to, count: found } of survey.result.sizes.buckets) {
          expect(values.filter((value) => value >= from && value <= to)).toHaveLength(found);
        }
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("counts lifetimes of blocks in operations; realloc starts a new lifetime", async () => {
    const records = randomRecords({ operations: 5000, places: 100 });
    const survey = new KernelHeapSurvey(await Kernel.create());
    const view = new DataView(records.buffer);
    const births = new Map<number, number>();
    const lives: number[] = [];
    let made = 0;
    for (let n = 0; n < 5000; n++) {
      const at = n * HEAP_BYTES;
      const [given, makes] = [HEAP_FREED, HEAP_MADE].map((field) => view.getUint32(at + field, true));
      const born = births.get(given ?? 0);
      if (born !== undefined) lives.push(n - born);
      births.delete(given ?? 0);
      if (makes === undefined || makes === 0xffffffff) continue;
      births.set(makes, n);
      made++;
    }
    for (let at = 0; at < records.length; at += 1000 * HEAP_BYTES) {
      survey.add(records.subarray(at, at + 1000 * HEAP_BYTES), 1000);
    }
    const { result } = survey;
    expectSame(result.lives, lives);
    expect(result).toMatchObject({ operations: 5000, made, freed: lives.length });
  });
});
