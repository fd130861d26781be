/** Claims about swap, its cache and its readahead: mm/swap_state.c; Gorman (2004), chapter 11. */
import { expect, test } from "vitest";
import { at, loadAll, map, pageAt, resident, SHARED, storeAll, systemOf } from "./memory.js";

const BYTES = 16 * 4096;

/** A process with 16 pages in swap. */
async function swapped(frames = 128) {
  const system = await systemOf(frames);
  const process = system.start();
  const address = map(process, 16);
  storeAll(process, address, 16);
  process.madvise(address, BYTES, "MADV_PAGEOUT");
  return { system, process, address };
}

test("a page in swap is read by a major fault", async () => {
  const { system, process, address } = await swapped();
  expect(pageAt(process, address).place).toBeDefined();
  expect(process.load(address)).toMatchObject({ majorFaults: 1, minorFaults: 0 });
  expect(system.counters.swapReads).toBeGreaterThan(0);
});

test("readahead brings in the other pages of the aligned group of eight places, whose faults are minor", async () => {
  const { system, process, address } = await swapped();
  process.load(at(address, 3));
  expect(system.counters).toMatchObject({ swapReads: 8, readAhead: 7 });
  expect(loadAll(process, address, 8)).toEqual({ minor: 7, major: 0 });
  expect(process.load(at(address, 8))).toMatchObject({ majorFaults: 1 });
});

test("readahead uses only spare frames", async () => {
  const system = await systemOf(32);
  const process = system.start();
  const address = map(process, 64);
  storeAll(process, address, 64);
  const before = system.counters.evictions;
  process.load(address);
  expect(system.counters.evictions - before).toBeLessThanOrEqual(3);
});

test("a page that was swapped in keeps its place until a store", async () => {
  const { process, address } = await swapped();
  process.load(address);
  process.madvise(address, 4096, "MADV_PAGEOUT");
  const place = pageAt(process, address).place;
  process.load(address);
  process.madvise(address, 4096, "MADV_PAGEOUT");
  expect(pageAt(process, address).place).toBe(place);
  process.store(address);
  process.madvise(address, 4096, "MADV_PAGEOUT");
  expect(pageAt(process, address).place).not.toBe(place);
});

test("if two processes share a page in swap, the first fault is major and the second minor", async () => {
  const { system, process, address } = await swapped();
  const child = process.fork();
  if ("error" in child) throw new Error(child.error);
  expect(process.load(address)).toMatchObject({ majorFaults: 1 });
  expect(child.load(address)).toMatchObject({ majorFaults: 0, minorFaults: 1 });
  expect(pageAt(child, address).pfn).toBe(pageAt(process, address).pfn);
  expect(system.isValid()).toBe(true);
});

test("a store to a page that another process has in swap makes a copy, and does not change the other's", async () => {
  const { system, process, address } = await swapped();
  const child = process.fork();
  if ("error" in child) throw new Error(child.error);
  process.store(address);
  expect(system.counters.copies).toBe(1);
  child.load(address);
  expect(pageAt(child, address).pfn).not.toBe(pageAt(process, address).pfn);
});

test("shared memory has one place for all processes that map it", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = map(process, 8, SHARED);
  const child = process.fork();
  if ("error" in child) throw new Error(child.error);
  storeAll(process, address, 8);
  loadAll(child, address, 8);
  const filler = map(process, 200);
  storeAll(process, filler, 200);
  expect(resident(child, address, 8)).toBe(0);
  const before = system.counters.swapReads;
  expect(process.load(address)).toMatchObject({ majorFaults: 1 });
  expect(child.load(address)).toMatchObject({ majorFaults: 0 });
  expect(system.counters.swapReads - before).toBe(1);
});

test("places are freed when their process ends", async () => {
  const { system, process } = await swapped();
  process.exit();
  expect(system.isValid()).toBe(true);
  const other = system.start();
  const pages = 4 * 128;
  const address = map(other, pages);
  storeAll(other, address, pages);
  expect(system.counters.kills).toBe(0);
});
