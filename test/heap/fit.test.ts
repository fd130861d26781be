import fc from "fast-check";
import { describe, test } from "vitest";
import { caseCount } from "../build.js";
import { agree, steps } from "./agree.js";
import { type FitParameters, NaiveFit } from "./naive/fit.js";

const common = {
  header: fc.constantFrom(0, 4, 8, 16, 24, 64),
  alignment: fc.constantFrom(1, 3, 8, 16, 32, 64),
  split: fc.constantFrom(0, 0, 48, 200),
  growth: fc.constantFrom(1, 4096, 5000, 65_536),
  size: fc.constantFrom(0, 0, 100, 1000, 4093, 10_000),
};
const fits = fc.record({
  search: fc.constantFrom("first", "next", "best", "worst"),
  order: fc.constantFrom("address", "lifo", "fifo", "size", "size-descending"),
  remainder: fc.constantFrom("insert", "keep"),
  coalesce: fc.constantFrom("immediate", "deferred", "never", "list"),
  tags: fc.constantFrom("free", "both", "header", "table"),
  ...common,
}) as fc.Arbitrary<FitParameters>;
const segregated = fc.record({
  search: fc.constant("segregated"),
  classes: fc.constantFrom("power-of-two", "linear"),
  order: fc.constantFrom("lifo", "fifo", "address"),
  coalesce: fc.constantFrom("immediate", "deferred", "never"),
  tags: fc.constantFrom("free", "both"),
  ...common,
  header: fc.constantFrom(8, 16, 24, 64),
  alignment: fc.constantFrom(8, 16, 32, 64),
}) as fc.Arbitrary<FitParameters>;

function nameOf({ search, ...parameters }: FitParameters): string {
  const list = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return `${search === "segregated" ? search : `${search}-fit`}:${list.join(",")}`;
}

describe.each([
  ["first, next, best and worst fit", fits],
  ["segregated fits", segregated],
] as const)("%s", (_, parameters) => {
  test("places, splits, joins and lists blocks as the naive model does", async () => {
    await fc.assert(
      fc.asyncProperty(parameters, steps, (chosen, list) =>
        agree(nameOf(chosen), (base) => new NaiveFit(chosen, base), list),
      ),
      { numRuns: caseCount(150) },
    );
  });
});
