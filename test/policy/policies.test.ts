/** Each policy compared with a naive model of its paper, and with the results in papers and textbooks. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policies } from "#pagewalk/policy/policies.js";
import { caseCount } from "../build.js";
import { MODELS } from "./models/every-model.js";
import { hitsOf, missesOf } from "./replay.js";

const names = (await policies()).map(({ name }) => name);

/** Phases of locality, loops and scans, so that every list of every policy gets its share. */
const phase = fc.oneof(
  fc.array(fc.nat(30), { maxLength: 40 }),
  fc.array(fc.nat(6), { maxLength: 40 }),
  fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 12 })).map(([from, length]) => {
    return Array.from({ length: length * 2 }, (_, n) => from + (n % length));
  }),
);
const sequences = fc.array(phase, { minLength: 1, maxLength: 8 }).map((phases) => phases.flat());

test("every policy has a model", () => {
  const modelled = Object.keys(MODELS).map((key) => key.replace(/:.*/, ""));
  expect(new Set(modelled)).toEqual(new Set(names));
});

describe.each(Object.keys(MODELS))("%s", (name) => {
  test("hits and misses at the same requests as the model", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, fc.integer({ min: 1, max: 12 }), async (pages, frames) => {
        expect(await hitsOf(name, pages, frames)).toEqual(MODELS[name]?.(pages, frames));
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("misses as often as the model over thousands of requests", async () => {
    const pages = Array.from(
      { length: 4000 },
      (_, n) => Math.floor(200 * ((n * 0.6180339887) % 1) ** 3) + (n >> 10),
    );
    for (const frames of [10, 50, 120]) {
      const hits = MODELS[name]?.(pages, frames) ?? [];
      expect(await missesOf(name, pages, frames)).toBe(hits.filter((hit) => !hit).length);
    }
  });
});

describe("Belady's anomaly (Belady, Nelson and Shedler 1969): 1 2 3 4 1 2 5 1 2 3 4 5", () => {
  const pages = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];

  test("fifo misses 9 times with 3 frames and 10 times with 4", async () => {
    expect(await missesOf("fifo", pages, 3)).toBe(9);
    expect(await missesOf("fifo", pages, 4)).toBe(10);
  });

  test("lru, a stack algorithm, misses 10 times with 3 frames and 8 with 4", async () => {
    expect(await missesOf("lru", pages, 3)).toBe(10);
    expect(await missesOf("lru", pages, 4)).toBe(8);
  });
});

describe("Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 22: 0 1 2 0 1 3 0 3 1 2 1, 3 frames", () => {
  const pages = [0, 1, 2, 0, 1, 3, 0, 3, 1, 2, 1];

  test.each([
    ["opt", 6],
    ["fifo", 4],
    ["lru", 6],
  ])("%s hits %d times", async (name, hits) => {
    expect(pages.length - (await missesOf(name, pages, 3))).toBe(hits);
  });
});

describe("a loop over 50 pages in 49 frames, the textbook's looping workload", () => {
  const pages = Array.from({ length: 5000 }, (_, n) => n % 50);

  test.each(["fifo", "lru", "clock"])("%s never hits", async (name) => {
    expect(await missesOf(name, pages.slice(0, 4000), 49)).toBe(4000);
  });

  test("mru and opt miss once a round after the first", async () => {
    const mru = await missesOf("mru", pages.slice(0, 4000), 49);
    expect(mru).toBeLessThan(140);
    expect(await missesOf("opt", pages.slice(0, 4000), 49)).toBeLessThanOrEqual(mru);
  });
});

test("arc keeps what was requested twice through a scan (Megiddo and Modha 2003, section 4)", async () => {
  const hot = Array.from({ length: 40 }, (_, n) => n % 4);
  const scan = Array.from({ length: 500 }, (_, n) => 100 + n);
  const pages = [...hot, ...scan, 0, 1, 2, 3];
  expect((await hitsOf("arc", pages, 8)).slice(-4)).toEqual([true, true, true, true]);
  expect((await hitsOf("lru", pages, 8)).slice(-4)).toEqual([false, false, false, false]);
});

describe("one-hit wonders, a tenth of memory (Yang and others 2023, SOSP, section 4): a scan between two uses", () => {
  const hot = Array.from({ length: 160 }, (_, n) => n % 40);
  const scan = Array.from({ length: 500 }, (_, n) => 1000 + n);
  const again = Array.from({ length: 40 }, (_, n) => n);

  test.each(["s3-fifo", "qdlp", "tinylfu"])("%s keeps what was requested often", async (name) => {
    const hits = await hitsOf(name, [...hot, ...scan, ...again], 50);
    expect(hits.slice(-40).filter((hit) => hit).length).toBeGreaterThanOrEqual(40 - 5);
  });

  test("lru keeps nothing", async () => {
    expect((await hitsOf("lru", [...hot, ...scan, ...again], 50)).slice(-40)).not.toContain(true);
  });
});

test("s3-fifo lets a ghost return to the main queue, where a scan does not reach it (algorithm 1)", async () => {
  const scan = (from: number, length: number) => Array.from({ length }, (_, n) => from + n);
  const pages = [...scan(100, 20), 1, ...scan(200, 25), 1, ...scan(300, 100), 1];
  const hits = await hitsOf("s3-fifo", pages, 20);
  expect([hits[20], hits[46], hits.at(-1)]).toEqual([false, false, true]);
});

test("tinylfu admits no page that was requested less often than the victim (Einziger and others 2017)", async () => {
  const popular = Array.from({ length: 200 }, (_, n) => n % 10);
  const unpopular = Array.from({ length: 30 }, (_, n) => 100 + (n >> 1));
  const hits = await hitsOf("tinylfu", [...popular, ...unpopular, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 11);
  expect(hits.slice(-10)).not.toContain(false);
});

describe("loops a little larger than memory, which lru never hits", () => {
  const pages = Array.from({ length: 8000 }, (_, n) => n % 80);

  test("cacheus keeps a part of them, by churn resistance (Rodriguez and others 2021, section 3)", async () => {
    expect(await missesOf("cacheus", pages.slice(0, 4000), 60)).toBeLessThan(2200);
  });

  test("lhd learns that old pages are hit soonest (Beckmann, Chen and Cidon 2018, section 3)", async () => {
    expect(await missesOf("lhd:period=1", pages.slice(0, 4000), 60)).toBeLessThan(2200);
  });
});

test("lecar follows the expert that errs less (Vietri and others 2018, section 3)", async () => {
  const recent = Array.from({ length: 4000 }, (_, n) => (n >> 6) * 3 + (n % 9));
  const lfu = await missesOf("lfu", recent, 20);
  const lru = await missesOf("lru", recent, 20);
  expect(lru).toBeLessThan(lfu);
  expect(await missesOf("lecar", recent, 20)).toBeLessThan((lru + lfu) / 2);
});

test("random selects the same victims with the same seed, and others with another", async () => {
  const pages = Array.from({ length: 3000 }, (_, n) => (n * n * 7 + n * 3) % 97);
  const [one, two, again] = await Promise.all(
    ["random:seed=1", "random:seed=2", "random"].map((name) => hitsOf(name, pages, 20)),
  );
  expect(one).toEqual(again);
  expect(one).not.toEqual(two);
});
