/**
 * Processes under memory pressure: with any operations and any memory the kernel does not trap, hang or lose data, and
 * its state stays consistent. PAGEWALK_PRESSURE_ROUNDS and PAGEWALK_PRESSURE_SEED run more of it by hand.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { leavesAlike, operation, setup } from "./pressure/operations.js";
import { World } from "./pressure/world.js";

const rounds = Number(process.env.PAGEWALK_PRESSURE_ROUNDS ?? caseCount(120));
const seed = Number(process.env.PAGEWALK_PRESSURE_SEED ?? 1);

test("stays consistent after each of a few operations", async () => {
  const operations = fc.array(operation, { minLength: 1, maxLength: 25, size: "max" });
  await fc.assert(
    fc.asyncProperty(setup, operations, async (setup, operations) => {
      const world = await World.of(setup);
      for (const operation of operations) {
        if (world.do(operation)) return;
        expect(world.defect()).toBeUndefined();
      }
    }),
    { numRuns: rounds, seed },
  );
}, 3_600_000);

test("is consistent at the end of many operations", async () => {
  const operations = fc.array(operation, { minLength: 80, maxLength: 250, size: "max" });
  await fc.assert(
    fc.asyncProperty(setup, operations, async (setup, operations) => {
      const world = await World.of(setup);
      for (const operation of operations) if (world.do(operation)) return;
      expect(world.defect()).toBeUndefined();
    }),
    { numRuns: Math.ceil(rounds / 2), seed },
  );
}, 3_600_000);

test("leaves no adjacent regions that Linux would merge", async () => {
  const operations = fc.array(
    operation.filter((one) => !leavesAlike(one)),
    { minLength: 1, maxLength: 40, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(setup, operations, async (setup, operations) => {
      // A call that is refused for a limit may have split regions already.
      const world = await World.of({ options: { ...setup.options, overcommit: 1, ulimit: "" } });
      for (const operation of operations) {
        if (world.do(operation)) return;
        expect(world.unmerged()).toBeUndefined();
      }
    }),
    { numRuns: Math.ceil(rounds / 2), seed },
  );
}, 3_600_000);
