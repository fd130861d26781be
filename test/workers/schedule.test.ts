/** The schedule of simulations, executed here by threads that only count seconds. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SimulationOutcome } from "#pagewalk/simulate/simulate.js";
import type { SimulationPlan } from "#pagewalk/simulate/simulation.js";
import { type Group, type PassCost, Schedule } from "#pagewalk/workers/schedule.js";

const plan = (policyId: number, frames = 100, needsFuture = false): SimulationPlan => {
  return { policyId, parameters: [], needsFuture, frames };
};
const grid = (policies: number, sizes: number) =>
  Array.from({ length: policies * sizes }, (_, n) => plan(n % policies, 100 << Math.floor(n / policies)));

interface Work {
  plans: SimulationPlan[];
  cost: PassCost;
  /** The true time of a simulation. */
  takes: (plan: SimulationPlan) => number;
}

interface Ran extends Group {
  given: Group;
  outcomes: SimulationOutcome[];
  end: number;
}

/** Threads that run groups in turn; the first idle thread gets the next group. */
function run(threads: number, traces: readonly Work[], slowness: readonly number[] = []): Ran[] {
  const schedule = new Schedule(threads);
  for (const { plans, cost } of traces) schedule.add(plans, cost);
  const free = Array.from({ length: threads }, (_, thread) => ({ thread, at: 0 }));
  const running: Ran[] = [];
  const ran: Ran[] = [];
  for (;;) {
    const next = free.sort((a, b) => a.at - b.at || a.thread - b.thread)[0] ?? { thread: 0, at: 0 };
    const over = running.filter(({ end }) => end <= next.at).sort((a, b) => a.end - b.end);
    for (const group of over) {
      running.splice(running.indexOf(group), 1);
      schedule.finish(group.given, group.outcomes);
    }
    const given = schedule.next(next.at);
    if (given === undefined) return ran;
    const work = traces[given.trace];
    const outcomes = given.indexes.map((index) => {
      const one = work?.plans[index];
      const seconds = one && work ? work.takes(one) * (slowness[next.thread] ?? 1) : 0;
      return { requests: 1, hits: 0, misses: 1, evictions: 0, residence: 0, writebacks: 0, seconds };
    });
    const decoding = Number.isFinite(work?.cost.decodeSeconds) ? (work?.cost.decodeSeconds ?? 0) : 0;
    const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, decoding);
    const group = { ...given, given, outcomes, end: next.at + seconds };
    running.push(group);
    ran.push(group);
    next.at = group.end;
  }
}

const lastEnd = (ran: readonly Ran[]) => Math.max(...ran.map(({ end }) => end));
const cheap: PassCost = { decodeSeconds: 0.02, serveSeconds: 0.1 };

describe("a schedule", () => {
  test("gives every simulation to one thread, once", () => {
    const seconds = fc.double({ min: 0, max: 50, noNaN: true });
    const work = fc.record({
      plans: fc.array(
        fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 1e6 }), fc.boolean()).map((one) => plan(...one)),
        { maxLength: 50 },
      ),
      cost: fc.record({ decodeSeconds: seconds, serveSeconds: seconds }),
      factor: fc.double({ min: 0.1, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(work, { maxLength: 5 }), (threads, works) => {
        const traces = works.map(({ factor, ...rest }) => {
          return { ...rest, takes: ({ policyId }: SimulationPlan) => factor ** policyId };
        });
        const given = run(threads, traces).flatMap(({ trace, indexes }) =>
          indexes.map((n) => `${trace}/${n}`),
        );
        const all = traces.flatMap(({ plans }, trace) => plans.map((_, n) => `${trace}/${n}`));
        expect(given.sort()).toEqual(all.sort());
      }),
    );
  });

  test("schedules all simulations with estimates of nearly 0 and of 0", () => {
    const traces = [0, 5e-324].map((serveSeconds) => ({
      plans: [plan(5, 1, false)],
      cost: { decodeSeconds: 0, serveSeconds },
      takes: () => 1e-5,
    }));
    expect(run(1, traces)).toHaveLength(2);
  });

  test("of one thread is one group, one decode", () => {
    expect(run(1, [{ plans: grid(8, 5), cost: cheap, takes: () => 0.1 }])).toHaveLength(1);
  });

  test("reads a stream once, for any lengths of simulations", () => {
    const once = { decodeSeconds: Number.POSITIVE_INFINITY, serveSeconds: 1 };
    expect(run(1, [{ plans: grid(40, 40), cost: once, takes: () => 60 }])).toHaveLength(1);
  });

  test("has a group for each thread if decoding is slow", () => {
    const dear = { decodeSeconds: 10, serveSeconds: 0.1 };
    expect(run(4, [{ plans: grid(8, 5), cost: dear, takes: () => 0.1 }])).toHaveLength(4);
  });

  test("leaves no thread idle for long, if policies take a twentieth or ten times the estimate", () => {
    const takes = ({ policyId }: SimulationPlan) => [0.005, 0.05, 0.1, 0.1, 0.2, 0.2, 0.5, 1][policyId] ?? 0;
    for (const threads of [2, 3, 4]) {
      const plans = grid(8, 5);
      const ideal = plans.reduce((sum, one) => sum + takes(one), cheap.decodeSeconds) / threads;
      expect(lastEnd(run(threads, [{ plans, cost: cheap, takes }])) / ideal).toBeLessThan(1.2);
    }
  });

  test("keeps two threads busy to the end on 40 equal simulations of one trace, and of four", () => {
    const one = [{ plans: grid(8, 5), cost: cheap, takes: () => 0.1 }];
    const four = Array.from({ length: 4 }, () => ({ plans: grid(5, 2), cost: cheap, takes: () => 0.1 }));
    for (const traces of [one, four]) expect(lastEnd(run(2, traces))).toBeLessThan(4 / 2 / 0.95);
  });

  test("divides the simulations of each policy and each size among groups", () => {
    const plans = grid(8, 12);
    const ran = run(4, [{ plans, cost: cheap, takes: () => 0.1 }]);
    for (const { indexes } of ran.slice(0, 4)) {
      const chosen = indexes.flatMap((index) => plans[index] ?? []);
      expect(new Set(chosen.map(({ policyId }) => policyId)).size).toBe(8);
      expect(new Set(chosen.map(({ frames }) => frames)).size).toBeGreaterThan(7);
    }
  });

  test("gives less work to a thread of half the speed", () => {
    const work = [{ plans: grid(8, 5), cost: cheap, takes: () => 0.1 }];
    const ideal = 4 / (1 + 1 / 2);
    expect(lastEnd(run(2, work, [1, 2])) / ideal).toBeLessThan(1.1);
  });

  test("gives policies that know the future to as few threads as a fair share allows", () => {
    const plans = [...grid(7, 4), ...[1, 2, 3, 4].map((frames) => plan(8, frames, true))];
    const ran = run(2, [{ plans, cost: cheap, takes: ({ needsFuture }) => (needsFuture ? 0.2 : 0.1) }]);
    const foreseeing = ran.filter(({ indexes }) => indexes.some((index) => plans[index]?.needsFuture));
    expect(foreseeing).toHaveLength(1);
  });

  test("keeps the numbers of frames that are served together in one group", () => {
    const sizes = [1, 2, 3, 4].map((size) => ({ ...plan(9, size), servesSizes: true }));
    const plans = [...grid(4, 2), ...sizes, ...grid(4, 2)];
    const long = { decodeSeconds: 0.1, serveSeconds: 20 };
    const ran = run(2, [{ plans, cost: long, takes: () => 20 }]);
    const groups = ran.map(({ indexes }) => indexes.filter((index) => plans[index]?.policyId === 9).length);
    expect(groups.filter((count) => count > 0)).toEqual([4]);
  });

  test("finishes rows every few seconds, if simulations are long and decoding is not", () => {
    const long = { decodeSeconds: 0.1, serveSeconds: 2 };
    const ran = run(1, [{ plans: grid(8, 5), cost: long, takes: () => 2 }]);
    expect(Math.max(...ran.map(({ indexes }) => indexes.length))).toBe(3);
  });

  test("adapts to simulations that are longer than estimated", () => {
    const guess = { decodeSeconds: 0.5, serveSeconds: 1 };
    const [first, ...others] = run(1, [{ plans: grid(2, 40), cost: guess, takes: () => 10 }]);
    expect(first?.indexes).toHaveLength(5);
    for (const { indexes } of others) expect(indexes.length).toBe(1);
  });
});
