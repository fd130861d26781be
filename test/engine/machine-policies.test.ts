/**
 * Claims about every policy of the registry inside a machine, where pages are also mapped and unmapped by hand, page
 * tables allocate and free frames, swap runs out, and R and M bits are those of page-table entries.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePolicies, type PolicyChoice } from "#pagewalk/policy/policies.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelMachine } from "#pagewalk/wasm/machine.js";
import { NONE } from "../../assembly/abi/core.js";
import { HUGE_NEVER } from "../../assembly/abi/machine.js";
import { FLAG_EXECUTE, FLAG_READ, FLAG_USER, FLAG_WRITE, TLB_LRU } from "../../assembly/abi/mmu.js";
import { caseCount } from "../build.js";

const PAGE = 4096;
const EVERYTHING = FLAG_READ | FLAG_WRITE | FLAG_EXECUTE | FLAG_USER;
const TABLE_SPAN = 2 ** 21;

/** Two clusters of pages, a table of the lowest level apart. */
const address = fc.nat(30).map((page) => (page % 2) * TABLE_SPAN + Math.floor(page / 2) * PAGE);
const operation = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant("access"), address, kind: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("cross"), address, kind: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("map"), address, kind: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("unmap"), address, kind: fc.constant(0) }) },
);
type Operation = { what: string; address: number; kind: number };
const operations = fc.array(operation, { minLength: 1, maxLength: 150, size: "max" });

const policies = (await choosePolicies("all")).filter(({ needsFuture }) => !needsFuture);

async function machineOf({ id, parameters }: PolicyChoice, frames: number, swapPages: number) {
  const machine = new KernelMachine(await Kernel.create(), {
    architecture: 0,
    frames,
    swapPages,
    huge: HUGE_NEVER,
    spaces: 1,
    policy: id,
    policyParameters: parameters,
  });
  for (const [level, sides] of [
    [1, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    machine.addTlb({ level, sides, sizes: 2, sets: 2, ways: 2, replacement: TLB_LRU, seed: 1 });
  }
  return machine;
}

function carryOut(machine: KernelMachine, { what, address, kind }: Operation): void {
  const va = BigInt(address);
  if (what === "access") machine.access(va, 8, kind);
  else if (what === "cross") machine.access(va + BigInt(PAGE - 4), 8, kind);
  else if (what === "map") machine.map(va, 1, EVERYTHING);
  else machine.unmap(va);
}

describe.each(policies)("$name", (policy) => {
  test("stays consistent through accesses, mappings and unmappings, with any memory and swap", async () => {
    const swap = fc.constantFrom(0, 3, 12, NONE);
    await fc.assert(
      fc.asyncProperty(operations, fc.integer({ min: 7, max: 24 }), swap, async (list, frames, swapPages) => {
        const machine = await machineOf(policy, frames, swapPages);
        for (const [at, operation] of list.entries()) {
          carryOut(machine, operation);
          const { used } = machine.frames;
          const sound = machine.isValid() && used <= frames;
          expect({ at, operation, sound }).toEqual({ at, operation, sound: true });
        }
      }),
      { numRuns: caseCount(25) },
    );
  });
});
