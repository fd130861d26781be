import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Process } from "#pagewalk/index.js";
import { caseCount } from "../build.js";
import { mapped, PAGE } from "./machine-of.js";

const step = fc.oneof(
  fc.record({
    what: fc.constantFrom("store", "load", "munmap", "mlock", "munlock", "fork", "alloca", "exit"),
    page: fc.integer({ min: 0, max: 31 }),
    pages: fc.integer({ min: 1, max: 8 }),
    of: fc.integer({ min: 0, max: 3 }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Everything that is visible of a system. */
function look(process: Process): string {
  const { system } = process;
  const seen = {
    frames: system.frames,
    counters: system.counters,
    tlbs: system.tlbs.map(({ tlb }) => tlb.counts),
    processes: [...system.processes.values()].map((one) => ({
      pid: one.pid,
      isAlive: one.isAlive,
      regions: one.regions(),
      faults: one.faults,
      cycles: one.cycles,
      stackPointer: one.stackPointer,
    })),
  };
  return JSON.stringify(seen, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

function take({ process, at }: { process: Process; at: bigint }, { what, page, pages, of }: Step): void {
  const living = [...process.system.processes.values()].filter(({ isAlive }) => isAlive);
  const one = living[of % living.length];
  if (one === undefined) return;
  one.handle("SIGSEGV");
  const address = at + BigInt(page) * PAGE;
  const bytes = BigInt(pages) * PAGE;
  if (what === "fork") one.fork();
  else if (what === "exit") one.exit();
  else if (what === "alloca") one.alloca(bytes);
  else one[what](address, bytes);
}

describe("stepping back", () => {
  test("undoes any step: regions, faults, evictions, TLBs, processes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const start = await mapped(32, { memory: "192KiB", swap: "1MiB", history: 200 });
        const seen = steps.map((one) => {
          const before = look(start.process);
          take(start, one);
          return before;
        });
        const { system } = start.process;
        const found = new Set([look(start.process)]);
        while (system.stepBack()) {
          expect(system.isValid()).toBe(true);
          found.add(look(start.process));
        }
        expect(seen.findIndex((before) => !found.has(before))).toBe(-1);
      }),
      { numRuns: caseCount(12) },
    );
  });

  test("goes as far as the history reaches", async () => {
    const { process, at } = await mapped(8, { history: 2 });
    for (let page = 0n; page < 4n; page++) process.store(at + page * PAGE);
    expect([process.system.stepBack(), process.system.stepBack(), process.system.stepBack()]).toEqual([
      true,
      true,
      false,
    ]);
    expect(process.regions().find(({ start }) => start === at)?.rssBytes).toBe(2 * 4096);
  });

  test("restores a process that a signal ended", async () => {
    const { process } = await mapped(1, { history: 1 });
    process.store(0);
    expect(process.isAlive).toBe(false);
    process.system.stepBack();
    expect(process.isAlive).toBe(true);
    expect(process.load(process.stackPointer).signal).toBeUndefined();
  });
});

describe("a checkpoint", () => {
  test("can be restored several times, and the same calls then give the same results", async () => {
    const { process, at } = await mapped(32, { memory: "256KiB", swap: "1MiB" });
    process.store(at, 8n * PAGE);
    const checkpoint = process.system.checkpoint();
    const life = () => {
      process.store(at, 32n * PAGE);
      process.fork();
      process.munmap(at, 4n * PAGE);
      return look(process);
    };
    const first = life();
    process.system.restore(checkpoint);
    expect(process.system.processes.size).toBe(1);
    expect(life()).toEqual(first);
    process.system.restore(checkpoint);
    expect(life()).toEqual(first);
  });
});
