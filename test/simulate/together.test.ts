/**
 * A stack algorithm's numbers of frames, served together: the same counters as of a naive model, and as of a simulation by
 * itself, whatever else is simulated beside it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, openTrace } from "#pagewalk/index.js";
import { choosePolicies } from "#pagewalk/policy/policies.js";
import { type SimulationShape, simulate } from "#pagewalk/simulate/simulate.js";
import type { SimulationPlan } from "#pagewalk/simulate/simulation.js";
import { indexesTogether } from "#pagewalk/simulate/together.js";
import { MOST_STACK_SIZES } from "#pagewalk/wasm/pages.js";
import { caseCount } from "../build.js";

interface Request {
  page: number;
  write: boolean;
}

const shape: SimulationShape = { pageShift: 12, only: "all" };
const watch = { onWork: () => undefined };

async function simulated(requests: readonly Request[], plans: readonly SimulationPlan[], timeline = false) {
  const lines = requests.map(({ page, write }) => `${write ? "s" : "l"} 0x${page.toString(16)}000 1\n`);
  const text = new TextEncoder().encode(lines.join(""));
  const trace = await openTrace(text, { name: "some.address", format: "address" });
  const outcomes = await simulate(trace, { ...shape, timeline }, plans, watch);
  return outcomes.map(({ seconds: _, ...counts }) => counts);
}

/** LRU, from the page requested longest ago to the last, with the pages that are dirty. */
function naive(requests: readonly Request[], frames: number) {
  const resident = new Map<number, boolean>();
  const counts = { requests: 0, hits: 0, misses: 0, evictions: 0, residence: 0, writebacks: 0 };
  for (const { page, write } of requests) {
    const isDirty = resident.get(page);
    counts.requests++;
    counts[isDirty === undefined ? "misses" : "hits"]++;
    if (isDirty === undefined && resident.size === frames) {
      const [[victim, wasDirty] = [Number.NaN, false]] = resident;
      resident.delete(victim);
      counts.evictions++;
      if (wasDirty) counts.writebacks++;
    }
    resident.delete(page);
    resident.set(page, write || isDirty === true);
  }
  return counts;
}

const [lru = { id: 0 }, arc = { id: 0 }] = await choosePolicies("lru,arc");
const planOf = (frames: number, { id } = lru): SimulationPlan => {
  return { policyId: id, parameters: [], needsFuture: false, isStack: id === lru.id, frames };
};

describe("numbers of frames of lru", () => {
  test("served together have the counters of a naive model", async () => {
    const request = fc.record({ page: fc.nat(40), write: fc.boolean() });
    const some = fc.array(request, { maxLength: 500, size: "max" });
    const frames = fc.array(fc.integer({ min: 1, max: 45 }), { minLength: 2, maxLength: 9, size: "max" });
    await fc.assert(
      fc.asyncProperty(some, frames, async (requests, sizes) => {
        const outcomes = await simulated(
          requests,
          sizes.map((size) => planOf(size)),
        );
        expect(outcomes).toEqual(sizes.map((size) => naive(requests, size)));
      }),
      { seed: 7, numRuns: caseCount(60) },
    );
  });

  test("have them for long traces, and beside other policies, in the order of the plans", async () => {
    // Pages that drift, some of them requested far more often than others: the list is compacted several times.
    const requests = Array.from({ length: 70_000 }, (_, n) => ({
      page: Math.floor(900 * ((n * 0.6180339887) % 1) ** 3) + (n >> 6),
      write: n % 7 === 0,
    }));
    const sizes = [700, 1, 90, 2000, 90, 33];
    const plans = [planOf(50, arc), ...sizes.map((size) => planOf(size)), planOf(60, arc)];
    const [first, ...others] = await simulated(requests, plans);
    const last = others.pop();
    expect(others).toEqual(sizes.map((size) => naive(requests, size)));
    expect([first, last]).toEqual(await simulated(requests, [planOf(50, arc), planOf(60, arc)]));
  });

  test("have the same samples over time as each by itself", async () => {
    const requests = Array.from({ length: 5000 }, (_, n) => ({ page: (n * n) % 331, write: n % 3 === 0 }));
    const plans = [3, 50, 200].map((size) => planOf(size));
    const alone = await Promise.all(plans.map((plan) => simulated(requests, [plan], true)));
    expect(await simulated(requests, plans, true)).toEqual(alone.flat());
  });

  test("are divided if there are more than a stack takes", () => {
    const plans = Array.from({ length: MOST_STACK_SIZES + 2 }, (_, n) => planOf(n + 1));
    expect(indexesTogether([planOf(1, arc), ...plans, planOf(2, arc)]).map(({ length }) => length)).toEqual([
      1,
      MOST_STACK_SIZES,
      2,
      1,
    ]);
  });
});

test("a group's times are shared: numbers of frames that one pass serves have the same", async () => {
  const pages = Array.from({ length: 200_000 }, (_, n) => (n * n) % 9973);
  const text = new TextEncoder().encode(`${pages.join("\n")}\n`);
  const trace = await openTrace(text, { name: "some.lirs", format: "lirs" });
  const { results } = await compare(trace, { policies: "lru,fifo", frames: [10, 1000], jobs: 1 });
  const [small, large] = results.filter(({ policy }) => policy === "lru").map(({ seconds }) => seconds);
  expect(small).toBe(large);
  expect(small).toBeGreaterThan(0);
});
