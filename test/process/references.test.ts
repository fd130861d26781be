import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { System } from "#pagewalk/process/system.js";
import { caseCount } from "../build.js";
import { mapped, PAGE } from "./machine-of.js";

const KINDS = ["load", "store", "modify", "fetch"] as const;

const reference = fc.record({
  page: fc.integer({ min: 0, max: 40 }),
  offset: fc.integer({ min: 0, max: 4095 }),
  bytes: fc.constantFrom(1, 4, 8, 64),
  kind: fc.constantFrom(...KINDS),
});

describe("references in bulk", () => {
  test.each([{}, { memory: "128KiB", swap: "1MiB", policy: "lru" }])(
    "have the results of single references, with %j",
    async (options) => {
      await fc.assert(
        fc.asyncProperty(fc.array(reference, { minLength: 1, maxLength: 300 }), async (references) => {
          const bulk = await mapped(40, options);
          const single = await mapped(40, options);
          for (const { process, at } of [bulk, single])
            process.mprotect(at, 8n * PAGE, "PROT_READ|PROT_EXEC");
          for (const { process, at } of [bulk, single])
            process.mprotect(at + 8n * PAGE, 24n * PAGE, "PROT_READ|PROT_WRITE|PROT_EXEC");
          const signals: unknown[] = [];
          for (const { page, offset, bytes, kind } of references) {
            const va = bulk.at + BigInt(page) * PAGE + BigInt(offset);
            for (const { process } of [bulk, single]) process.handle("SIGSEGV");
            const many = bulk.process.touchMany([va], kind, bytes);
            const one = single.process[kind](va, bytes);
            signals.push(one.signal?.code);
            expect({ ...many, done: undefined }).toEqual({ ...one, done: undefined });
          }
          const sums = ({ process }: typeof bulk) => ({
            faults: process.faults,
            cycles: process.cycles,
            regions: process.regions(),
            counters: process.system.counters,
            tlbs: process.system.tlbs.map(({ tlb }) => tlb.counts),
          });
          expect(sums(bulk)).toEqual(sums(single));
          expect(bulk.process.system.isValid()).toBe(true);
        }),
        { numRuns: caseCount(15) },
      );
    },
  );

  test("continue up to the one that gets a signal", async () => {
    const { process, at } = await mapped(5);
    process.munmap(at + 4n * PAGE, PAGE);
    const addresses = [0n, 1n, 2n, 3n, 4n, 5n].map((page) => at + page * PAGE);
    const touch = process.touchMany(addresses, "store", 8);
    expect(touch).toMatchObject({
      done: 4,
      minorFaults: 4,
      signal: { signal: "SIGSEGV", code: "SEGV_MAPERR", address: at + 4n * PAGE },
    });
    expect(process.isAlive).toBe(false);
  });

  test("of more than a page touch each page", async () => {
    const { process, at } = await mapped(300);
    expect(process.store(at + 100n, 299n * PAGE)).toMatchObject({ minorFaults: 300, signal: undefined });
    expect(process.regions().find(({ start }) => start === at)?.rssBytes).toBe(300 * 4096);
  });
});

// The vsyscall page of x86-64 is execute-only, and the kernel emulates a call of one of its three entries.
test.each([
  [0xffffffffff600000n, "fetch", undefined],
  [0xffffffffff600400n, "fetch", undefined],
  [0xffffffffff600800n, "fetch", undefined],
  [0xffffffffff600c00n, "fetch", "SEGV_MAPERR"],
  [0xffffffffff600401n, "fetch", "SEGV_MAPERR"],
  [0xffffffffff601000n, "fetch", "SEGV_MAPERR"],
  [0xffffffffff600400n, "load", "SEGV_MAPERR"],
] as const)("at 0x%x a %s ends in %s", async (address, kind, code) => {
  const process = (await System.create()).start();
  expect(process[kind](address, 1).signal?.code).toBe(code);
});
