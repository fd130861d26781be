/** Sampled curves, against exact ones of the same trace. */
import { describe, expect, test } from "vitest";
import { type Curve, generateTrace, mrc, openTrace, type Trace } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { RECORDING } from "../cli/command.js";
import { mean, recordingShapes, traceOf } from "./models.js";

const curveOf = async (trace: Trace, options: object): Promise<Curve> => {
  const { curves } = await mrc(trace, options);
  return curves[0] as Curve;
};
/** Ratios of the exact curve at the points of a sampled one. */
const exactAt = async (trace: Trace, { points }: Curve): Promise<number[]> => {
  const curve = await curveOf(trace, { frames: points.map(({ frames }) => frames) });
  return curve.points.map(({ missRatio }) => missRatio);
};
/** Samples of each trace for error bars; the debug build draws the same ones, slower. */
const SEEDS = isDebug ? 10 : 40;
const zipf = generateTrace({ pattern: "zipf", references: 400_000, pages: 20_000, alpha: 0.8 });
const phases = generateTrace({ pattern: "working-set", references: 300_000, pages: 20_000, setPages: 3000 });

describe("a sample of everything", () => {
  test.each([["lru"], ["arc"], ["opt"], ["mru"], ["vmin"], ["random:seed=3"]])(
    "gives the exact curve of %s",
    async (policy) => {
      const list = Array.from({ length: 4000 }, (_, n) => ((n * 7919) % 211) ^ (n >> 5));
      const trace = await traceOf(list);
      const exact = await curveOf(trace, { policy, points: 15 });
      const sampled = await curveOf(trace, { policy, points: 15, sample: 1 });
      expect(sampled.method).toBe("sampled");
      expect(sampled.distinctPages).toBe(exact.distinctPages);
      expect(sampled.points).toEqual(
        exact.points.map(({ frames, missRatio }) => ({ frames, missRatio, errorBar: 0 })),
      );
    },
  );

  test.each(recordingShapes({ only: "data" }, { pageSize: 512 }))(
    "has every request of the recording, %j",
    async (options) => {
      const trace = await openTrace(RECORDING);
      const exact = await curveOf(trace, { ...options, points: 10 });
      const sampled = await curveOf(trace, { ...options, points: 10, sample: 1 });
      expect(sampled.requests).toBe(exact.requests);
      expect(sampled.points.map((point) => point.missRatio)).toEqual(
        exact.points.map((point) => point.missRatio),
      );
    },
  );

  test("accepts references that span more pages than fit in one step", async () => {
    const text = ` L 00000000,${2 ** 28}\n S 00000ffe,4\n`;
    const trace = await openTrace(new TextEncoder().encode(text), { format: "lackey" });
    const sampled = await curveOf(trace, { sample: 1, frames: 100 });
    expect([sampled.requests, sampled.distinctPages]).toEqual([65538, 65536]);
  });

  test.each(["lru", "opt", "mru"])(
    "is a sample of a fixed size that holds all pages, for %s",
    async (policy) => {
      const trace = await traceOf(Array.from({ length: 3000 }, (_, n) => ((n * 7919) % 211) ^ (n >> 5)));
      const exact = await curveOf(trace, { policy, points: 15 });
      const sampled = await curveOf(trace, { policy, points: 15, sampleSize: 1000 });
      expect(sampled.sampleRate).toBe(1);
      for (const [n, point] of sampled.points.entries()) {
        expect(point.missRatio).toBeCloseTo(exact.points[n]?.missRatio ?? 0, 12);
      }
    },
  );
});

describe("a sample", () => {
  test.each([
    ["zipf", zipf],
    ["phases", phases],
  ])("of a tenth is near the exact curve on average: %s", async (_, trace) => {
    const curve = await curveOf(trace, { sample: 0.1, spacing: "linear" });
    const exact = await exactAt(trace, curve);
    const errors = curve.points.map(({ missRatio }, n) => Math.abs(missRatio - (exact[n] ?? 0)));
    expect(mean(errors)).toBeLessThan(0.02);
  });

  test("of a fixed size does not exceed it, and is near the exact curve on average", async () => {
    const curve = await curveOf(zipf, { sampleSize: 2000, spacing: "linear" });
    const exact = await exactAt(zipf, curve);
    const errors = curve.points.map(({ missRatio }, n) => Math.abs(missRatio - (exact[n] ?? 0)));
    expect(mean(errors)).toBeLessThan(0.02);
    expect(curve.distinctPages * (curve.sampleRate ?? 0)).toBeLessThan(2000.5);
    expect(curve.sampleRate).toBeLessThan(0.2);
  });

  test.each([
    ["a fixed rate", { sample: 0.05 }],
    ["a fixed size", { sampleSize: 800 }],
  ])("of %s has error bars that cover the exact curve in nine of ten cases", async (_, sampling) => {
    const covered: number[] = [];
    for (const trace of [zipf, phases]) {
      let exact: Map<number, number> | undefined;
      for (let seed = 0; seed < SEEDS; seed++) {
        const frames = [400, 900, 2000, 4000, 8000, 15000];
        const curve = await curveOf(trace, { ...sampling, seed, frames });
        exact ??= new Map((await exactAt(trace, curve)).map((ratio, n) => [frames[n] ?? 0, ratio]));
        for (const { frames, missRatio, errorBar = 0 } of curve.points) {
          covered.push(Number(Math.abs(missRatio - (exact.get(frames) ?? 0)) <= errorBar));
        }
      }
    }
    expect(mean(covered)).toBeGreaterThan(0.9);
    expect(mean(covered)).toBeLessThan(1);
  });

  test.each([
    ["arc", { sample: 0.1 }],
    ["opt", { sample: 0.1 }],
    ["opt", { sampleSize: 2000 }],
  ])("has a curve of %s near the exact one, with %j", async (policy, sample) => {
    const options = { policy, frames: [1000, 4000, 10000] };
    const exact = await curveOf(zipf, options);
    const sampled = await curveOf(zipf, { ...options, ...sample });
    for (const [n, { missRatio, errorBar }] of sampled.points.entries()) {
      expect(Math.abs(missRatio - (exact.points[n]?.missRatio ?? 0))).toBeLessThan(0.05);
      expect(errorBar).toBeGreaterThan(0);
    }
  });

  test("has a miniature of fifo with the misses of lru if neither evicts", async () => {
    const options = { policy: "fifo,lru", sample: 0.1, frames: "100%" };
    const [fifo, lru] = (await mrc(zipf, options)).curves.map(({ points }) => points[0]?.missRatio);
    expect(fifo).toBe(lru);
  });

  test("selects the same pages singly, if references span pages, and in groups of four otherwise", async () => {
    const list = Array.from({ length: 6000 }, (_, n) => ((n * n * 31 + n) % 997) + (n >> 7));
    const spanning = list.map((page, n) => ` L ${(page * 16 + 15).toString(16)},${n % 3 === 0 ? 2 : 1}\n`);
    const spanned = list.flatMap((page, n) => (n % 3 === 0 ? [page, page + 1] : [page]));
    const lackey = await openTrace(new TextEncoder().encode(spanning.join("")), { format: "lackey" });
    const options = { sample: 0.3, points: 20 };
    const { pageSize, ...slow } = await curveOf(lackey, { ...options, pageSize: 16 });
    expect(pageSize).toBe(16);
    expect(slow).toEqual(await curveOf(await traceOf(spanned), options));
  });

  test("is the same for the same seed, and differs for another", async () => {
    const options = { sample: 0.05, points: 10 };
    const first = await curveOf(zipf, options);
    expect(await curveOf(zipf, { ...options, seed: 1 })).toEqual(first);
    expect(await curveOf(zipf, { ...options, seed: 2 })).not.toEqual(first);
  });

  test("begins at the least number of frames that it can resolve", async () => {
    const { points, sampleRate = 0 } = await curveOf(zipf, { sample: 0.05 });
    expect(points[0]?.frames).toBe(Math.round(8 / sampleRate));
  });
});
