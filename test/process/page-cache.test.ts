/** Claims about pages of files in memory: mm/filemap.c, mm/memory.c; Gorman (2004), chapter 10.2. */
import { expect, test } from "vitest";
import { SPACE_TABLES } from "../../assembly/abi/process.js";
import { at, loadAll, mapFile, PRIVATE, pageAt, regionAt, storeAll, systemOf } from "./memory.js";

test("a cold read is a major fault that reads 32 pages around it and maps 16 of them", async () => {
  const system = await systemOf(512, { pageCache: "cold" });
  const process = system.start();
  const address = mapFile(process, "/data", 200, "MAP_PRIVATE", "PROT_READ");
  expect(process.load(at(address, 100))).toMatchObject({ majorFaults: 1, minorFaults: 0 });
  expect(system.counters).toMatchObject({ fileReads: 1, readAhead: 31 });
  // Pages 84 to 115 are in memory. The next faults find them, and each maps the aligned 16 pages around it.
  expect(process.load(at(address, 90))).toMatchObject({ majorFaults: 0, minorFaults: 1 });
  expect(loadAll(process, at(address, 84), 12)).toEqual({ minor: 0, major: 0 });
  expect(process.load(at(address, 116))).toMatchObject({ majorFaults: 1 });
});

test("a warm file is in memory: a read fault maps the aligned 16 pages around it, without a wait", async () => {
  const system = await systemOf(512);
  const process = system.start();
  const address = mapFile(process, "/data", 64, "MAP_PRIVATE", "PROT_READ");
  expect(loadAll(process, address, 64)).toEqual({ minor: 4, major: 0 });
  expect(system.counters.fileReads).toBe(0);
});

test("evicted pages are read again, for warm files too", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const address = mapFile(process, "/data", 16, "MAP_SHARED", "PROT_READ");
  loadAll(process, address, 16);
  process.madvise(address, 16 * 4096, "MADV_PAGEOUT");
  expect(process.load(address)).toMatchObject({ majorFaults: 1 });
});

test("two processes that map a file share its frames; Rss counts them fully for both, Pss in parts", async () => {
  const system = await systemOf(128);
  const [one, other] = [system.start(), system.start()];
  const first = mapFile(one, "/data", 16, "MAP_SHARED", "PROT_READ");
  const second = mapFile(other, "/data", 16, "MAP_SHARED", "PROT_READ");
  loadAll(one, first, 16);
  const alone = system.frames.used - system.frames.tables;
  loadAll(other, second, 16);
  expect(system.frames.used - system.frames.tables).toBe(alone);
  expect(pageAt(one, first).pfn).toBe(pageAt(other, second).pfn);
  for (const [process, address] of [
    [one, first],
    [other, second],
  ] as const) {
    const { measure } = regionAt(process, address);
    expect(measure).toMatchObject({ rss: 16 * 4096, pss: (16 * 4096 * 4096) / 2, sharedClean: 16 * 4096 });
  }
});

test("the first store to a shared file's page is a fault that marks the page for writeback", async () => {
  const system = await systemOf(128);
  const process = system.start();
  const address = mapFile(process, "/data", 16, "MAP_SHARED");
  loadAll(process, address, 16);
  expect(storeAll(process, address, 4)).toEqual({ minor: 4, major: 0 });
  expect(storeAll(process, address, 4)).toEqual({ minor: 0, major: 0 });
  process.msync(address, 16 * 4096, "MS_SYNC");
  expect(system.counters.fileWrites).toBe(4);
  process.msync(address, 16 * 4096, "MS_SYNC");
  expect(system.counters.fileWrites).toBe(4);
  expect(process.store(address)).toMatchObject({ minorFaults: 1 });
});

test("msync writes a page of two mappings once, and the next store of each faults again", async () => {
  const system = await systemOf(128);
  const [one, other] = [system.start(), system.start()];
  const first = mapFile(one, "/data", 4, "MAP_SHARED");
  const second = mapFile(other, "/data", 4, "MAP_SHARED");
  one.store(first);
  other.store(second);
  one.msync(first, 4096, "MS_SYNC");
  other.msync(second, 4096, "MS_SYNC");
  expect(system.counters.fileWrites).toBe(1);
  expect(other.store(second)).toMatchObject({ minorFaults: 1 });
});

test("a page stored to by a removed mapping is still written back", async () => {
  const system = await systemOf(64, { swap: 0 });
  const [writer, reader] = [system.start(), system.start()];
  const first = mapFile(writer, "/data", 1, "MAP_SHARED");
  writer.store(first);
  writer.exit();
  const second = mapFile(reader, "/data", 1, "MAP_SHARED", "PROT_READ");
  reader.load(second);
  reader.madvise(second, 4096, "MADV_PAGEOUT");
  expect(system.counters.fileWrites).toBe(1);
});

test("an access beyond the end of a file is SIGBUS", async () => {
  const system = await systemOf(64);
  const process = system.start();
  process.system.file("/short", 4096n);
  const address = process.mmap(0, 8192, "PROT_READ", "MAP_SHARED", "/short").value;
  process.handle("SIGBUS");
  expect(process.load(address).signal).toBeUndefined();
  expect(process.load(at(address, 1)).signal).toMatchObject({ signal: "SIGBUS", code: "BUS_ADRERR" });
});

test("if only a file's last page is in the window and there is no page table, a read fault maps nothing around it", async () => {
  const mapped = async (kernel: string, before: "nothing" | "a table") => {
    const process = (await systemOf(64, { kernel })).start();
    process.handle("SIGBUS");
    process.system.file("/short", 3n * 4096n);
    const address = process.mmap(0x10000000, 8 * 4096, "PROT_READ", "MAP_SHARED", "/short", 2 * 4096).value;
    if (before === "a table") process.mmap(0x10100000, 4096, "PROT_READ", PRIVATE);
    if (before === "a table") process.load(0x10100000);
    expect(process.load(at(address, 4)).signal?.signal).toBe("SIGBUS");
    return regionAt(process, address).rssBytes;
  };
  expect(await mapped("6.18", "nothing")).toBe(0);
  expect(await mapped("6.18", "a table")).toBe(4096);
  expect(await mapped("6.17", "nothing")).toBe(4096);
});

test("page tables are freed when no region uses them", async () => {
  const process = (await systemOf(64)).start();
  const tables = () => Number(process.field(SPACE_TABLES));
  const [first, second] = [0x10000000, 0x10008000];
  for (const address of [first, second]) process.mmap(address, 4096, "PROT_READ", PRIVATE);
  process.load(first);
  expect(tables()).toBe(4);
  process.munmap(first, 4096);
  expect(tables()).toBe(4);
  process.munmap(second, 4096);
  expect(tables()).toBe(1);
});
