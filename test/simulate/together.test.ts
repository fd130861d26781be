/**
 * Numbers of frames that are served together: the same counters as of simulations of each, and of a naive model, whatever
 * else is simulated beside them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, openTrace } from "#pagewalk/index.js";
import { choosePolicies, policies } from "#pagewalk/policy/policies.js";
import { type SimulationShape, simulate } from "#pagewalk/simulate/simulate.js";
import type { SimulationPlan } from "#pagewalk/simulate/simulation.js";
import { indexesTogether } from "#pagewalk/simulate/together.js";
import { MOST_SIZES } from "../../assembly/abi/requests.js";
import { caseCount } from "../build.js";
import { gapsOf, Replay } from "../policy/replay.js";

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

/** A simulation of one size, by the policy's own class. */
async function single(policy: string, requests: readonly Request[], frames: number) {
  const replay = await Replay.of(policy, frames);
  for (let at = 0; at < requests.length; at += 4096) {
    const part = requests.slice(at, at + 4096);
    const pages = part.map(({ page }) => page);
    replay.serve(
      pages,
      gapsOf(pages),
      part.map(({ write }) => write),
    );
  }
  return replay.counters;
}

const served = (await policies()).filter(({ servesSizes }) => servesSizes).map(({ name }) => name);
const spelled = [...served, "clock:bits=3", "clock:referenced=1", "clock:bits=6,referenced=1"];
const choices = new Map((await choosePolicies([...spelled, "arc"])).map((choice) => [choice.name, choice]));

function planOf(policy: string, frames: number): SimulationPlan {
  const { id = 0, parameters = [], needsFuture = false, servesSizes } = choices.get(policy) ?? {};
  return { policyId: id, parameters, needsFuture, servesSizes, frames };
}

const request = fc.record({ page: fc.nat(40), write: fc.boolean() });
const someRequests = fc.array(request, { maxLength: 500, size: "max" });
const someSizes = fc.array(fc.integer({ min: 1, max: 45 }), { minLength: 1, maxLength: 20, size: "max" });
// Pages that drift, some of them requested far more often than others: the list of lru is compacted several times.
const long = Array.from({ length: 70_000 }, (_, n) => ({
  page: Math.floor(900 * ((n * 0.6180339887) % 1) ** 3) + (n >> 6),
  write: n % 7 === 0,
}));

test("fifo, lru and clock are simulated for several numbers of frames at once", () => {
  expect(served).toEqual(["fifo", "lru", "clock"]);
});

describe.each(spelled)("numbers of frames of %s", (policy) => {
  test("have the counters of simulations of each", async () => {
    await fc.assert(
      fc.asyncProperty(someRequests, someSizes, async (requests, sizes) => {
        const outcomes = await simulated(
          requests,
          sizes.map((size) => planOf(policy, size)),
        );
        const expected = sizes.map((size) => single(policy, requests, size));
        expect(outcomes).toEqual(await Promise.all(expected));
      }),
      { seed: 7, numRuns: caseCount(16) },
    );
  });

  test("have them for long traces, and beside other policies, in the order of the plans", async () => {
    const sizes = [700, 1, 90, 2000, 90, 33, 2, 3, 4, 5, 6];
    const plans = [planOf("arc", 50), ...sizes.map((size) => planOf(policy, size)), planOf("arc", 60)];
    const expected = plans.map(({ frames }, n) =>
      single(n === 0 || n === plans.length - 1 ? "arc" : policy, long, frames),
    );
    expect(await simulated(long, plans)).toEqual(await Promise.all(expected));
  });
});

describe("numbers of frames", () => {
  test("of lru have the counters of a naive model", async () => {
    await fc.assert(
      fc.asyncProperty(someRequests, someSizes, async (requests, sizes) => {
        const outcomes = await simulated(
          requests,
          sizes.map((size) => planOf("lru", size)),
        );
        expect(outcomes).toEqual(sizes.map((size) => naive(requests, size)));
      }),
      { seed: 8, numRuns: caseCount(30) },
    );
  });

  test("have the same samples over time as each by itself", async () => {
    const requests = long.slice(0, 5000);
    const plans = served.flatMap((policy) => [3, 50, 200].map((size) => planOf(policy, size)));
    const alone = await Promise.all(plans.map((plan) => simulated(requests, [plan], true)));
    expect(await simulated(requests, plans, true)).toEqual(alone.flat());
  });

  test("of equal parameters are served together, as many as the kernel takes", () => {
    const plans = Array.from({ length: MOST_SIZES + 2 }, (_, n) => planOf("lru", n + 1));
    const clocks = ["clock", "clock:bits=3", "clock"].map((policy) => planOf(policy, 5));
    const all = [planOf("arc", 1), ...plans, planOf("arc", 2), ...clocks];
    expect(indexesTogether(all).map(({ length }) => length)).toEqual([1, MOST_SIZES, 2, 1, 2, 1]);
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
