/** The memory of a group of simulations, as docs/policies.md states it. */
import { describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/index.js";
import { simulate } from "#pagewalk/simulate/simulate.js";
import type { SimulationPlan } from "#pagewalk/simulate/simulation.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "#pagewalk/wasm/pages.js";
import { MODELS } from "../policy/models/classics.js";

const FRAMES = 1000;

/** Bytes that the first simulation of a group takes, with the numbering of so many pages, and each one after it. */
async function bytesOf(pages: number): Promise<{ first: number; other: number }> {
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all", pages);
  const used = () => kernel.exports.arenaBytes() >>> 0;
  const marks = [used()];
  for (let n = 0; n < 3; n++) {
    new KernelSimulation(kernel, requests, 0, [], FRAMES);
    marks.push(used());
  }
  const [before = 0, first = 0, second = 0, third = 0] = marks;
  expect(third - second).toBe(second - first);
  return { first: first - before, other: second - first };
}

describe("a distinct page", () => {
  test("takes 4 bytes in each simulation", async () => {
    const [few, many] = [await bytesOf(1_000_000), await bytesOf(1_700_000)];
    expect(many.other - few.other).toBe(4 * 700_000);
  });

  // A table that is at most three quarters full is just full, or has just doubled.
  test.each([786_431, 786_432, 1_000_000, 1_572_863])(
    "takes 21 to 43 bytes in the numbering of %i pages, which all simulations share",
    async (pages) => {
      const { first, other } = await bytesOf(pages);
      expect((first - other) / pages).toBeGreaterThan(21);
      expect((first - other) / pages).toBeLessThan(43);
    },
  );
});

test("simulations that do not fit in 4 GiB together run in groups that do, with the same results", async () => {
  const pages = Array.from({ length: 500 }, (_, n) => (n * n) % 97);
  const text = new TextEncoder().encode(`${pages.join("\n")}\n`);
  const trace = await openTrace(text, { name: "some.lirs", format: "lirs" });
  const plan = (frames: number): SimulationPlan => ({
    policyId: 0,
    parameters: [],
    needsFuture: false,
    frames,
  });
  const most = 70_000_000; // 1.5 GB each, of addresses that are never touched
  const plans = [plan(most), plan(9), plan(most + 1), plan(most + 2), plan(50)];
  const shape = { pageShift: undefined, only: "all" } as const;
  const outcomes = await simulate(trace, shape, plans, { onWork: () => undefined });
  const distinct = new Set(pages).size;
  const missesOf = (frames: number) => MODELS.fifo?.(pages, frames).filter((hit) => !hit).length;
  expect(outcomes.map(({ misses }) => misses)).toEqual([
    distinct,
    missesOf(9),
    distinct,
    distinct,
    missesOf(50),
  ]);
});
