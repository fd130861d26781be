/** Claims about transparent huge pages: Linux's Documentation/mm/transhuge.rst; 2 MiB of 512 base pages. */
import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import type { SystemOptions } from "#pagewalk/process/system.js";
import { at, freeFrames, loadAll, map, PRIVATE, pageAt, RW, regionAt, storeAll, systemOf } from "./memory.js";

const PAGES = 512;
const HUGE = PAGES * 4096;

async function start(frames = 4096, options: SystemOptions = {}) {
  const system = await systemOf(frames, { huge: "always", ...options });
  const process = system.start();
  return { system, process };
}

const anonHuge = (process: Process, address: bigint) => regionAt(process, address).measure.anonHuge;
const dataFrames = ({ system }: Process) => system.frames.used - system.frames.tables;

test("the first store in an aligned range gives a huge page: one fault for 512 pages", async () => {
  const { process } = await start();
  const address = map(process, 2 * PAGES);
  expect(address % BigInt(HUGE)).toBe(0n);
  expect(storeAll(process, address, 2 * PAGES)).toEqual({ minor: 2, major: 0 });
  expect(anonHuge(process, address)).toBe(2 * HUGE);
  expect(pageAt(process, address).level).toBe(2);
});

test("parts of a region outside whole aligned ranges have base pages", async () => {
  const { process } = await start();
  const address = map(process, PAGES + 20);
  storeAll(process, address, PAGES + 20);
  expect(anonHuge(process, address) % HUGE).toBe(0);
  expect(regionAt(process, address).rssBytes).toBe((PAGES + 20) * 4096);
  expect(process.system.isValid()).toBe(true);
});

test("under madvise only regions of MADV_HUGEPAGE have them, and MADV_NOHUGEPAGE excludes them under always", async () => {
  const { process } = await start(4096, { huge: "madvise" });
  const [plain, asked] = [map(process, PAGES), map(process, PAGES)];
  process.madvise(asked, HUGE, "MADV_HUGEPAGE");
  process.store(plain);
  process.store(asked);
  expect([pageAt(process, plain).level, pageAt(process, asked).level]).toEqual([1, 2]);
  const { process: other } = await start();
  const refused = map(other, PAGES);
  other.madvise(refused, HUGE, "MADV_NOHUGEPAGE");
  other.store(refused);
  expect(pageAt(other, refused).level).toBe(1);
});

test("reads map one shared huge page of zeros; the first store replaces it", async () => {
  const { process } = await start();
  const address = map(process, 2 * PAGES);
  process.load(address);
  process.load(address + BigInt(HUGE));
  expect(dataFrames(process)).toBe(PAGES);
  expect(regionAt(process, address).rssBytes).toBe(0);
  process.store(address);
  expect(anonHuge(process, address)).toBe(HUGE);
  expect(process.system.counters.copies).toBe(0);
});

test.each([
  ["munmap", (process: Process, address: bigint) => process.munmap(at(address, 100), 4096)],
  ["mprotect", (process: Process, address: bigint) => process.mprotect(at(address, 100), 4096, "PROT_READ")],
  [
    "mremap",
    (process: Process, address: bigint) => process.mremap(at(address, 100), 4096, 8192, "MREMAP_MAYMOVE"),
  ],
  [
    "madvise",
    (process: Process, address: bigint) => process.madvise(at(address, 100), 4096, "MADV_DONTFORK"),
  ],
  ["mlock", (process: Process, address: bigint) => process.mlock(at(address, 100), 4096)],
] as const)("%s of a part takes a huge page apart, and loses none of the others", async (_, part) => {
  const { system, process } = await start();
  const address = map(process, PAGES);
  process.store(address);
  part(process, address);
  expect(pageAt(process, address).level).toBe(1);
  expect(anonHuge(process, address)).toBe(0);
  expect(loadAll(process, address, 100)).toEqual({ minor: 0, major: 0 });
  expect(system.isValid()).toBe(true);
});

test("a huge page is moved whole to an address with the same alignment", async () => {
  const { system, process } = await start();
  const address = map(process, PAGES);
  process.store(address);
  const target = address - BigInt(8 * HUGE);
  process.mremap(address, HUGE, HUGE, "MREMAP_MAYMOVE|MREMAP_FIXED", target);
  expect(pageAt(process, target).level).toBe(2);
  expect(system.isValid()).toBe(true);
});

test("after fork a store splits the huge page and copies one base page", async () => {
  const { system, process } = await start();
  const address = map(process, PAGES);
  process.store(address);
  const child = process.fork() as Process;
  expect(pageAt(child, address)).toMatchObject({ level: 2, mapped: 2 });
  child.store(at(address, 7));
  expect(system.counters.copies).toBe(1);
  expect(pageAt(child, at(address, 7)).pfn).not.toBe(pageAt(process, at(address, 7)).pfn);
  expect(pageAt(child, at(address, 8)).pfn).toBe(pageAt(process, at(address, 8)).pfn);
  expect(system.isValid()).toBe(true);
});

test("under pressure huge pages are split and go to swap page by page", async () => {
  const { system, process } = await start(1500);
  const address = map(process, 4 * PAGES);
  storeAll(process, address, 4 * PAGES);
  expect(system.counters.swapWrites).toBeGreaterThan(500);
  expect(regionAt(process, address).rssBytes + regionAt(process, address).swapBytes).toBe(4 * HUGE);
  expect(system.counters.kills).toBe(0);
  expect(system.isValid()).toBe(true);
});

test("no page is evicted for a huge one: without a free block there are base pages", async () => {
  const { system, process } = await start(700);
  const filler = map(process, 300, `${PRIVATE}|MAP_STACK`);
  storeAll(process, filler, 300);
  const address = map(process, PAGES);
  process.store(address);
  expect(pageAt(process, address).level).toBe(1);
  expect(system.counters.evictions).toBe(0);
});

test("MADV_COLLAPSE makes a huge page of base pages, pages in swap and pages never touched", async () => {
  const { system, process } = await start(4096, { huge: "never" });
  const address = map(process, PAGES);
  storeAll(process, address, 100);
  process.madvise(address, 50 * 4096, "MADV_PAGEOUT");
  const free = freeFrames(system);
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBeUndefined();
  expect(anonHuge(process, address)).toBe(HUGE);
  expect(free - freeFrames(system)).toBe(PAGES - 50);
  expect(loadAll(process, address, PAGES)).toEqual({ minor: 0, major: 0 });
  expect(system.isValid()).toBe(true);
});

// The answers of Linux 6.18 to the same calls.
test("MADV_COLLAPSE refuses a range that was never touched, and skips less than a huge page", async () => {
  const { process } = await start(4096, { huge: "never" });
  const address = map(process, 2 * PAGES);
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBe("EINVAL");
  process.store(address);
  expect(process.madvise(address, 16 * 4096, "MADV_COLLAPSE").error).toBeUndefined();
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBeUndefined();
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBeUndefined();
  expect(process.madvise(address, 2 * HUGE, "MADV_COLLAPSE").error).toBe("EINVAL");
  process.madvise(address, HUGE, "MADV_NOHUGEPAGE");
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBe("EINVAL");
});

test("MADV_COLLAPSE copies pages shared with a child, and keeps locked pages", async () => {
  const { system, process } = await start(4096, { huge: "never" });
  const address = map(process, PAGES, PRIVATE, RW);
  storeAll(process, address, PAGES);
  process.mlock(address, HUGE);
  const child = process.fork() as Process;
  expect(process.madvise(address, HUGE, "MADV_COLLAPSE").error).toBeUndefined();
  expect(pageAt(child, address)).toMatchObject({ level: 1, mapped: 1 });
  expect(regionAt(process, address).lockedBytes).toBe(HUGE);
  expect(system.isValid()).toBe(true);
});

test.each(["x86-64", "sv39", "aarch64-4k", "i386-pae"])(
  "on %s a huge page without permissions is not split",
  async (arch) => {
    const { system, process } = await start(4096, { arch });
    const address = map(process, PAGES);
    process.handle("SIGSEGV");
    process.store(address);
    process.mprotect(address, HUGE, "PROT_NONE");
    expect(process.load(address).signal).toMatchObject({ code: "SEGV_ACCERR" });
    expect([pageAt(process, address).level, anonHuge(process, address)]).toEqual([2, HUGE]);
    expect(system.isValid()).toBe(true);
    process.mprotect(address, HUGE, RW);
    expect(storeAll(process, address, PAGES)).toEqual({ minor: 0, major: 0 });
  },
);
