/** Claims about explicit huge pages: Linux's Documentation/admin-guide/mm/hugetlbpage.rst; a pool of 2 MiB pages. */
import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import { freeFrames, map, PRIVATE, pageAt, regionAt, SHARED, storeAll, systemOf } from "./memory.js";

const PAGES = 512;
const HUGE = PAGES * 4096;
const HUGETLB = `${PRIVATE}|MAP_HUGETLB`;

async function start(hugetlb: number, frames = 4096) {
  const system = await systemOf(frames, { hugetlb });
  return { system, process: system.start() };
}

test("the pool is reserved when the system starts", async () => {
  const { system } = await start(3);
  expect(freeFrames(system)).toBe(4096 - 3 * PAGES);
});

test("a page takes one fault, and is not counted as resident", async () => {
  const { process } = await start(2);
  const address = map(process, 2 * PAGES, HUGETLB);
  expect(storeAll(process, address, 2 * PAGES)).toEqual({ minor: 2, major: 0 });
  const region = regionAt(process, address);
  expect(region).toMatchObject({ rssBytes: 0, pageBytes: HUGE });
  expect(region.measure.privateHugetlb).toBe(2 * HUGE);
});

test("a mapping that the pool cannot reserve is refused", async () => {
  const { process } = await start(2);
  const flags = `${HUGETLB}`;
  expect(process.mmap(0, 3 * HUGE, "PROT_WRITE", flags).error).toBe("ENOMEM");
  const address = map(process, 2 * PAGES, flags);
  expect(process.mmap(0, HUGE, "PROT_WRITE", flags).error).toBe("ENOMEM");
  process.munmap(address, HUGE);
  expect(process.mmap(0, HUGE, "PROT_WRITE", flags).error).toBeUndefined();
  expect(process.system.isValid()).toBe(true);
});

test("without a reservation a mapping succeeds, and its fault is SIGBUS when the pool is empty", async () => {
  const { process } = await start(1);
  map(process, PAGES, HUGETLB);
  const address = map(process, PAGES, `${HUGETLB}|MAP_NORESERVE`);
  expect(process.store(address).signal).toMatchObject({ signal: "SIGBUS" });
});

test("a child that stores to its parent's page has no reservation: SIGBUS when the pool is empty", async () => {
  const { system, process } = await start(1);
  const address = map(process, PAGES, HUGETLB);
  process.store(address);
  const child = process.fork() as Process;
  expect(child.load(address).signal).toBeUndefined();
  expect(child.store(address).signal).toMatchObject({ signal: "SIGBUS" });
  expect(process.store(address).signal).toBeUndefined();
  expect(system.isValid()).toBe(true);
});

test("shared ones are common to parent and child, and return to the pool with the last user", async () => {
  const { system, process } = await start(1);
  const address = map(process, PAGES, `${SHARED}|MAP_HUGETLB`);
  process.store(address);
  const child = process.fork() as Process;
  child.store(address);
  expect(pageAt(child, address)).toMatchObject({ mapped: 2, level: 2 });
  expect(regionAt(child, address).measure.sharedHugetlb).toBe(HUGE);
  process.exit();
  child.exit();
  expect(system.isValid()).toBe(true);
  const other = system.start();
  expect(other.mmap(0, HUGE, "PROT_WRITE", HUGETLB).error).toBeUndefined();
});

test("they are never evicted", async () => {
  const { system, process } = await start(1, 1200);
  const address = map(process, PAGES, HUGETLB);
  process.store(address);
  const filler = map(process, 2000);
  storeAll(process, filler, 2000);
  expect(system.counters.swapWrites).toBeGreaterThan(1000);
  expect(process.load(address)).toMatchObject({ minorFaults: 0, majorFaults: 0 });
});

test("a part of a page cannot be unmapped or protected", async () => {
  const { process } = await start(1);
  const address = map(process, PAGES, HUGETLB);
  expect(process.munmap(address, 4096).error).toBe("EINVAL");
  expect(process.mprotect(address, 4096, "PROT_READ").error).toBe("EINVAL");
  expect(process.mprotect(address, HUGE, "PROT_READ").error).toBeUndefined();
});
