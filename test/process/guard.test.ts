/** Claims about guard regions: madvise(2), MADV_GUARD_INSTALL; the observed behaviour of Linux 6.18. */
import { describe, expect, test } from "vitest";
import { pagemap, pagemapEntry } from "#pagewalk/process/proc/pagemap.js";
import type { Process } from "#pagewalk/process/process.js";
import { System } from "#pagewalk/process/system.js";
import {
  at,
  freeFrames,
  map,
  mapFile,
  PAGE,
  PRIVATE,
  pageAt,
  RW,
  regionAt,
  resident,
  SHARED,
  storeAll,
  systemOf,
} from "./memory.js";

const HUGE_PAGES = 512;

async function started(kernel?: string): Promise<Process> {
  const process = (await System.create(kernel === undefined ? {} : { kernel })).start();
  process.handle("SIGSEGV");
  return process;
}

const guard = (process: Process, address: bigint, first: number, pages: number) =>
  process.madvise(at(address, first), pages * PAGE, "MADV_GUARD_INSTALL");

const unguard = (process: Process, address: bigint, first: number, pages: number) =>
  process.madvise(at(address, first), pages * PAGE, "MADV_GUARD_REMOVE");

/** A digit for each page: whether it has a guard. */
const guards = (process: Process, address: bigint, pages: number) =>
  Array.from({ length: pages }, (_, n) => Number(pageAt(process, at(address, n)).content === "guard")).join(
    "",
  );

function child(process: Process): Process {
  const forked = process.fork();
  if ("error" in forked) throw new Error(forked.error);
  forked.handle("SIGSEGV");
  return forked;
}

describe("a guard", () => {
  test("ends every touch with SEGV_MAPERR, without a fault and without splitting the region", async () => {
    const process = await started();
    const p = map(process, 4);
    storeAll(process, p, 4);
    expect(guard(process, p, 1, 2).error).toBeUndefined();
    const before = process.faults.minor;
    for (const touch of [process.load(at(p, 1)), process.store(at(p, 2)), process.fetch(at(p, 1))])
      expect(touch.signal).toMatchObject({ signal: "SIGSEGV", code: "SEGV_MAPERR" });
    expect(process.faults.minor).toBe(before);
    expect(process.regions()).toMatchObject([{ rssBytes: 2 * PAGE }, {}]);
    expect(regionAt(process, p).vmFlags.join(" ")).toBe("rd wr mr mw me gu ac");
  });

  test("is checked after the region's permissions: SEGV_ACCERR", async () => {
    const process = await started();
    const p = map(process, 2, PRIVATE, "PROT_READ");
    guard(process, p, 0, 1);
    expect(process.store(p).signal?.code).toBe("SEGV_ACCERR");
    expect(process.load(p).signal?.code).toBe("SEGV_MAPERR");
  });

  test("becomes a page of zeros when it is removed, and the region keeps its flag", async () => {
    const process = await started();
    const p = map(process, 2);
    process.store(p);
    guard(process, p, 0, 2);
    unguard(process, p, 0, 2);
    expect([process.load(p).minorFaults, pageAt(process, p).content]).toEqual([1, "zero"]);
    expect(regionAt(process, p).vmFlags).toContain("gu");
  });

  test("reads as 0x440000000000009f in pagemap, and as not resident in mincore", async () => {
    const process = await started();
    const p = map(process, 3);
    storeAll(process, p, 3);
    guard(process, p, 1, 1);
    expect([...pagemap(process, p, at(p, 3))].map(pagemapEntry)[1]).toBe(0x440000000000009fn);
    expect(process.mincore(p, 3 * PAGE).pages).toEqual([true, false, true]);
    expect(regionAt(process, p).measure).toMatchObject({ rss: 2 * PAGE, swap: 0 });
  });

  test("survives MADV_DONTNEED, MADV_FREE, MADV_PAGEOUT, mprotect and fork, but not munmap, nor MADV_WIPEONFORK in a child", async () => {
    const process = await started();
    const p = map(process, 4);
    storeAll(process, p, 4);
    guard(process, p, 1, 2);
    for (const advice of ["MADV_DONTNEED", "MADV_FREE", "MADV_COLD", "MADV_PAGEOUT"])
      process.madvise(p, 4 * PAGE, advice);
    process.mprotect(p, 4 * PAGE, "PROT_NONE");
    process.mprotect(p, 4 * PAGE, RW);
    expect(guards(process, p, 4)).toBe("0110");
    expect(guards(child(process), p, 4)).toBe("0110");
    process.mmap(at(p, 1), PAGE, RW, `${PRIVATE}|MAP_FIXED`);
    expect(guards(process, p, 4)).toBe("0010");
    process.madvise(p, 4 * PAGE, "MADV_WIPEONFORK");
    expect(guards(child(process), p, 4)).toBe("0000");
    expect(process.system.isValid()).toBe(true);
  });

  test("is moved by mremap", async () => {
    const process = await started();
    const p = map(process, 4);
    guard(process, p, 1, 1);
    const to = process.mremap(p, 4 * PAGE, 4 * PAGE, "MREMAP_MAYMOVE|MREMAP_DONTUNMAP").value;
    expect([guards(process, p, 4), guards(process, to, 4)]).toEqual(["0000", "0100"]);
  });

  test("is not populated: mlock gives ENOMEM, MADV_POPULATE_WRITE EFAULT, mlockall skips it", async () => {
    const process = await started();
    const p = map(process, 4);
    guard(process, p, 1, 1);
    expect(process.madvise(p, 4 * PAGE, "MADV_POPULATE_WRITE").error).toBe("EFAULT");
    expect(process.mlock(p, 4 * PAGE).error).toBe("ENOMEM");
    expect([resident(process, p, 4), regionAt(process, p).vmFlags.includes("lo")]).toEqual([1, true]);
    expect(process.mlockall("MCL_CURRENT").error).toBeUndefined();
  });

  test("replaces pages in swap, and stops readers of a file without removing the file from memory", async () => {
    const system = await systemOf(128);
    const process = system.start();
    process.handle("SIGSEGV");
    const p = map(process, 8);
    storeAll(process, p, 8);
    process.madvise(p, 8 * PAGE, "MADV_PAGEOUT");
    guard(process, p, 0, 8);
    expect(regionAt(process, p).swapBytes).toBe(0);
    const file = mapFile(process, "/file", 8, "MAP_PRIVATE");
    guard(process, file, 2, 3);
    process.load(file);
    expect([resident(process, file, 8), guards(process, file, 8)]).toEqual([5, "00111000"]);
    expect(process.mincore(file, 8 * PAGE).pages).toEqual(Array(8).fill(true));
    expect(system.isValid()).toBe(true);
  });
});

describe("guards", () => {
  test("skip holes and return ENOMEM", async () => {
    const process = await started();
    const p = map(process, 4);
    process.munmap(at(p, 1), PAGE);
    expect(guard(process, p, 0, 4).error).toBe("ENOMEM");
    expect([0, 2, 3].map((n) => guards(process, at(p, n), 1)).join("")).toBe("111");
  });

  test("are refused in explicit huge pages and in locked memory, from which they can be removed", async () => {
    const system = await System.create({ memory: "64MiB", hugetlb: 2 });
    const process = system.start();
    const huge = map(process, HUGE_PAGES, `${PRIVATE}|MAP_HUGETLB`);
    expect([guard(process, huge, 0, 1).error, unguard(process, huge, 0, 1).error]).toEqual([
      "EINVAL",
      "EINVAL",
    ]);
    const p = map(process, 2);
    guard(process, p, 0, 1);
    process.mlock(p, 2 * PAGE);
    expect([guard(process, p, 1, 1).error, unguard(process, p, 0, 1).error]).toEqual(["EINVAL", undefined]);
    process.munlock(p, 2 * PAGE);
    process.mlock2(p, 2 * PAGE, "MLOCK_ONFAULT");
    expect(guard(process, p, 1, 1).error).toBe("EINVAL");
  });

  test("in shared memory belong to one process; its child inherits them, and the entries beside them", async () => {
    const process = await started();
    const p = map(process, 4, SHARED);
    storeAll(process, p, 4);
    const before = child(process);
    guard(process, p, 1, 1);
    expect(before.load(at(p, 1)).signal).toBeUndefined();
    const after = child(process);
    expect([guards(after, p, 4), resident(after, p, 4)]).toEqual(["0100", 3]);
    expect([after.store(p).minorFaults, process.store(p).minorFaults]).toEqual([0, 0]);
    expect(process.system.isValid()).toBe(true);
  });

  test("do not prevent merging, and mark the merged region", async () => {
    const process = await started();
    const p = map(process, 4);
    guard(process, p, 0, 1);
    process.mprotect(p, 2 * PAGE, "PROT_READ");
    process.mprotect(p, 2 * PAGE, RW);
    process.mmap(at(p, 4), PAGE, RW, `${PRIVATE}|MAP_FIXED`);
    expect(process.regions()).toMatchObject([{ start: p, end: at(p, 5) }, {}]);
    expect(regionAt(process, at(p, 4)).vmFlags).toContain("gu");
  });

  test("split a huge page if they cover a part, replace it if they cover all of it, and do not change it when removed", async () => {
    const system = await systemOf(4096, { huge: "always" });
    const process = system.start();
    const p = map(process, 2 * HUGE_PAGES);
    storeAll(process, p, 2 * HUGE_PAGES);
    const anonHuge = () => regionAt(process, p).measure.anonHuge / PAGE;
    unguard(process, p, 0, 2 * HUGE_PAGES);
    expect(anonHuge()).toBe(2 * HUGE_PAGES);
    guard(process, p, 3, 1);
    expect([anonHuge(), resident(process, p, HUGE_PAGES)]).toEqual([HUGE_PAGES, HUGE_PAGES - 1]);
    guard(process, p, HUGE_PAGES, HUGE_PAGES);
    expect(anonHuge()).toBe(0);
    unguard(process, p, HUGE_PAGES, HUGE_PAGES);
    process.store(at(p, HUGE_PAGES));
    expect([anonHuge(), system.isValid()]).toEqual([0, true]);
  });

  test("make MADV_COLLAPSE fail, and the huge page after them is not made either", async () => {
    const system = await systemOf(4096, { huge: "madvise" });
    const process = system.start();
    const p = map(process, 2 * HUGE_PAGES);
    storeAll(process, p, 2 * HUGE_PAGES);
    guard(process, p, 3, 1);
    expect(process.madvise(p, 2 * HUGE_PAGES * PAGE, "MADV_COLLAPSE").error).toBe("EINVAL");
    expect(regionAt(process, p).measure.anonHuge).toBe(0);
  });

  test("stay under memory pressure, and take only page tables", async () => {
    const system = await systemOf(128);
    const process = system.start();
    const p = map(process, 64);
    const free = freeFrames(system);
    guard(process, p, 0, 64);
    expect(free - freeFrames(system)).toBe(4);
    const q = map(process, 200);
    storeAll(process, q, 200);
    expect([guards(process, p, 64), system.isValid()]).toEqual(["1".repeat(64), true]);
  });

  test.each(["i386", "sv39", "aarch64-4k"])("are encoded in entries of %s", async (arch) => {
    const process = (await System.create({ arch })).start();
    process.handle("SIGSEGV");
    const p = map(process, 4);
    guard(process, p, 1, 1);
    expect(process.load(at(p, 1)).signal?.code).toBe("SEGV_MAPERR");
    expect([guards(process, p, 4), process.load(p).signal]).toEqual(["0100", undefined]);
  });
});

describe("before Linux", () => {
  const answers = async (kernel: string) => {
    const process = await started(kernel);
    const file = mapFile(process, "/file", 4, "MAP_SHARED", "PROT_READ");
    return [
      guard(process, map(process, 4), 0, 1).error,
      guard(process, map(process, 4, PRIVATE, "PROT_READ"), 0, 1).error,
      guard(process, file, 0, 1).error,
      unguard(process, file, 0, 1).error,
    ];
  };

  test("6.13 there are no guards, and before 6.15 none in files or shared memory", async () => {
    expect(await answers("6.12")).toEqual(["EINVAL", "EINVAL", "EINVAL", "EINVAL"]);
    expect(await answers("6.13")).toEqual([undefined, undefined, "EINVAL", "EINVAL"]);
    expect(await answers("6.15")).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("6.18 regions have no flag for them, and regions of files with guards count as having private pages", async () => {
    const process = await started("6.17");
    const file = mapFile(process, "/file", 4, "MAP_SHARED", "PROT_READ");
    guard(process, file, 1, 1);
    expect(regionAt(process, file).vmFlags).not.toContain("gu");
    expect(guards(child(process), file, 4)).toBe("0100");
    expect([process.rawRegions()[0]?.anon !== 0, process.system.isValid()]).toEqual([true, true]);
  });
});
