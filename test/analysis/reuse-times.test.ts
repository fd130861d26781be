import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MOMENTS,
  REUSE_BELOW,
  REUSE_DIFFERENCES,
  REUSE_PAGES,
  REUSE_REQUESTS,
  REUSE_STRIDE,
  REUSE_SUMS,
  REUSE_TIME_BITS,
  REUSE_TIMES,
} from "../../assembly/abi/analysis.js";
import { STATUS_OK } from "../../assembly/abi/core.js";
import { ONLY_ALL, PAGES_ALREADY } from "../../assembly/abi/requests.js";
import { caseCount } from "../build.js";
import { timesOf, workingSetSizes } from "../mrc/models.js";
import { createStructures, put, viewOf } from "../structures.js";
import { putRequests } from "./requests.js";

const BATCH = 1000;

/** Everything that the kernel counts for a list of pages, with windows in ascending order. */
async function reuseTimesOf(pages: readonly number[], windows: readonly number[], overTime: number) {
  const structures = await createStructures();
  const requests = structures.createRequests(PAGES_ALREADY, ONLY_ALL);
  const words = new BigUint64Array(windows.map(BigInt));
  const address = put(structures, new Uint8Array(words.buffer));
  const times = structures.createReuseTimes(requests, address, windows.length, BigInt(overTime));
  for (let at = 0; at < pages.length; at += BATCH) {
    putRequests(structures, requests, pages.slice(at, at + BATCH).map(BigInt));
    expect(structures.runReuseTimes(times)).toBe(STATUS_OK);
    expect(structures.areReuseTimesValid(times)).toBe(true);
  }
  structures.finishReuseTimes(times);
  const view = viewOf(structures);
  const counters = (offset: number, count: number) => {
    const start = view.getUint32(times + offset, true);
    return Array.from({ length: count }, (_, n) => Number(view.getBigUint64(start + 8 * n, true)));
  };
  const differences = view.getUint32(times + REUSE_DIFFERENCES, true);
  return {
    requests: Number(view.getBigUint64(times + REUSE_REQUESTS, true)),
    pages: view.getUint32(times + REUSE_PAGES, true),
    times: counters(REUSE_TIMES, REUSE_TIME_BITS),
    below: counters(REUSE_BELOW, windows.length + 1),
    sums: counters(REUSE_SUMS, windows.length + 1),
    stride: Number(view.getBigUint64(times + REUSE_STRIDE, true)),
    differences: Array.from({ length: MOMENTS + 1 }, (_, n) => view.getInt32(differences + 4 * n, true)),
  };
}

/** How long each request keeps its page in a working set without an end: until the page's next one, or the trace's end. */
function staysOf(pages: readonly number[]): number[] {
  return pages.map((page, at) => {
    const next = pages.indexOf(page, at + 1);
    return next < 0 ? pages.length - at : next - at;
  });
}

/** The sizes at the moments, each the sum of the differences up to it. */
function sizesOf(differences: readonly number[]): number[] {
  let size = 0;
  return differences.map((by) => {
    size += by;
    return size;
  });
}

const pages = fc.array(fc.nat(12), { minLength: 1, maxLength: 120, size: "max" });
const windows = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 5 });

describe("reuse times", () => {
  test("are counted by powers of two and by windows, as a naive search of lists counts them", async () => {
    await fc.assert(
      fc.asyncProperty(pages, windows, fc.integer({ min: 1, max: 50 }), async (list, some, overTime) => {
        const ascending = [...some].sort((a, b) => a - b);
        const found = await reuseTimesOf(list, ascending, overTime);
        expect(found).toMatchObject({ requests: list.length, pages: new Set(list).size });

        const again = timesOf(list).filter(Number.isFinite);
        const byPower = found.times.map((_, n) => again.filter((time) => Math.floor(Math.log2(time)) === n));
        expect(found.times).toEqual(byPower.map((times) => times.length));

        const stays = staysOf(list);
        const limits = [0, ...ascending, Number.POSITIVE_INFINITY];
        const byWindow = found.below.map((_, n) => {
          return stays.filter((stay) => stay > (limits[n] as number) && stay <= (limits[n + 1] as number));
        });
        expect(found.below).toEqual(byWindow.map((of) => of.length));
        expect(found.sums).toEqual(byWindow.map((of) => of.reduce((sum, stay) => sum + stay, 0)));
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("give the size of the working set at every moment", async () => {
    await fc.assert(
      fc.asyncProperty(pages, fc.integer({ min: 1, max: 50 }), async (list, overTime) => {
        const { stride, differences } = await reuseTimesOf(list, [], overTime);
        expect(stride).toBe(1);
        expect(sizesOf(differences).slice(1, list.length + 1)).toEqual(workingSetSizes(list, overTime));
      }),
      { numRuns: caseCount(20) },
    );
  });

  // There is room for 1024 moments and, at first, 4096 pages: with 5000 requests the stride doubles three times.
  test("give it exactly at every eighth moment of a longer trace, with more pages than the table first holds", async () => {
    const list = Array.from({ length: 5000 }, (_, n) => (n % 10 === 0 ? n % 130 : n));
    const { pages: count, stride, differences } = await reuseTimesOf(list, [], 300);
    expect(count).toBeGreaterThan(4096);
    expect(stride).toBe(8);
    const sizes = workingSetSizes(list, 300);
    const moments = Array.from({ length: 625 }, (_, n) => 8 * (n + 1));
    expect(sizesOf(differences).slice(1, 626)).toEqual(moments.map((moment) => sizes[moment - 1]));
  });
});
