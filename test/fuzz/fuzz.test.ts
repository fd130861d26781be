/** A short run of the fuzzer; `npm run fuzz` is the long one. */
import { describe, expect, test } from "vitest";
import { caseCount, isDebug } from "../build.js";
import { fuzz, minimised } from "./fuzzer.js";
import { Inputs } from "./inputs.js";
import { TARGETS } from "./targets.js";

const SEED = 1;
/** A machine that is busy with other suites may be slow; `npm run fuzz` has a closer limit. */
const LIMIT_MS = 20_000;

test("changed inputs of every format are read or refused", async () => {
  const targets = Object.keys(TARGETS);
  const { done, failures } = await fuzz({
    seed: SEED,
    targets,
    limitMs: LIMIT_MS,
    isDebug,
    count: caseCount(1200),
  });
  expect(
    failures.map(({ number, input, what }) => `${number}: ${input.target} of ${input.seed.name}: ${what}`),
  ).toEqual([]);
  expect(done).toBe(caseCount(1200));
});

test("the same seed and number give the same input, and every target and most formats are covered", async () => {
  const [one, again] = [await Inputs.of(Object.keys(TARGETS)), await Inputs.of(Object.keys(TARGETS))];
  const targets = new Set<string>();
  const seeds = new Set<string>();
  for (let number = 0; number < 1200; number++) {
    const input = one.input(SEED, number);
    if (number % 40 === 0) expect(again.input(SEED, number)).toEqual(input);
    targets.add(input.target);
    seeds.add(input.seed.name);
  }
  expect([...targets].sort()).toEqual(Object.keys(TARGETS).sort());
  expect(seeds.size).toBeGreaterThan(one.seeds.length * 0.8);
});

describe("the fuzzer finds", () => {
  const lane = { seed: SEED, targets: [], limitMs: 300, inputs: new URL("planted.js", import.meta.url).href };

  test("crashes, hangs, ends of the process and harmful messages, and continues after them", async () => {
    const { done, failures } = await fuzz({ ...lane, count: 12 });
    expect(done).toBe(12);
    const found = failures.map(({ number, what }) => [number, what.replace(/ \(?(file|at|\/).*/, "")]);
    expect(found).toEqual([
      [3, expect.stringMatching(/^TypeError: x is not a function/)],
      [5, "hang: more than 300 ms"],
      [7, expect.stringMatching(/^the message has 10000 characters/)],
      [8, expect.stringMatching(/^the message has control characters/)],
      [9, "the thread ended with 3"],
    ]);
  });

  test("the few bytes that cause a fault", async () => {
    const { failures } = await fuzz({ ...lane, count: 5 });
    const [crash] = failures;
    if (crash === undefined) throw new Error("nothing was found");
    expect([...(await minimised(crash, lane)).input.bytes]).toEqual([1]);
  });
});
