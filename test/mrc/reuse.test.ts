/** Working sets and reuse histograms, against lists searched by hand. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mrc, openTrace, reuseDistances, workingSet } from "#pagewalk/index.js";
import { caseCount } from "../build.js";
import { RECORDING } from "../cli/command.js";
import { depthsOf, mean, timesOf, traceOf, workingSetSizes } from "./models.js";

const lists = fc.array(fc.nat(30), { minLength: 1, maxLength: 300 });

describe("working sets", () => {
  test("have Denning's average sizes, and miss if a page was not among the last requests", async () => {
    await fc.assert(
      fc.asyncProperty(
        lists,
        fc.uniqueArray(fc.integer({ min: 1, max: 320 }), { minLength: 1 }),
        async (list, windows) => {
          const [set] = await workingSet(await traceOf(list), { windows });
          const sorted = windows.sort((a, b) => a - b);
          expect(set?.windows.map(({ window }) => window)).toEqual(sorted);
          for (const { window, averagePages, missRatio } of set?.windows ?? []) {
            expect(averagePages).toBeCloseTo(mean(workingSetSizes(list, window)), 9);
            expect(missRatio).toBeCloseTo(mean(timesOf(list).map((time) => Number(time > window))), 9);
          }
        },
      ),
      { numRuns: caseCount(60) },
    );
  });

  test("are given over time, for each request if there are few", async () => {
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 50 }), async (list, window) => {
        const [set] = await workingSet(await traceOf(list), { windows: [window] });
        expect(set?.overTime.window).toBe(window);
        expect(set?.overTime.moments.map(({ pages }) => pages)).toEqual(workingSetSizes(list, window));
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("are given at fewer moments in long traces, still exact", async () => {
    const list = Array.from({ length: 9000 }, (_, n) => ((n * 7919) % 97) + (n >> 8));
    const [set] = await workingSet(await traceOf(list), { windows: [700] });
    const sizes = workingSetSizes(list, 700);
    const moments = set?.overTime.moments ?? [];
    expect(moments.length).toBeGreaterThan(500);
    expect(moments.length).toBeLessThanOrEqual(1024);
    expect(moments.map(({ pages }) => pages)).toEqual(moments.map(({ request }) => sizes[request - 1]));
  });
});

describe("reuse histograms", () => {
  test("count requests by distance and by time, in powers of two", async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        const [reuse] = await reuseDistances(await traceOf(list));
        expect(reuse?.firstRequests).toBe(new Set(list).size);
        for (const [buckets, values] of [
          [reuse?.stackDistances, depthsOf(list)],
          [reuse?.reuseTimes, timesOf(list)],
        ] as const) {
          for (const { from, to, count } of buckets ?? []) {
            expect(count).toBe(values.filter((value) => value >= from && value <= to).length);
          }
          const counted = (buckets ?? []).reduce((sum, { count }) => sum + count, 0);
          expect(counted + new Set(list).size).toBe(list.length);
        }
      }),
      { numRuns: caseCount(40) },
    );
  });

  test("accompany curves, one for each page size, without changing them", async () => {
    const trace = await openTrace(RECORDING);
    const options = { pageSize: "4KiB,1MiB", points: 5 };
    const plain = await mrc(trace, options);
    const full = await mrc(trace, { ...options, workingSet: "1000,100", reuse: true });
    expect(full.curves).toEqual(plain.curves);
    expect(full.reuse?.map(({ pageSize, firstRequests }) => [pageSize, firstRequests])).toEqual(
      plain.curves.map(({ pageSize, distinctPages }) => [pageSize, distinctPages]),
    );
    expect(full.workingSets?.map(({ windows }) => windows.map(({ window }) => window))).toEqual([
      [100, 1000],
      [100, 1000],
    ]);
  });
});
