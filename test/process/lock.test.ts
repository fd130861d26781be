/** Claims about locked memory: it stays resident under every policy, and is never written to a disk. mm/mlock.c. */
import { expect, test } from "vitest";
import { policies } from "#pagewalk/policy/policies.js";
import type { Process } from "#pagewalk/process/process.js";
import {
  at,
  loadAll,
  map,
  PRIVATE,
  pageAt,
  regionAt,
  resident,
  SHARED,
  storeAll,
  systemOf,
} from "./memory.js";

const FRAMES = 96;
const names = (await policies()).filter(({ needsFuture }) => !needsFuture).map(({ name }) => name);

/** Three times as many pages as there are frames, stored to twice. */
function press(process: Process): void {
  const filler = map(process, 3 * FRAMES);
  for (let round = 0; round < 2; round++) storeAll(process, filler, 3 * FRAMES);
  process.munmap(filler, 3 * FRAMES * 4096);
}

/** Addresses of `process` that were written to swap within the range. */
function reachedSwap(process: Process, address: bigint, pages: number) {
  return process.system
    .swappedPages()
    .pages.filter(
      ({ pid, address: page }) => pid === process.pid && page >= address && page < at(address, pages),
    );
}

test.each(names)("%s: a locked secret is never written to disk, an unlocked one is", async (policy) => {
  const system = await systemOf(FRAMES, { policy });
  const process = system.start();
  const [secret, open] = [map(process, 8, PRIVATE, "PROT_READ|PROT_WRITE"), map(process, 8, SHARED)];
  expect(process.mlock(secret, 8 * 4096).error).toBeUndefined();
  storeAll(process, secret, 8);
  storeAll(process, open, 8);
  press(process);
  expect(resident(process, secret, 8)).toBe(8);
  expect(loadAll(process, secret, 8)).toEqual({ minor: 0, major: 0 });
  expect(reachedSwap(process, secret, 8)).toEqual([]);
  expect(regionAt(process, secret).swappedOutBytes).toBe(0);
  // A policy may keep these few pages, but not all others.
  expect(system.swappedPages().total).toBeGreaterThan(FRAMES);
  process.munlock(secret, 8 * 4096);
  process.madvise(secret, 8 * 4096, "MADV_PAGEOUT");
  expect(reachedSwap(process, secret, 8)).toHaveLength(8);
  expect(regionAt(process, secret).swappedOutBytes).toBe(8 * 4096);
  expect(system.isValid()).toBe(true);
});

test("without a lock the secret reaches the disk, and the list has the address and the call", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const secret = map(process, 4);
  storeAll(process, secret, 4);
  press(process);
  expect(reachedSwap(process, secret, 4)).toEqual(
    [0, 1, 2, 3].map((page) => ({ pid: process.pid, address: at(secret, page), call: 2 })),
  );
});

test("the list has pages of regions and processes that no longer exist", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const secret = map(process, 4);
  storeAll(process, secret, 4);
  process.madvise(secret, 4 * 4096, "MADV_PAGEOUT");
  process.munmap(secret, 4 * 4096);
  process.exit();
  // Another process then reuses the number of its address space.
  const other = system.start();
  expect(other.asid).toBe(process.asid);
  expect(reachedSwap(process, secret, 4)).toHaveLength(4);
  expect(reachedSwap(other, secret, 4)).toHaveLength(0);
});

test("a page that two processes share is listed for both", async () => {
  const system = await systemOf(FRAMES);
  const parent = system.start();
  const secret = map(parent, 1);
  parent.store(secret);
  const child = parent.fork() as Process;
  press(child);
  expect(reachedSwap(parent, secret, 1)).toHaveLength(1);
  expect(reachedSwap(child, secret, 1)).toHaveLength(1);
  expect(regionAt(child, secret).swappedOutBytes).toBe(4096);
});

test("the list has the last 65,536 pages, and counts all", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const address = map(process, 256);
  for (let round = 0; round < 300; round++) process.store(address, 256 * 4096);
  const { total, pages } = system.swappedPages();
  expect(total).toBe(system.counters.swapWrites);
  expect(total).toBeGreaterThan(65_536);
  expect(pages).toHaveLength(65_536);
  expect(pages.at(-1)?.address).toBeGreaterThan(address);
});

test("locking pages in swap reads them in, by major faults", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const address = map(process, 8);
  storeAll(process, address, 8);
  process.madvise(address, 8 * 4096, "MADV_PAGEOUT");
  const before = process.faults.major;
  process.mlock(address, 8 * 4096);
  expect(process.faults.major - before).toBeGreaterThan(0);
  expect(resident(process, address, 8)).toBe(8);
});

test("MLOCK_ONFAULT locks resident pages, and later ones when they are faulted in", async () => {
  const system = await systemOf(FRAMES);
  const process = system.start();
  const address = map(process, 8);
  process.store(address);
  process.mlock2(address, 8 * 4096, "MLOCK_ONFAULT");
  expect(resident(process, address, 8)).toBe(1);
  process.store(at(address, 5));
  press(process);
  expect(resident(process, address, 8)).toBe(2);
});

test("unlocked pages can be evicted; a second lock on a shared page keeps it", async () => {
  const system = await systemOf(FRAMES);
  const parent = system.start();
  const address = map(parent, 4, SHARED);
  storeAll(parent, address, 4);
  const child = parent.fork() as Process;
  loadAll(child, address, 4);
  parent.mlock(address, 4 * 4096);
  child.mlock(address, 4 * 4096);
  parent.munlock(address, 4 * 4096);
  press(child);
  expect(resident(child, address, 4)).toBe(4);
  child.munlock(address, 4 * 4096);
  press(child);
  expect(resident(child, address, 4)).toBe(0);
});

test("a lock ends with the process", async () => {
  const system = await systemOf(FRAMES);
  const parent = system.start();
  const address = map(parent, 4);
  storeAll(parent, address, 4);
  const child = parent.fork() as Process;
  parent.mlock(address, 4 * 4096);
  parent.exit();
  press(child);
  expect(pageAt(child, address).place).toBeDefined();
  expect(system.isValid()).toBe(true);
});

test("a lock beyond its limit is refused, one beyond memory ends in the OOM killer", async () => {
  const limited = await systemOf(FRAMES, { ulimit: "memlock=16KiB" });
  const modest = limited.start();
  expect(modest.mlock(map(modest, 5), 5 * 4096).error).toBe("ENOMEM");
  const system = await systemOf(FRAMES);
  const greedy = system.start();
  const bystander = system.start();
  storeAll(bystander, map(bystander, 4), 4);
  greedy.mlock(map(greedy, 2 * FRAMES), 2 * FRAMES * 4096);
  expect([greedy.isAlive, bystander.isAlive]).toEqual([false, true]);
  expect(system.counters.kills).toBe(1);
  expect(system.isValid()).toBe(true);
});
