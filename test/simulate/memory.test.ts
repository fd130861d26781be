/** The memory of a group of simulations, as docs/policies.md states it. */
import { describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/index.js";
import { simulate } from "#pagewalk/simulate/simulate.js";
import type { SimulationPlan } from "#pagewalk/simulate/simulation.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "#pagewalk/wasm/pages.js";
import { BATCH_RECORDS, KIND_LOAD, RECORD_BYTES } from "../../assembly/abi/core.js";
import { MODELS } from "../policy/models/classics.js";

const FRAMES = 1000;

/** Bytes that each simulation takes, with so many expected pages. */
async function simulationBytes(pages: number): Promise<number> {
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all", pages);
  const used = () => kernel.exports.arenaBytes() >>> 0;
  const marks = [used()];
  for (let n = 0; n < 3; n++) {
    new KernelSimulation(kernel, requests, 0, [], FRAMES);
    marks.push(used());
  }
  const [, first = 0, second = 0, third = 0] = marks;
  expect(third - second).toBe(second - first);
  return second - first;
}

/** Bytes that the numbering of `count` pages takes, which all simulations share; page `n` has number `pageOf(n)`. */
async function numberingBytes(count: number, pageOf: (n: number) => bigint): Promise<number> {
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all", count);
  new KernelSimulation(kernel, requests, 0, [], 1);
  const records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
  const before = kernel.exports.arenaBytes() >>> 0;
  for (let n = 0; n < count; n += BATCH_RECORDS) {
    const some = Math.min(BATCH_RECORDS, count - n);
    const words = new BigUint64Array(kernel.memory.buffer, records, some * 2);
    for (let at = 0; at < some; at++) words.set([pageOf(n + at), BigInt(KIND_LOAD) << 32n], at * 2);
    requests.begin(records, some);
    requests.fill();
    requests.number();
    requests.clear();
  }
  return (kernel.exports.arenaBytes() >>> 0) - before;
}

describe("a distinct page", () => {
  test("takes 4 bytes in each simulation", async () => {
    const [few, many] = [await simulationBytes(1_000_000), await simulationBytes(1_700_000)];
    expect(many - few).toBe(4 * 700_000);
  });

  // A table that is at most three quarters full is just full, or has just doubled.
  test.each([98_303, 98_304, 150_000, 196_607])(
    "takes 21 to 43 bytes in the numbering of %i scattered pages",
    async (pages) => {
      const bytes = await numberingBytes(pages, (n) => BigInt(n) << 30n);
      expect(bytes / pages).toBeGreaterThan(21);
      expect(bytes / pages).toBeLessThan(43);
    },
  );

  test("takes 4 to 8 bytes in the numbering of pages that follow each other, in any order", async () => {
    for (const pages of [98_304, 150_000]) {
      const bytes = await numberingBytes(pages, (n) => BigInt((n * 7919) % pages));
      expect(bytes / pages).toBeGreaterThanOrEqual(4);
      expect(bytes / pages).toBeLessThanOrEqual(8);
    }
  });
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
