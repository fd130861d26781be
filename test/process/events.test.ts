import { describe, expect, test } from "vitest";
import type { ProcessEvent } from "#pagewalk/index.js";
import { mapped, PAGE } from "./machine-of.js";

describe("events of a process", () => {
  test("report each fault with its address, its region, and the call that made the region", async () => {
    const { process, at } = await mapped(8);
    const events: ProcessEvent[] = [];
    const stop = process.subscribe((event) => events.push(event));
    process.store(at + 5n, 3n * PAGE);
    stop();
    process.store(at + 7n * PAGE);
    const faults = events.filter(({ type }) => type === "fault");
    expect(faults.map((fault) => fault.type === "fault" && fault.address)).toEqual([
      at + 5n,
      at + PAGE,
      at + 2n * PAGE,
      at + 3n * PAGE,
    ]);
    const [first] = faults;
    if (first?.type !== "fault") throw new Error("no fault");
    expect(first).toMatchObject({ pid: process.pid, region: at, isMajor: false });
    expect(first.madeBy).toBe(first.call);
  });

  test("report calls before their faults, and the end with its signal", async () => {
    const { process, at } = await mapped(2);
    const told: string[] = [];
    process.subscribe((event) => told.push(event.type === "call" ? event.name : event.type));
    process.mlock(at, 2n * PAGE);
    process.load(0);
    expect(told).toEqual(["mlock", "fault", "fault", "signal", "end"]);
  });

  test("of other processes are not reported to a subscriber of one process", async () => {
    const { process, at } = await mapped(2);
    const child = process.fork();
    if ("error" in child) throw new Error(child.error);
    const told: number[] = [];
    child.subscribe(({ pid }) => told.push(pid));
    process.store(at);
    child.store(at);
    expect(told).toEqual([child.pid]);
  });
});
