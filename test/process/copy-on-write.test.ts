/** Claims about pages that are shared until a store: mm/memory.c, do_wp_page; Gorman (2004), 4.6. */
import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import {
  at,
  loadAll,
  map,
  mapFile,
  PRIVATE,
  pageAt,
  regionAt,
  SHARED,
  storeAll,
  systemOf,
} from "./memory.js";

function childOf(process: Process): Process {
  const child = process.fork();
  if ("error" in child) throw new Error(child.error);
  return child;
}

const dataFrames = ({ system }: Process) => system.frames.used - system.frames.tables;

test("reads of memory that was never written share one frame of zeros", async () => {
  const system = await systemOf(256);
  const process = system.start();
  const address = map(process, 100);
  loadAll(process, address, 100);
  expect(dataFrames(process)).toBe(1);
  expect(regionAt(process, address).rssBytes).toBe(0);
  const other = system.start();
  loadAll(other, map(other, 100), 100);
  expect(dataFrames(process)).toBe(1);
});

test("the first store to a page of zeros allocates a frame, and copies nothing", async () => {
  const system = await systemOf(256);
  const process = system.start();
  const address = map(process, 10);
  loadAll(process, address, 10);
  expect(storeAll(process, address, 10)).toEqual({ minor: 10, major: 0 });
  expect(system.counters.copies).toBe(0);
  expect(regionAt(process, address).rssBytes).toBe(10 * 4096);
});

test("fork copies no page; the first store copies, and the last owner keeps the original", async () => {
  const system = await systemOf(256);
  const parent = system.start();
  const address = map(parent, 10);
  storeAll(parent, address, 10);
  const before = dataFrames(parent);
  const child = childOf(parent);
  expect(dataFrames(parent)).toBe(before);
  expect(pageAt(child, address).pfn).toBe(pageAt(parent, address).pfn);
  expect(storeAll(child, address, 10)).toEqual({ minor: 10, major: 0 });
  expect(system.counters.copies).toBe(10);
  expect(storeAll(parent, address, 10)).toEqual({ minor: 10, major: 0 });
  expect(system.counters.copies).toBe(10);
  expect(dataFrames(parent)).toBe(before + 10);
});

test("a page shared by three is copied by each store but that of the last owner", async () => {
  const system = await systemOf(256);
  const parent = system.start();
  const address = map(parent, 1);
  parent.store(address);
  const children = [childOf(parent), childOf(parent)];
  for (const process of [...children, parent]) process.store(address);
  expect(system.counters.copies).toBe(2);
});

test("when the child has ended the parent stores without a copy", async () => {
  const system = await systemOf(256);
  const parent = system.start();
  const address = map(parent, 4);
  storeAll(parent, address, 4);
  childOf(parent).exit();
  expect(storeAll(parent, address, 4)).toEqual({ minor: 4, major: 0 });
  expect(system.counters.copies).toBe(0);
});

test("shared pages count once in frames, fully in each Rss and in parts in each Pss", async () => {
  const system = await systemOf(256);
  const parent = system.start();
  const address = map(parent, 8, SHARED);
  storeAll(parent, address, 8);
  const child = childOf(parent);
  loadAll(child, address, 8);
  expect(dataFrames(parent)).toBe(8);
  for (const process of [parent, child]) {
    expect(regionAt(process, address).measure).toMatchObject({
      rss: 8 * 4096,
      pss: 4 * 4096 * 4096,
      sharedDirty: 8 * 4096,
    });
  }
  storeAll(child, address, 8);
  expect(system.counters.copies).toBe(0);
});

test("a store to a private mapping of a file copies the cached page, which does not change for others", async () => {
  const system = await systemOf(256);
  const [one, other] = [system.start(), system.start()];
  const first = mapFile(one, "/data", 4, "MAP_PRIVATE");
  const second = mapFile(other, "/data", 4, "MAP_SHARED");
  other.load(second);
  one.store(first);
  expect(system.counters.copies).toBe(1);
  expect(pageAt(one, first).content).toBe("anonymous");
  expect(pageAt(other, second)).toMatchObject({ content: "file", mapped: 1 });
});

test("MADV_DONTFORK keeps a region from the child, MADV_WIPEONFORK its pages", async () => {
  const system = await systemOf(256);
  const parent = system.start();
  const kept = map(parent, 4);
  const wiped = map(parent, 4, `${PRIVATE}|MAP_NORESERVE`);
  storeAll(parent, kept, 4);
  storeAll(parent, wiped, 4);
  parent.madvise(kept, 4 * 4096, "MADV_DONTFORK");
  parent.madvise(wiped, 4 * 4096, "MADV_WIPEONFORK");
  const child = childOf(parent);
  expect(child.regions().some(({ start }) => start === kept)).toBe(false);
  expect(regionAt(child, wiped).rssBytes).toBe(0);
  expect(pageAt(child, at(wiped, 1)).content).toBe("nothing");
});

test("fork fails with ENOMEM if the child's writable memory cannot be committed", async () => {
  const system = await systemOf(256, { swap: 0, overcommit: 2 });
  const process = system.start();
  map(process, 100); // of 128 that may be promised
  expect(process.fork()).toEqual({ value: -1n, error: "ENOMEM" });
  expect(system.defect()).toBeUndefined();
  expect(process.isAlive).toBe(true);
  const other = system.start();
  map(other, 10);
  expect("error" in other.fork()).toBe(false);
});
