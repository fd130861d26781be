/** Each claim with a simulation that violates it, to show that the claim can fail. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLAIMS, type Run, type Trial } from "#pagewalk/policy/custom/claims.js";
import { fewestMisses } from "#pagewalk/policy/custom/fewest-misses.js";
import { caseCount } from "../../build.js";
import { missesOf } from "../replay.js";

const trial: Trial = {
  requests: [1, 2, 3, 1, 2, 3].map((page) => ({ page, kind: "load" })),
  frames: 2,
};

/** Hits as given, then misses; a miss evicts if there are `frames` pages. */
function fake(hits: string, { frames = 2, valid = true } = {}): Run {
  const rest = [...hits];
  const run = {
    misses: 0,
    evictions: 0,
    serve() {
      const hit = rest.shift() === "h";
      if (!hit && run.misses++ - run.evictions === frames) run.evictions++;
      return hit;
    },
    isValid: () => valid,
  };
  return run;
}

/** The result of the claim for `runs`, with the trial shaped for it. */
function verdict(name: string, ...[run = fake(""), ...more]: Run[]): string | undefined {
  const claim = CLAIMS.find((one) => one.name.startsWith(name));
  if (claim === undefined) throw new Error(`no claim ${name}`);
  expect(more.length).toBe(claim.runs - 1);
  return claim.check(claim.shape?.(trial) ?? trial, run, ...more);
}

describe("a violation of a claim", () => {
  test.each<[string, Run[], string]>([
    ["serves every request", [fake("mmm", { valid: false })], "its state is inconsistent after request 0"],
    ["accepts page numbers", [fake("mmm", { valid: false })], "its state is inconsistent after request 0"],
    ["keeps the page", [fake("mhmhmm")], "request 5 misses the page that request 4 was for"],
    ["misses each page once", [fake("mmmhhm")], "4 misses for 3 pages in as many frames"],
    ["misses each page once", [fake("mmhhhh")], "2 misses for 3 pages in as many frames"],
    ["fills every frame", [fake("mmmmmm", { frames: 3 })], "3 pages are resident after request 2, not 2"],
    ["fills every frame", [fake("mmmmmm", { frames: 1 })], "1 pages are resident after request 1, not 2"],
    [
      "gives the same results when run again",
      [fake("mmh"), fake("mmm")],
      "request 2 hits, and misses in a second simulation",
    ],
    [
      "keeps interleaved simulations apart",
      [fake("mm"), fake("mm"), fake("mh")],
      "request 1 misses, and hits while",
    ],
    [
      "keeps interleaved simulations apart",
      [fake("mm"), fake("mh"), fake("mm")],
      "request 1 misses, and hits while",
    ],
    ["never beats opt", [fake("mmmhhh")], "3 misses, where no policy can have fewer than 4"],
  ])("%s: %o", (name, runs, says) => {
    expect(verdict(name, ...runs)).toContain(says);
  });

  test("every claim has a violation here", () => {
    expect(CLAIMS).toHaveLength(8);
  });
});

test("a policy that meets a claim is not reported", () => {
  expect(verdict("serves every request", fake(""))).toBeUndefined();
  expect(verdict("keeps the page", fake("mhmhmhmhmhmh"))).toBeUndefined();
  expect(verdict("misses each page once", fake("mmmhhh"))).toBeUndefined();
  expect(verdict("fills every frame", fake("mmmmmm"))).toBeUndefined();
  expect(verdict("gives the same results when run again", fake("mmhm"), fake("mmhm"))).toBeUndefined();
  expect(verdict("keeps interleaved simulations apart", fake("mh"), fake("mh"), fake("mh"))).toBeUndefined();
  expect(verdict("never beats opt", fake("mmmhmh"))).toBeUndefined();
});

test("the fewest misses equal those of the kernel's opt", async () => {
  const pages = fc.array(fc.nat(15), { minLength: 1, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(pages, fc.integer({ min: 1, max: 9 }), async (sequence, frames) => {
      expect(fewestMisses(sequence, frames)).toBe(await missesOf("opt", sequence, frames));
    }),
    { numRuns: caseCount(60) },
  );
});
