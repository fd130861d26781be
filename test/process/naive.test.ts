/** Random sequences of calls, answered by the library and by the naive model of `naive/` alike. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { System } from "#pagewalk/index.js";
import { randomCalls } from "./naive/calls.js";
import { type Call, layoutFor, Session } from "./naive/session.js";

const RUNS = process.env.PAGEWALK_TEST_BUILD === "debug" ? 1_000 : 10_000;

test("the library does with random calls what a model does page by page", async () => {
  const system = await System.create({ ulimit: "memlock=8MiB" });
  const fresh = system.checkpoint();
  const play = (calls: readonly Call[]) => {
    const session = new Session(system);
    for (const call of calls) session.step(call);
    session.end();
  };
  fc.assert(
    fc.property(randomCalls(layoutFor(system)), (calls) => {
      try {
        play(calls);
      } catch (difference) {
        system.restore(fresh);
        throw difference;
      }
    }),
    { numRuns: RUNS, seed: 6_18 },
  );
  expect(system.isValid()).toBe(true);
});
