/** Claims about reclaim: mm/vmscan.c; Gorman (2004), chapters 2.2.1 and 10. */
import { expect, test } from "vitest";
import { at, freeFrames, loadAll, map, mapFile, storeAll, systemOf } from "./memory.js";

// Of 1,024 frames: min is 4 sqrt(4096) = 256 KiB, 64 frames; low and high are a quarter of that apart.
const FRAMES = 1024;
const LOW = 80;
const HIGH = 96;

test("background reclaim starts below the low watermark and stops at the high one, and no process waits", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const address = map(process, 4 * FRAMES);
  let least = FRAMES;
  for (let n = 0; n < 2 * FRAMES; n++) {
    const before = system.counters.backgroundReclaims;
    process.store(at(address, n));
    least = Math.min(least, freeFrames(system));
    const reclaimed = system.counters.backgroundReclaims - before;
    if (reclaimed > 0) expect(freeFrames(system)).toBe(HIGH);
    if (n < FRAMES - LOW - 10) expect(reclaimed).toBe(0);
  }
  expect(least).toBe(LOW);
  expect(system.counters.backgroundReclaims).toBeGreaterThan(FRAMES);
  expect(system.counters.directReclaims).toBe(0);
});

test("a process that finds no free frame evicts a page itself", async () => {
  const system = await systemOf(64, { overcommit: 1 });
  const process = system.start();
  // A table for each page: fork copies them in one call, in which no background runs.
  const first = map(process, 512 * 20);
  for (let n = 0; n < 20; n++) process.store(at(first, 512 * n));
  expect(system.counters.directReclaims).toBe(0);
  process.fork();
  expect(system.counters.directReclaims).toBeGreaterThan(0);
  expect(system.counters.kills).toBe(0);
  expect(system.isValid()).toBe(true);
});

test("a dirty page is written once, and later evicted without a write until the next store", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = map(process, 8);
  storeAll(process, address, 8);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  expect(system.counters.swapWrites).toBe(8);
  loadAll(process, address, 8);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  expect(system.counters).toMatchObject({ swapWrites: 8, evictions: 16 });
  process.load(address);
  process.store(address);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  expect(system.counters.swapWrites).toBe(9);
});

test("clean pages of a file are dropped without a write, dirty ones go to the file", async () => {
  const system = await systemOf(64, { swap: 0 });
  const process = system.start();
  const address = mapFile(process, "/data", 200, "MAP_SHARED");
  loadAll(process, address, 200);
  expect(system.counters).toMatchObject({ fileWrites: 0, swapWrites: 0 });
  expect(system.counters.evictions).toBeGreaterThan(100);
  const before = system.counters.fileWrites;
  storeAll(process, address, 20);
  loadAll(process, at(address, 20), 180);
  expect(system.counters.fileWrites - before).toBe(20);
  expect(system.counters.swapWrites).toBe(0);
});

test("a dirty private page of a file belongs to the process, and goes to swap", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = mapFile(process, "/data", 20, "MAP_PRIVATE");
  storeAll(process, address, 4);
  process.madvise(address, 4 * 4096, "MADV_PAGEOUT");
  expect(system.counters).toMatchObject({ swapWrites: 4, fileWrites: 0, copies: 4 });
});

test("without swap, dirty anonymous pages stay, and pages of files are evicted", async () => {
  const system = await systemOf(64, { swap: 0 });
  const process = system.start();
  const own = map(process, 30);
  storeAll(process, own, 30);
  const file = mapFile(process, "/data", 200, "MAP_SHARED", "PROT_READ");
  loadAll(process, file, 200);
  expect(loadAll(process, own, 30)).toEqual({ minor: 0, major: 0 });
  expect(system.counters.kills).toBe(0);
});

test("pages of MADV_FREE are dropped without a write, unless they are stored to again", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = map(process, 8);
  storeAll(process, address, 8);
  process.madvise(address, 8 * 4096, "MADV_FREE");
  storeAll(process, address, 2);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  expect(system.counters).toMatchObject({ swapWrites: 2, discards: 6 });
  // Dropped pages are zeros: a first touch again.
  expect(loadAll(process, at(address, 2), 6)).toEqual({ minor: 6, major: 0 });
});

test("swap places of pages that are in memory again are reused when swap is full", async () => {
  const system = await systemOf(64, { swap: 16 * 4096 });
  const process = system.start();
  const address = map(process, 16);
  storeAll(process, address, 8);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  loadAll(process, address, 8);
  storeAll(process, at(address, 8), 8);
  process.madvise(at(address, 8), 8 * 4096, "MADV_PAGEOUT");
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  expect(process.regions().find(({ start }) => start === address)?.swapBytes).toBe(16 * 4096);
  expect(system.isValid()).toBe(true);
});

test("a reference that needs two pages gets both, under any policy", async () => {
  const system = await systemOf(16, { policy: "mru" });
  const process = system.start();
  const address = map(process, 40);
  for (let n = 0; n < 39; n++) {
    expect(process.store(at(address, n) + 4092n, 8).signal).toBeUndefined();
  }
});

test("one call may touch more than memory holds", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = map(process, 200);
  expect(process.store(address, 200 * 4096)).toMatchObject({ minorFaults: 200, signal: undefined });
});

test("tables that eviction emptied are freed with their region", async () => {
  const system = await systemOf(64, { swap: 0 });
  const process = system.start();
  const file = mapFile(process, "/data", 16, "MAP_SHARED", "PROT_READ");
  loadAll(process, file, 16);
  process.madvise(file, 16 * 4096, "MADV_PAGEOUT");
  process.munmap(file, 16 * 4096);
  // The root alone is left.
  expect(system.frames.tables).toBe(1);
});
