/** The division of simulations among machines, against its claims. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inGroups, inParts, type Portion } from "#pagewalk/sweep/division.js";
import { caseCount } from "../build.js";

const plan = fc.record({
  policyId: fc.integer({ min: -2, max: 8 }),
  parameters: fc.constant([]),
  frames: fc.integer({ min: 1, max: 5 }),
  needsFuture: fc.boolean(),
});
const portion = fc.record({
  sizeBytes: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  plans: fc.array(plan, { maxLength: 40, size: "max" }),
});
const portions = fc.array(portion, { maxLength: 12, size: "max" });

/** The cost of a simulation: the bytes of its trace, if all are known, and two and a half times that with the future. */
const costs = (all: readonly Portion[]) => {
  const areKnown = all.every(({ sizeBytes }) => sizeBytes !== undefined);
  return all.map(({ plans, sizeBytes }) =>
    plans.map(({ needsFuture }) => (areKnown ? Math.max(1, sizeBytes ?? 1) : 1) * (needsFuture ? 2.5 : 1)),
  );
};

describe("parts", () => {
  test("have each simulation once", () => {
    fc.assert(
      fc.property(portions, fc.integer({ min: 1, max: 70 }), (all, parts) => {
        const found = inParts(all, parts);
        expect(found).toHaveLength(parts);
        for (const [n, { plans }] of all.entries()) {
          const indexes = found.flatMap((part) => part[n] ?? []);
          expect(indexes.sort((a, b) => a - b)).toEqual([...plans.keys()]);
        }
      }),
      { numRuns: caseCount(200) },
    );
  });

  test("cost the same, but for one simulation at each end", () => {
    fc.assert(
      fc.property(portions, fc.integer({ min: 1, max: 20 }), (all, parts) => {
        const cost = costs(all);
        const sums = inParts(all, parts).map((part) =>
          part.reduce(
            (sum, indexes, n) => indexes.reduce((more, index) => more + (cost[n]?.[index] ?? 0), sum),
            0,
          ),
        );
        const fair = cost.flat().reduce((sum, one) => sum + one, 0) / parts;
        const most = Math.max(0, ...cost.flat());
        for (const sum of sums) expect(Math.abs(sum - fair)).toBeLessThanOrEqual(most * (1 + 1e-9));
      }),
      { numRuns: caseCount(200) },
    );
  });

  test("read few traces: successive parts share at most one", () => {
    fc.assert(
      fc.property(portions, fc.integer({ min: 1, max: 20 }), (all, parts) => {
        const touched = inParts(all, parts).map((part) =>
          part.flatMap((indexes, n) => (indexes.length > 0 ? n : [])),
        );
        let last = 0;
        for (const traces of touched) {
          expect(traces[0] ?? last).toBeGreaterThanOrEqual(last);
          last = traces.at(-1) ?? last;
        }
      }),
      { numRuns: caseCount(200) },
    );
  });
});

describe("groups", () => {
  test("have each simulation once, at most 64, and do not depend on what else is compared", () => {
    fc.assert(
      fc.property(portion, (one) => {
        const groups = inGroups(one);
        expect(groups.flat().sort((a, b) => a - b)).toEqual([...one.plans.keys()]);
        for (const group of groups) expect(group.length).toBeGreaterThan(0);
        expect(inGroups({ ...one })).toEqual(groups);
      }),
      { numRuns: caseCount(200) },
    );
  });

  test("are small for long traces and large for short ones", () => {
    const plans = Array.from({ length: 64 }, (_, n) => ({
      policyId: n,
      parameters: [],
      frames: 1,
      needsFuture: false,
    }));
    const sizes = (sizeBytes: number) => inGroups({ sizeBytes, plans }).map(({ length }) => length);
    expect(sizes(1000)).toEqual([64]);
    expect(sizes(2 ** 22)).toEqual([16, 16, 16, 16]);
    expect(sizes(2 ** 33)).toEqual(Array(16).fill(4));
  });
});
