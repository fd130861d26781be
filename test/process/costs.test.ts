import { describe, expect, test } from "vitest";
import { mapped, PAGE } from "./machine-of.js";

const costs = { tlbHit: 1, walkStep: 10, minorFault: 100, majorFault: 10_000, shootdown: 1000, call: 50 };

async function measured(work: Parameters<typeof mapped>[1] = {}) {
  const { process, at } = await mapped(64, { costs, ...work });
  const before = process.cycles;
  return {
    process,
    at,
    spent() {
      const { calls, references, faults, shootdowns } = process.cycles;
      return {
        calls: calls - before.calls,
        references: references - before.references,
        faults: faults - before.faults,
        shootdowns: shootdowns - before.shootdowns,
      };
    },
  };
}

describe("modelled time", () => {
  test("a first touch costs its fault, a walk of four entries and a lookup", async () => {
    const { process, at, spent } = await measured();
    process.store(at);
    expect(spent()).toEqual({ calls: 0, references: 41, faults: 100, shootdowns: 0 });
  });

  test("a touch of a page in the TLB costs only the lookup", async () => {
    const { process, at, spent } = await measured();
    process.store(at);
    process.touchMany(Array.from({ length: 10 }, () => at));
    expect(spent().references).toBe(51);
  });

  test("a call costs its entry into the kernel, and the shootdowns of its stale translations", async () => {
    const { process, at, spent } = await measured();
    process.store(at, 3n * PAGE);
    process.mprotect(at, 3n * PAGE, "PROT_READ");
    expect(spent()).toMatchObject({ calls: 50, shootdowns: 3000 });
  });

  test("faults within a call are charged as faults", async () => {
    const { process, at, spent } = await measured();
    process.mlock(at, 5n * PAGE);
    expect(spent()).toEqual({ calls: 50, references: 0, faults: 500, shootdowns: 0 });
  });

  test("costs of regions add up to the process's, and each region has its longest reference", async () => {
    const { process, at } = await measured();
    process.store(at, 64n * PAGE);
    process.alloca(PAGE);
    const regions = process.regions();
    const { references, faults } = process.cycles;
    expect(regions.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(references + faults);
    expect(regions.find(({ start }) => start === at)).toMatchObject({
      references: 64,
      cycles: 64 * 141,
      worstCycles: 141,
    });
  });

  test("waiting for a disk is the longest wait", async () => {
    const { process, at } = await measured({ memory: "160KiB", swap: "4MiB", policy: "fifo" });
    process.store(at, 64n * PAGE);
    process.load(at);
    expect(process.faults.major).toBeGreaterThan(0);
    expect(process.cycles.worstReference).toMatchObject({ address: at });
    expect(process.cycles.worstReference?.cycles).toBeGreaterThan(10_000);
  });

  test("prices that are not given have their defaults", async () => {
    const { process, at } = await mapped(1, { costs: "minorFault=7" });
    process.store(at);
    expect(process.cycles.worstReference?.cycles).toBeGreaterThan(120);
    await expect(mapped(1, { costs: "minorFaults=7" })).rejects.toThrow("did you mean minorFault?");
    await expect(mapped(1, { costs: "minorFault" })).rejects.toThrow("write it as walkStep=30");
  });
});
