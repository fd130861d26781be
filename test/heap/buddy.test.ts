import fc from "fast-check";
import { test } from "vitest";
import { caseCount } from "../build.js";
import { agree, steps } from "./agree.js";
import { type BuddyParameters, NaiveBuddy } from "./naive/buddy.js";

const parameters = fc.record({
  least: fc.constantFrom(16, 20, 32, 64, 4096),
  tags: fc.constantFrom("header", "map"),
  grow: fc.constantFrom("double", "pieces"),
  growth: fc.constantFrom(4096, 5000, 65_536),
  size: fc.constantFrom(0, 0, 1024, 5000, 65_536),
}) as fc.Arbitrary<BuddyParameters>;

test("places, splits, joins and lists blocks as the naive model does", async () => {
  await fc.assert(
    fc.asyncProperty(parameters, steps, (chosen, list) => {
      const list_ = Object.entries(chosen).map(([key, value]) => `${key}=${value}`);
      return agree(`buddy:${list_.join(",")}`, (base) => new NaiveBuddy(chosen, base), list);
    }),
    { numRuns: caseCount(150) },
  );
});
