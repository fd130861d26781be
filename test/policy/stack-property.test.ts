/**
 * The stack property: whatever hits with some number of frames hits with more. One pass then gives the whole curve
 * (assembly/analysis/page-stack). Variable-space policies are left out: their number of frames is only a limit.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policies } from "#pagewalk/policy/policies.js";
import { hasStack } from "#pagewalk/wasm/analysis.js";
import { caseCount } from "../build.js";
import { hitsOf } from "./replay.js";

/** Random pages, among them runs and popular ones. */
const step = fc.oneof(fc.constant("next"), fc.nat(11), fc.nat(3));
const sequence = fc.array(step, { minLength: 60, maxLength: 120, size: "max" }).map((steps) => {
  let page = 0;
  return steps.map((one) => {
    page = one === "next" ? (page + 1) % 12 : Number(one);
    return page;
  });
});
/** The same for all policies: a policy without the property has a counterexample among the first. */
const sequences = fc.sample(sequence, { seed: 1, numRuns: 100 });

/** True if a request hits with a number of frames and misses with one more. */
async function loses(policy: string, pages: readonly number[]): Promise<boolean> {
  let fewer = pages.map(() => false);
  for (let frames = 1; frames <= 9; frames++) {
    const hits = await hitsOf(policy, pages, frames);
    if (fewer.some((hit, at) => hit && !hits[at])) return true;
    fewer = hits;
  }
  return false;
}

async function findLoss(policy: string, among: readonly number[][]): Promise<readonly number[] | undefined> {
  for (const pages of among) if (await loses(policy, pages)) return pages;
  return undefined;
}

const fixed = (await policies()).flatMap(({ name, isVariable }) => (isVariable ? [] : [name]));

describe("the stack property", () => {
  test.each(fixed.filter(hasStack))("is one of %s", async (name) => {
    expect(await findLoss(name, sequences.slice(0, caseCount(40)))).toBeUndefined();
  });

  test.each(fixed.filter((name) => !hasStack(name)))("is none of %s", async (name) => {
    expect(await findLoss(name, sequences)).toBeDefined();
  });

  // docs/curves.md
  test("of lfu fails for ten requests, by which its definition is not a stack algorithm", async () => {
    const pages = [3, 4, 1, 3, 4, 2, 1, 2, 1, 2];
    const misses = async (frames: number) =>
      (await hitsOf("lfu", pages, frames)).filter((hit) => !hit).length;
    expect([await misses(2), await misses(3)]).toEqual([7, 8]);
  });
});
