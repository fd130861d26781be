/** The heat map through the public API, and the kernel's counts compared with a naive model. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HeatMapOptions, heatMap, openTrace, UsageError } from "#pagewalk/index.js";
import { KernelHeat } from "#pagewalk/wasm/heat.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../build.js";

const ROWS = 4096;
const WINDOWS = 256;

const lirs = (pages: readonly (number | bigint)[]) =>
  openTrace(new TextEncoder().encode(`${pages.join("\n")}\n`), { name: "some.lirs", format: "lirs" });
const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);

/** Any 64 bits. */
const scatter = (n: bigint) =>
  BigInt.asUintN(64, (n * 0x9e3779b97f4a7c15n) ^ ((n * 0xbf58476d1ce4e5b9n) >> 31n));

/** Every request of `pages` in one pass, with the kernel's own check at the end. */
async function count(pages: readonly bigint[], atOnce: number) {
  const kernel = await Kernel.create();
  const heat = new KernelHeat(kernel);
  const keys = kernel.allocate(atOnce * 8);
  for (let first = 0; first < pages.length; first += atOnce) {
    const part = pages.slice(first, first + atOnce);
    const view = kernel.view();
    part.forEach((page, index) => {
      view.setBigUint64(keys + index * 8, page, true);
    });
    heat.add(keys, part.length);
  }
  expect(heat.isValid()).toBe(true);
  return heat.result;
}

describe("the kernel's heat map", () => {
  test("counts what a map of all requests counts, at its final block and window", async () => {
    const traces = fc.record({
      length: fc.integer({ min: 1, max: 12_000 }),
      bits: fc.constantFrom(5n, 13n, 15n, 40n, 64n),
      seed: fc.bigInt(1n, 2n ** 32n),
      atOnce: fc.integer({ min: 1, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(traces, async ({ length, bits, seed, atOnce }) => {
        const list = Array.from({ length }, (_, n) => scatter(seed + BigInt(n)) >> (64n - bits));
        const { requests, blockPages, windowRequests, rows } = await count(list, atOnce);
        const expected = new Map<bigint, number[]>();
        const windows = Math.ceil(list.length / windowRequests);
        list.forEach((one, index) => {
          const block = (one / BigInt(blockPages)) * BigInt(blockPages);
          const counts = expected.get(block) ?? Array(windows).fill(0);
          const window = Math.floor(index / windowRequests);
          counts[window] = (counts[window] ?? 0) + 1;
          expected.set(block, counts);
        });
        expect(requests).toBe(list.length);
        expect(new Map(rows.map((row) => [row.page, [...row.counts]]))).toEqual(expected);
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("has the finest windows of at most 256, and the finest blocks of at most 4096", async () => {
    const few = await count(
      Array.from({ length: 256 }, (_, n) => BigInt(n)),
      100,
    );
    expect([few.windowRequests, few.blockPages]).toEqual([1, 1]);
    const one = await count(
      Array.from({ length: 257 }, (_, n) => BigInt(n)),
      100,
    );
    expect([one.windowRequests, one.blockPages]).toEqual([2, 1]);
    const full = await count(
      Array.from({ length: ROWS }, (_, n) => BigInt(n * 3)),
      1000,
    );
    expect([full.blockPages, full.rows.length]).toEqual([1, ROWS]);
    const over = await count(
      Array.from({ length: ROWS + 2 }, (_, n) => BigInt(n)),
      1000,
    );
    expect([over.blockPages, over.rows.length]).toEqual([2, ROWS / 2 + 1]);
  });
});

describe("a heat map", () => {
  test("has a row for each touched page, in order, if there are few", async () => {
    const { bins, requests, unit } = await heatMap(await lirs([7, 3, 7, 5]));
    expect({ requests, unit }).toEqual({ requests: 4, unit: "page" });
    expect(bins.map(({ first, last, counts }) => [first, last, counts])).toEqual([
      ["3", "3", [0, 1, 0, 0]],
      ["5", "5", [0, 0, 0, 1]],
      ["7", "7", [1, 0, 1, 0]],
    ]);
  });

  test("counts every request in its rows and windows", async () => {
    const pages = Array.from({ length: 50_000 }, (_, n) => (n * 7919) % 9001);
    const { bins, requests } = await heatMap(await lirs(pages), { rows: 50 });
    expect(requests).toBe(50_000);
    expect(sum(bins.flatMap(({ counts }) => counts))).toBe(50_000);
    expect(bins.length).toBeLessThanOrEqual(75);
    for (const { counts } of bins) expect(counts.length).toBeLessThanOrEqual(WINDOWS);
  });

  test("is cut at gaps wider than all touched pages, and no row crosses a gap", async () => {
    const pages = [...Array(300).keys()].flatMap((n) => [n, 1_000_000 + (n % 20), 90_000_000]);
    const { bins } = await heatMap(await lirs(pages), { rows: 20 });
    expect(new Set(bins.map(({ region }) => region)).size).toBe(3);
    for (const { first, last, region } of bins) {
      const start = [0, 1_000_000, 90_000_000][region] ?? Number.NaN;
      expect(Number(first)).toBeGreaterThanOrEqual(start);
      expect(Number(last)).toBeLessThan(start + 512);
    }
  });

  test("prints addresses in full, up to the largest of 64 bits", async () => {
    const text = "I  00401000,3\n L ffffffffffffe010,4\n";
    const trace = await openTrace(new TextEncoder().encode(text), { format: "lackey", name: "t" });
    const { bins, unit } = await heatMap(trace);
    expect(unit).toBe("address");
    expect(bins.map(({ first, last }) => [first, last])).toEqual([
      ["0x401000", "0x401fff"],
      ["0xffffffffffffe000", "0xffffffffffffefff"],
    ]);
    const data = await heatMap(trace, { only: "data" });
    expect(data.bins).toHaveLength(1);
  });

  test.each([
    [{ rows: 0 }, /rows cannot be 0; it is at least 1/],
    [{ pageSize: 1000 }, /page size of 1000 bytes is not a power of two/],
    [{ pagesize: 4096 } as HeatMapOptions, /unknown option "pagesize"; did you mean "pageSize"\?/],
  ])("refuses %j", async (options, message) => {
    const refused = heatMap(await lirs([1]), options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });
});
