/** Claims of the papers on policies with several lists, and these policies in a machine that skips dirty victims. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePolicies } from "#pagewalk/policy/policies.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelMachine } from "#pagewalk/wasm/machine.js";
import { STATUS_OK } from "../../assembly/abi/core.js";
import { HUGE_NEVER, MACHINE_MEMORY_FULL, MACHINE_SWAP_FULL } from "../../assembly/abi/machine.js";
import { caseCount } from "../build.js";
import { programs, putRecords } from "../engine/records.js";
import { LISTS } from "./models/lists.js";
import { hitsOf, missesOf, Replay } from "./replay.js";

const range = (from: number, length: number) => Array.from({ length }, (_, n) => from + n);
const repeat = (pages: readonly number[], times: number) => Array.from({ length: times }, () => pages).flat();

/** The generator of Numerical Recipes, for the random workloads of papers. */
function uniform(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("O'Neil, O'Neil and Weikum 1993, table 4.1: 100 and 10,000 pages in turn", () => {
  const ROWS = [
    [60, 0.14, 0.291, 0.3],
    [80, 0.18, 0.382, 0.4],
    [100, 0.22, 0.459, 0.495],
    [120, 0.26, 0.496, 0.501],
    [140, 0.29, 0.502, 0.502],
    [160, 0.32, 0.503, 0.503],
    [200, 0.37, 0.505, 0.505],
    [300, 0.45, 0.51, 0.51],
    [450, 0.5, 0.517, 0.518],
  ] as const;

  /** Hits among all but the first tenth of 40,000 requests. */
  async function hitRatio(policy: string, frames: number): Promise<number> {
    const replay = await Replay.of(policy, frames);
    const random = uniform();
    const draw = (n: number) =>
      n % 2 === 0 ? 100 + Math.floor(random() * 10_000) : Math.floor(random() * 100);
    const serve = (batches: number) => {
      for (let n = 0; n < batches; n++) replay.serve(range(0, 2000).map(draw), new Uint32Array(2000));
    };
    serve(2);
    const before = replay.counters;
    serve(18);
    return (replay.counters.hits - before.hits) / (replay.counters.requests - before.requests);
  }

  test.each(ROWS)("%d frames: LRU-1 %d, LRU-2 %d, LRU-3 %d", async (frames, lru1, lru2, lru3) => {
    expect(Math.abs((await hitRatio("lru-k:k=1", frames)) - lru1)).toBeLessThan(0.01);
    expect(Math.abs((await hitRatio("lru-k:k=2,retained=16", frames)) - lru2)).toBeLessThan(0.01);
    expect(Math.abs((await hitRatio("lru-k:k=3,retained=16", frames)) - lru3)).toBeLessThan(0.01);
  });

  test("LRU-1 is lru", async () => {
    const pages = range(0, 3000).map((n) => (n * n * 7 + n) % 83);
    expect(await hitsOf("lru-k:k=1", pages, 30)).toEqual(await hitsOf("lru", pages, 30));
  });
});

describe("a loop of 60 pages over 50 frames", () => {
  const pages = repeat(range(0, 60), 50);

  test("lirs keeps 49 of them (Jiang and Zhang 2002, section 3.2: all frames but those of HIR)", async () => {
    const hits = await hitsOf("lirs", pages, 50);
    expect(hits.slice(-60).filter((hit) => hit)).toHaveLength(49);
  });

  test("clock never hits, clock-pro does (Jiang, Chen and Zhang 2005, section 1)", async () => {
    expect(await missesOf("clock", pages, 50)).toBe(pages.length);
    expect(await missesOf("clock-pro", pages, 50)).toBeLessThan(pages.length / 2);
  });
});

describe("a scan of 500 pages after 8 popular ones in 16 frames", () => {
  const popular = range(0, 8).flatMap((page) => [page, page, page]);
  const scan = range(100, 500);

  test.each(["lirs", "lru-k", "slru", "clock-pro"])("%s keeps the popular pages", async (name) => {
    const hits = await hitsOf(name, [...popular, ...scan, ...range(0, 8)], 16);
    expect(hits.slice(-8)).not.toContain(false);
  });

  const back = [...range(0, 8), ...range(50, 16), ...range(0, 8), ...range(0, 8)];

  test.each(["2q", "car"])(
    "%s keeps the pages that were requested again while it remembered them",
    async (name) => {
      const hits = await hitsOf(name, [...back, ...scan, ...range(0, 8)], 16);
      expect(hits.slice(-8)).not.toContain(false);
    },
  );

  test("cart keeps most of them", async () => {
    const hits = await hitsOf("cart", [...back, ...scan, ...range(0, 8)], 16);
    expect(hits.slice(-8).filter((hit) => hit).length).toBeGreaterThan(4);
  });

  test("lru keeps none of them", async () => {
    const hits = await hitsOf("lru", [...popular, ...scan, ...range(0, 8)], 16);
    expect(hits.slice(-8)).not.toContain(true);
  });
});

test("2q ignores requests for a page in A1in (Johnson and Shasha 1994, section 3.2)", async () => {
  const pages = [...repeat([1], 9), ...range(10, 8), 1];
  expect((await hitsOf("2q", pages, 8)).at(-1)).toBe(false);
});

test("mq moves a page of a high queue down when its lifetime is over (Zhou, Philbin and Li 2001)", async () => {
  const pages = [...repeat([1, 2], 8), ...range(100, 400), 1, 2];
  expect((await hitsOf("mq:lifetime=1000", pages, 8)).slice(-2)).toEqual([true, true]);
  expect((await hitsOf("mq:lifetime=2", pages, 8)).slice(-2)).toEqual([false, false]);
});

test("lfuda evicts pages that are no longer popular, lfu does not (Arlitt and others 1999)", async () => {
  const once = repeat(range(0, 4), 20);
  const later = repeat(range(10, 6), 40);
  expect(await missesOf("lfu", [...once, ...later], 8)).toBeGreaterThan(200);
  expect(await missesOf("lfuda", [...once, ...later], 8)).toBeLessThan(100);
});

test("lfuda renumbers its ranks without an effect on its decisions", async () => {
  const random = uniform();
  const pages = range(0, 30_000).map(() => Math.floor(40 * random() ** 2));
  const replay = await Replay.of("lfuda", 12);
  for (let at = 0; at < pages.length; at += 3000) {
    replay.serve(pages.slice(at, at + 3000), new Uint32Array(3000));
    expect(replay.isValid).toBe(true);
  }
  const hits = LISTS.lfuda?.(pages, 12) ?? [];
  expect(replay.counters.hits).toBe(hits.filter((hit) => hit).length);
});

test("lru-k counts correlated requests once (O'Neil, O'Neil and Weikum 1993, section 2.1.1)", async () => {
  // 1 is requested twice in sequence, 2 twice with others between; then 6 needs a frame.
  const pages = [2, 9, 8, 2, 1, 1, 8, 8, 6, 2];
  expect((await hitsOf("lru-k:correlated=2", pages, 3)).at(-1)).toBe(true);
  expect((await hitsOf("lru-k:correlated=0", pages, 3)).at(-1)).toBe(false);
});

test("lru-k counts a period of correlation as a moment, its end (figure 2.1)", async () => {
  // 1 was requested before 2 and, correlated, after it; both are requested again, then 4 needs a frame.
  const pages = [1, 2, 1, 3, 3, 3, 1, 2, 3, 3, 3, 4, 1];
  expect((await hitsOf("lru-k:correlated=2", pages, 3)).at(-1)).toBe(true);
});

test("hyperbolic samples the same pages with the same seed, and others with another", async () => {
  const pages = range(0, 3000).map((n) => (n * n * 7 + n * 3) % 97);
  const names = ["hyperbolic:samples=4,seed=1", "hyperbolic:samples=4,seed=2", "hyperbolic:samples=4"];
  const [one, two, again] = await Promise.all(names.map((name) => hitsOf(name, pages, 20)));
  expect(one).toEqual(again);
  expect(one).not.toEqual(two);
});

test("gdsf-unit is lfuda, as pages have one size and cost", async () => {
  const pages = range(0, 4000).map((n) => (n * n * 13 + n * 5) % 211);
  expect(await hitsOf("gdsf-unit", pages, 60)).toEqual(await hitsOf("lfuda", pages, 60));
});

describe.each(Object.keys(LISTS))("%s in a machine whose swap fills", (name) => {
  test("stays consistent while dirty victims are skipped", async () => {
    const [policy] = await choosePolicies([name]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(programs({ pages: 80, crossing: true, most: 120 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 8, max: 40 }),
        fc.integer({ min: 0, max: 12 }),
        async (parts, frames, swapPages) => {
          const kernel = await Kernel.create();
          const machine = new KernelMachine(kernel, {
            architecture: 0,
            frames,
            swapPages,
            huge: HUGE_NEVER,
            spaces: 1,
            policy: policy?.id ?? 0,
            policyParameters: policy?.parameters ?? [],
          });
          const tlb = { sizes: 14, sets: 2, ways: 2, replacement: 0, seed: 1 };
          machine.addTlb({ ...tlb, level: 1, sides: 1 });
          machine.addTlb({ ...tlb, level: 1, sides: 2 });
          for (const part of parts) {
            const status = machine.replayBatch(putRecords(kernel, part), part.length);
            expect([STATUS_OK, MACHINE_SWAP_FULL, MACHINE_MEMORY_FULL]).toContain(status);
            if (status !== STATUS_OK) return;
            expect(machine.isValid()).toBe(true);
          }
        },
      ),
      { numRuns: caseCount(30) },
    );
  });
});

test("lfu can have more misses with more frames, so that no stack gives its curve", async () => {
  const pages = [3, 4, 1, 3, 4, 2, 1, 2, 1, 2];
  const missesWith = async (frames: number) =>
    (await hitsOf("lfu", pages, frames)).filter((hit) => !hit).length;
  expect([await missesWith(2), await missesWith(3)]).toEqual([7, 8]);
});
