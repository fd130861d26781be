/** Exact curves, compared with published counts, a naive stack, `compare`, and cachegrind. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Curve, compare, mrc, openTrace } from "#pagewalk/index.js";
import { caseCount, isDebug } from "../build.js";
import { RECORDING } from "../cli/command.js";
import { missesOf, recordingShapes, traceOf } from "./models.js";

const misses = ({ points }: Curve | { points: never[] }) => points.map((point) => point.misses);
const only = async (list: readonly number[], options: object = {}): Promise<Curve> => {
  const { curves } = await mrc(await traceOf(list), options);
  expect(curves).toHaveLength(1);
  return curves[0] as Curve;
};

describe("the LRU curve", () => {
  test("has the faults of Belady, Nelson and Shedler's string (1969)", async () => {
    const curve = await only([1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]);
    expect(curve.points.map(({ frames }) => frames)).toEqual([1, 2, 3, 4, 5]);
    expect(misses(curve)).toEqual([12, 12, 10, 8, 5]);
  });

  test("has the 12 faults that Silberschatz, Galvin and Gagne count with three frames", async () => {
    const string = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
    expect(misses(await only(string, { frames: 3 }))).toEqual([12]);
  });

  test("equals the naive stack's at every number of frames", async () => {
    const pages = fc.array(fc.nat(40), { minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(pages, async (list) => {
        const curve = await only(list);
        const frames = Array.from({ length: new Set(list).size }, (_, n) => n + 1);
        expect(misses(curve)).toEqual(frames.map((count) => missesOf(list, count)));
        expect(curve.requests).toBe(list.length);
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("stays exact when positions run out and are compacted, with few and with many pages", async () => {
    for (const pages of [50, 30_000]) {
      const list = Array.from({ length: 120_000 }, (_, n) =>
        Math.floor(pages * ((n * 0.6180339887) % 1) ** 2),
      );
      const trace = await traceOf(list);
      const [curve] = (await mrc(trace, { points: 12 })).curves;
      const frames = curve?.points.map((point) => point.frames) ?? [];
      const { results } = await compare(trace, { policies: "lru", frames, jobs: 1 });
      expect(curve?.points.map((point) => point.misses)).toEqual(results.map((row) => row.misses));
      expect(frames.at(-1)).toBe(new Set(list).size);
    }
  });

  test("distinguishes pages up to the largest of 64 bits", async () => {
    const text = `${[2n ** 64n - 1n, 0n, 2n ** 63n, 2n ** 64n - 1n, 0n].join("\n")}\n`;
    const trace = await openTrace(new TextEncoder().encode(text), { format: "lirs" });
    expect((await mrc(trace)).curves.map(misses)).toEqual([[5, 5, 3]]);
  });
});

describe("the curves of opt and mru", () => {
  /** Belady, Nelson and Shedler's string, where OPT has 7 faults with three frames and 6 with four. */
  test("have the faults of Belady's string", async () => {
    const curve = await only([1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5], { policy: "opt" });
    expect(misses(curve)).toEqual([12, 9, 7, 6, 5]);
  });

  const equalToCompare = async (list: readonly number[], options: object) => {
    const trace = await traceOf(list);
    const { curves } = await mrc(trace, { policy: "opt,mru", ...options });
    const frames = curves[0]?.points.map((point) => point.frames) ?? [];
    const { results } = await compare(trace, { policies: "opt,mru", frames, jobs: 1 });
    const missesOf = (policy: string) => results.flatMap((row) => (row.policy === policy ? row.misses : []));
    expect(curves.map(misses)).toEqual([missesOf("opt"), missesOf("mru")]);
  };

  test("have compare's counts at every number of frames", async () => {
    const pages = fc.array(fc.nat(20), { minLength: 1, maxLength: 300, size: "max" });
    const run = fc.asyncProperty(pages, (list) => equalToCompare(list, {}));
    await fc.assert(run, { numRuns: caseCount(16) });
  });

  /** Numbers in [0, 1), always the same. */
  const spreadOut = (n: number) => (n * 0.6180339887) % 1;
  test.each<[string, (n: number) => number]>([
    ["many pages", (n) => Math.floor(30_000 * spreadOut(n) ** 2)],
    ["a loop", (n) => n % 9000],
    ["a range that is read up and down", (n) => Math.min(n % 20_000, 19_999 - (n % 20_000))],
    [
      "a loop with scans",
      (n) => (n % 8 < 6 ? Math.floor(n / 8) * 6 + (n % 8) : 2 ** 40 + n) % (n % 8 < 6 ? 5000 : 2 ** 50),
    ],
  ])("stay exact when positions run out and are compacted, for %s", async (_, page) => {
    const list = Array.from({ length: isDebug ? 30_000 : 80_000 }, (_, n) => page(n));
    await equalToCompare(list, { points: 6 });
  });
});

describe("on the recording, a curve", () => {
  test.each(
    recordingShapes({ pageSize: 16384 }, { pageSize: 2 ** 21 }, { only: "data" }, { only: "instructions" }),
  )("for %j has compare's counts", async (shape) => {
    const trace = await openTrace(RECORDING);
    const [curve] = (await mrc(trace, { ...shape, points: isDebug ? 3 : 9 })).curves;
    const frames = curve?.points.map((point) => point.frames) ?? [];
    const { results } = await compare(trace, { ...shape, policies: "lru", frames });
    expect(curve?.points.map((point) => point.misses)).toEqual(results.map((row) => row.misses));
    expect(curve?.requests).toBe(results[0]?.requests);
  });

  test.skipIf(isDebug)("for several page sizes is the same as for each alone", async () => {
    const trace = await openTrace(RECORDING);
    const together = await mrc(trace, { pageSize: "4KiB,64KiB", points: 20 });
    const apart = await Promise.all(
      [4096, 65536].map(async (pageSize) => (await mrc(trace, { pageSize, points: 20 })).curves),
    );
    expect(together.curves).toEqual(apart.flat());
  });

  test("by sets has cachegrind's TLB misses", async () => {
    const path = new URL("../../examples/wordcount/cachegrind.json", import.meta.url);
    const { rows }: { rows: Recorded[] } = JSON.parse(readFileSync(path, "utf8"));
    const trace = await openTrace(RECORDING);
    for (const { tlb, misses: expected } of isDebug ? rows.slice(0, 1) : rows) {
      const shapes = new Map(tlb.split(",").map((one) => one.split("=") as [string, string]));
      for (const [name, side] of [
        ["l1i", "instructions"],
        ["l1d", "data"],
      ] as const) {
        const [entries = 0, ways = 0] = (shapes.get(name) ?? "").split("x").map(Number);
        const [curve] = (await mrc(trace, { sets: entries / ways, ways, only: side })).curves;
        expect(curve?.points.at(-1)).toMatchObject({ ways, frames: entries, misses: expected[name] });
      }
    }
  });
});

interface Recorded {
  tlb: string;
  misses: Record<string, number>;
}

describe("a curve by sets", () => {
  /** References that may span pages: a set's stack each, a reference as deep as its deepest page. */
  const naive = (references: readonly (readonly [number, number])[], sets: number, ways: number) => {
    const stacks = Array.from({ length: sets }, (): number[] => []);
    const depths = references.map(([address, size]) => {
      let deepest = 0;
      for (let page = address >> 4; page <= (address + size - 1) >> 4; page++) {
        const stack = stacks[page % sets] as number[];
        const at = stack.indexOf(page);
        if (at >= 0) stack.splice(at, 1);
        stack.unshift(page);
        deepest = Math.max(deepest, at < 0 ? Number.POSITIVE_INFINITY : at + 1);
      }
      return deepest;
    });
    return Array.from({ length: ways }, (_, n) => depths.filter((depth) => depth > n + 1).length);
  };

  test("equals a naive stack for each set, with a reference as deep as its deepest page", async () => {
    const references = fc.array(fc.tuple(fc.nat(700), fc.integer({ min: 1, max: 40 })), {
      minLength: 1,
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(references, fc.constantFrom(1, 2, 8), async (list, sets) => {
        const text = list.map(([address, size]) => ` L ${address.toString(16)},${size}\n`).join("");
        const trace = await openTrace(new TextEncoder().encode(text), { format: "lackey" });
        const { curves } = await mrc(trace, { sets, ways: 5, pageSize: 16 });
        expect(curves.map(misses)).toEqual([naive(list, sets, 5)]);
        expect(curves[0]?.requests).toBe(list.length);
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("of one set is the LRU curve", async () => {
    const list = Array.from({ length: 900 }, (_, n) => (n * n) % 23);
    const trace = await traceOf(list);
    const bySets = (await mrc(trace, { sets: 1, ways: 12 })).curves.map(misses);
    const frames = Array.from({ length: 12 }, (_, n) => n + 1);
    expect((await mrc(trace, { frames })).curves.map(misses)).toEqual(bySets);
  });
});

describe("other policies", () => {
  const list = Array.from(
    { length: 5000 },
    (_, n) => Math.floor(90 * ((n * 0.6180339887) % 1) ** 2) + (n >> 9),
  );

  test("have exact curves as well, at LRU's points, in the order given", async () => {
    const trace = await traceOf(list);
    const { curves } = await mrc(trace, { policy: "opt,lru,arc", points: 7 });
    const frames = curves[1]?.points.map((point) => point.frames);
    const { results } = await compare(trace, { policies: "opt,lru,arc", frames: frames ?? [] });
    expect(curves.map(({ policy }) => policy)).toEqual(["opt", "lru", "arc"]);
    for (const { policy, points } of curves) {
      const rows = results.filter((row) => row.policy === policy);
      expect(points.map((point) => [point.frames, point.misses])).toEqual(
        rows.map((row) => [row.frames, row.misses]),
      );
    }
  });

  test("can be drawn from a stream", async () => {
    const text = new TextEncoder().encode(`${list.join("\n")}\n`);
    const stream = await openTrace(new Blob([text]).stream(), { format: "lirs" });
    const { curves } = await mrc(stream, { policy: "lru,arc", frames: "10%" });
    expect(curves).toEqual((await mrc(await traceOf(list), { policy: "lru,arc", frames: "10%" })).curves);
    await stream.close();
  });
});
