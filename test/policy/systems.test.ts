/**
 * The policies of operating systems and textbooks: R and M bits, virtual time, ghosts; and results printed in their
 * sources.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { SYSTEM_MODELS } from "./models/systems.js";
import { gapsOf, hitsOf, missesOf, Replay } from "./replay.js";

/** Phases of locality, loops and scans; true: the request writes. */
const phase = fc.oneof(
  fc.array(fc.nat(30), { maxLength: 60 }),
  fc.array(fc.nat(8), { maxLength: 60 }),
  fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 14 })).map(([from, length]) => {
    return Array.from({ length: length * 3 }, (_, n) => from + (n % length));
  }),
);
const pages = fc.array(phase, { minLength: 1, maxLength: 8 }).map((phases) => phases.flat());
const requests = pages.chain((list) =>
  fc.record({
    pages: fc.constant(list),
    writes: fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }),
  }),
);

const CASES: [name: string, parameters: Record<string, number>][] = [
  ["nru", {}],
  ["nru", { interval: 7 }],
  ["gclock", { initial: 0, step: 3, most: 7 }],
  ["gclock", { initial: 2, most: 63 }],
  ["second-chance-enhanced", {}],
  ["aging", {}],
  ["aging", { bits: 2, interval: 5 }],
  ["aging", { bits: 32, interval: 3 }],
  ["nfu", { interval: 4 }],
  ["wsclock", {}],
  ["wsclock", { window: 3 }],
  ["wsclock", { window: 40 }],
  ["working-set", { window: 1 }],
  ["working-set", { window: 17 }],
  ["pff", { threshold: 1 }],
  ["pff", { threshold: 4 }],
  ["vmin", { window: 1 }],
  ["vmin", { window: 17 }],
  ["linux-lru", {}],
  ["mglru", {}],
];
describe.each(CASES)("%s %o", (name, parameters) => {
  const policy =
    Object.keys(parameters).length === 0
      ? name
      : `${name}:${Object.entries(parameters)
          .map(([key, value]) => `${key}=${value}`)
          .join(",")}`;

  test("hits and misses at the same requests as the model, with stores among them", async () => {
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 12 }), async ({ pages, writes }, frames) => {
        const expected = SYSTEM_MODELS[name]?.(pages, frames, { writes, parameters });
        expect(await hitsOf(policy, pages, frames, writes)).toEqual(expected);
      }),
      { numRuns: caseCount(60) },
    );
  });
});

describe("the working set and VMIN with the same window, memory enough (Prieve and Fabry 1976)", () => {
  test("fault at the same requests, and VMIN never holds more pages", async () => {
    await fc.assert(
      fc.asyncProperty(pages, fc.integer({ min: 1, max: 40 }), async (list, window) => {
        const [set, best] = await Promise.all(
          ["working-set", "vmin"].map((name) => Replay.of(`${name}:window=${window}`, 64)),
        );
        const gaps = gapsOf(list);
        for (const [at, page] of list.entries()) {
          for (const replay of [set, best]) replay?.serve([page], gaps.subarray(at, at + 1));
          expect(best?.counters.misses).toBe(set?.counters.misses);
          const held = [best, set].map((replay) => replay?.counters.residence ?? Number.NaN);
          expect(held[0]).toBeLessThanOrEqual(held[1] as number);
        }
      }),
      { numRuns: caseCount(25) },
    );
  });
});

test("the working set is the set of pages of the last requests: 1 2 1 3 with a window of 2 (Denning 1968)", async () => {
  // Before each request: {}, {1}, {1 2}, {2 1}, {1 3}, {3 4}: so the last finds 1 gone.
  expect(await hitsOf("working-set:window=2", [1, 2, 1, 3, 4, 1], 9)).toEqual([
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
  const replay = await Replay.of("working-set:window=2", 9);
  replay.serve([1, 2, 1, 3, 4, 1], gapsOf([1, 2, 1, 3, 4, 1]));
  expect(replay.counters.residence).toBe(1 + 2 + 2 + 2 + 2 + 2);
});

test("pff keeps only the pages requested since the last fault if faults are rare (Chu and Opderbeck 1972)", async () => {
  // The fault for 4 comes 5 requests after the one for 3: 1 and 2, not requested in between, leave.
  const list = [1, 2, 3, 3, 3, 3, 3, 4];
  expect(await hitsOf("pff:threshold=4", [...list, 3, 4, 1], 9)).toEqual([
    ...[false, false, false, true, true, true, true, false],
    ...[true, true, false],
  ]);
  expect((await hitsOf("pff:threshold=5", [...list, 1, 2], 9)).slice(-2)).toEqual([true, true]);
});

describe("Stallings' clock with R and M (Operating Systems, section 8.2)", () => {
  test("prefers a clean page to a dirty one in any order of requests", async () => {
    const writes = [true, false, true, false, false, false, false];
    expect(await hitsOf("second-chance-enhanced", [1, 2, 3, 4, 1, 3, 2], 3, writes)).toEqual([
      ...[false, false, false],
      ...[false, true, true, false],
    ]);
    expect((await hitsOf("clock", [1, 2, 3, 4, 1], 3)).at(-1)).toBe(false);
  });
});

describe("clock with R set on load", () => {
  test("misses 8 times in Stallings' figure 8.14: 2 3 2 1 5 2 4 5 3 2 5 2 in 3 frames", async () => {
    const pages = [2, 3, 2, 1, 5, 2, 4, 5, 3, 2, 5, 2];
    expect(await missesOf("clock:referenced=1", pages, 3)).toBe(8);
    expect(await missesOf("clock", pages, 3)).toBe(6);
  });

  test("equals gclock with one bit that starts set", async () => {
    await fc.assert(
      fc.asyncProperty(pages, fc.integer({ min: 1, max: 12 }), async (list, frames) => {
        const parameters = { initial: 1, step: 1, most: 1 };
        const expected = SYSTEM_MODELS.gclock?.(list, frames, { writes: [], parameters });
        expect(await hitsOf("clock:referenced=1", list, frames)).toEqual(expected);
      }),
      { numRuns: caseCount(60) },
    );
  });
});

describe("Tanenbaum's counters (Modern Operating Systems, section 3.4)", () => {
  /** Pages 0 and 1 in a tick of eight requests, then a tick in which only 1 is, or both are. */
  const often = [0, 1, 0, 0, 0, 0, 0, 0];
  const once = [1, 1, 1, 1, 1, 1, 1, 1];

  test("aging distinguishes recent ticks from earlier ones, nfu only counts them", async () => {
    const list = [...often, ...[0, 0, 0, 0, 0, 0, 0, 0], ...once, 2, 0, 1];
    expect((await hitsOf("aging:interval=8", list, 2)).slice(-2)).toEqual([false, true]);
    expect((await hitsOf("nfu:interval=8", list, 2)).slice(-2)).toEqual([false, true]);
    const longer = [...often, ...often, ...Array(16).fill(0), ...once, 2];
    expect((await hitsOf("aging:interval=8", [...longer, 1], 2)).at(-1)).toBe(true);
    expect((await hitsOf("nfu:interval=8", [...longer, 0], 2)).at(-1)).toBe(true);
  });

  test("nru prefers a page written before the tick to one requested since", async () => {
    const list = [1, 2, 3, 3, 2, 4];
    const writes = [true, false, false, false, false, false];
    // The tick comes at the fourth request; since then only 2 was requested, 3 is clean and 1 dirty.
    expect((await hitsOf("nru:interval=4", [...list, 3], 3, [...writes, false])).at(-1)).toBe(false);
    expect((await hitsOf("nru:interval=4", [...list, 5, 2], 3, writes)).at(-1)).toBe(true);
  });
});

test("wsclock writes idle dirty pages and continues to a clean one (Carr and Hennessy 1981)", async () => {
  const list = [1, 2, 3, 4, 4, 4, 4, 4, 5, 1];
  const writes = [true, false, false];
  expect(await hitsOf("wsclock:window=2", list, 3, writes)).toEqual(
    SYSTEM_MODELS.wsclock?.(list, 3, { writes, parameters: { window: 2 } }),
  );
});

describe("gclock", () => {
  test.each([
    ["gclock:initial=0,most=1", "clock"],
    ["gclock:initial=0,step=1,most=1", "clock"],
  ])("%s is %s", async (name, same) => {
    await fc.assert(
      fc.asyncProperty(pages, fc.integer({ min: 1, max: 12 }), async (list, frames) => {
        expect(await hitsOf(name, list, frames)).toEqual(await hitsOf(same, list, frames));
      }),
      { numRuns: caseCount(20) },
    );
  });
});

describe("the reclaim of Linux", () => {
  const hot = Array.from({ length: 400 }, (_, n) => n % 20);
  const scan = (from: number) => Array.from({ length: 300 }, (_, n) => from + n);

  test.each(["linux-lru", "mglru"])(
    "%s keeps pages in use through a scan, and lru does not",
    async (name) => {
      const list = [...hot, ...scan(1000), ...hot, ...scan(2000), ...hot].flatMap((page, n) => {
        return page >= 1000 ? [page, n % 20] : [page];
      });
      const misses = await missesOf(name, list, 32);
      expect(misses).toBeLessThan(await missesOf("fifo", list, 32));
    },
  );

  test("mglru keeps the working set that refaults more often than the rest, as the model does", async () => {
    // A set of 225 pages alone, and then, 450 requests at a time, among five times as many that come once.
    const list = Array.from({ length: 8000 }, (_, n) => {
      const isOnce = Math.floor(n / 450) % 2 === 1 && n % 6 !== 0;
      return isOnce ? 20_000 + n : Math.floor(225 * ((n * 0.6180339887) % 1));
    });
    for (const frames of [70, 300]) {
      const expected = SYSTEM_MODELS.mglru?.(list, frames).filter((hit) => !hit).length;
      const replay = await Replay.of("mglru", frames);
      const gaps = gapsOf(list);
      replay.serve(list.slice(0, 4000), gaps.subarray(0, 4000));
      replay.serve(list.slice(4000), gaps.subarray(4000));
      expect(replay.counters.misses).toBe(expected);
      expect(replay.isValid).toBe(true);
    }
  });
});
