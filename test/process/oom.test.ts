/** Claims about the OOM killer: mm/oom_kill.c of Linux 6.18. */
import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import type { System } from "#pagewalk/process/system.js";
import { freeFrames, map, mapFile, SHARED, storeAll, systemOf } from "./memory.js";

const FRAMES = 256;

/** A process that has stored to this number of pages. */
function holder(system: System, pages: number): Process {
  const process = system.start();
  storeAll(process, map(process, pages), pages);
  return process;
}

/** Stores, exempt from the killer, until a process is killed. Returns the numbers of the remaining ones. */
function exhaust(system: System, process: Process): number[] {
  process.space.kernel.setOomScoreAdjust(-1000);
  const address = map(process, 2 * FRAMES);
  for (let n = 0; n < 2 * FRAMES && system.counters.kills === 0; n++)
    process.store(address + BigInt(n * 4096));
  return [...system.processes.values()].filter(({ isAlive }) => isAlive).map(({ pid }) => pid);
}

test("the process with the most memory is killed, and the others continue", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [small, large, asker] = [holder(system, 20), holder(system, 150), holder(system, 10)];
  expect(exhaust(system, asker)).toEqual([small.pid, asker.pid]);
  expect(large.isAlive).toBe(false);
  expect(freeFrames(system)).toBeGreaterThan(100);
  expect(small.store(map(small, 1)).signal).toBeUndefined();
  expect(system.isValid()).toBe(true);
});

test("pages in swap count as pages in memory", async () => {
  const system = await systemOf(FRAMES, { swap: 150 * 4096, overcommit: 1 });
  const sleeper = system.start();
  const address = map(sleeper, 140);
  storeAll(sleeper, address, 140);
  sleeper.madvise(address, 140 * 4096, "MADV_PAGEOUT");
  const [waker, asker] = [holder(system, 100), holder(system, 10)];
  expect(exhaust(system, asker)).toEqual([waker.pid, asker.pid]);
});

test("page tables count too", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const sparse = system.start();
  const address = map(sparse, 512 * 60);
  for (let n = 0; n < 60; n++) sparse.store(address + BigInt(n * 512 * 4096));
  const dense = holder(system, 100);
  const asker = holder(system, 1);
  expect(exhaust(system, asker)).toEqual([dense.pid, asker.pid]);
});

test("an adjustment is thousandths of memory; -1000 is spared", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [small, large, asker] = [holder(system, 30), holder(system, 120), holder(system, 10)];
  small.space.kernel.setOomScoreAdjust(900);
  expect(exhaust(system, asker)).toEqual([large.pid, asker.pid]);
  const other = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [spared, next, last] = [holder(other, 120), holder(other, 60), holder(other, 10)];
  spared.space.kernel.setOomScoreAdjust(-1000);
  expect(exhaust(other, last)).toEqual([spared.pid, last.pid]);
  expect(next.isAlive).toBe(false);
});

test("of equal processes the later one is killed", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [first, second, asker] = [holder(system, 80), holder(system, 80), holder(system, 1)];
  expect(exhaust(system, asker)).toEqual([first.pid, asker.pid]);
  expect(second.isAlive).toBe(false);
});

test("the process that needs memory may be killed itself: SIGKILL, and its later calls are refused", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [bystander, greedy] = [holder(system, 20), system.start()];
  const address = map(greedy, 2 * FRAMES);
  expect(greedy.store(address, 2 * FRAMES * 4096).signal).toMatchObject({ signal: "SIGKILL" });
  expect(greedy.isAlive).toBe(false);
  expect(bystander.isAlive).toBe(true);
  expect(() => greedy.brk()).toThrow("has ended");
  expect(() => greedy.store(address)).toThrow("has ended");
  expect(freeFrames(system)).toBeGreaterThan(FRAMES - 40);
  expect(system.isValid()).toBe(true);
});

test("shared memory and files of a killed process stay in the others that map them", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const parent = system.start();
  const shared = map(parent, 10, SHARED);
  storeAll(parent, shared, 10);
  const file = mapFile(parent, "/data", 4, "MAP_SHARED");
  parent.store(file);
  const child = parent.fork() as Process;
  storeAll(child, shared, 10);
  storeAll(child, map(child, 150), 150);
  const left = exhaust(system, holder(system, 1));
  expect(left).toContain(parent.pid);
  expect(child.isAlive).toBe(false);
  expect(parent.load(shared)).toMatchObject({ minorFaults: 0, majorFaults: 0 });
  expect(system.isValid()).toBe(true);
});

test("no process is killed while a victim is still dying", async () => {
  const system = await systemOf(FRAMES, { swap: 0, overcommit: 1 });
  const [bystander, greedy] = [holder(system, 60), system.start()];
  const address = map(greedy, 2 * FRAMES);
  greedy.mlock(address, 2 * FRAMES * 4096);
  expect(system.counters.kills).toBe(1);
  expect(bystander.isAlive).toBe(true);
});
