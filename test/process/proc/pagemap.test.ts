import type { ArchitectureName } from "pagewalk";
import { describe, expect, test } from "vitest";
import { pageTables, type TableEntryView, type TableView } from "#pagewalk/process/proc/page-tables.js";
import type { PageView } from "#pagewalk/process/proc/pagemap.js";
import { pagemap, pagemapEntry } from "#pagewalk/process/proc/pagemap.js";
import type { Process } from "#pagewalk/process/process.js";
import { System, type SystemOptions } from "#pagewalk/process/system.js";

const started = async (options: SystemOptions = {}) => (await System.create(options)).start();

function mapped(process: Process, bytes: number, flags = "MAP_PRIVATE|MAP_ANONYMOUS"): bigint {
  return process.mmap(0, bytes, "PROT_READ|PROT_WRITE", flags).value;
}

const pageAt = (process: Process, address: bigint) =>
  [...pagemap(process, address, address + process.pageBytes)][0] as PageView;

/** The entry without its frame. */
const bitsAt = (process: Process, address: bigint) => (pagemapEntry(pageAt(process, address)) >> 55n) << 55n;

// The bits above the frame on Linux 6.18, read from /proc/self/pagemap.
const PRIVATE = 0x8100000000000000n;
const PRIVATE_SHARED_BY_FORK = 0x8000000000000000n;
const ZERO = 0x8000000000000000n;
const SHARED_ONCE = 0xa100000000000000n;
const SHARED_TWICE = 0xa000000000000000n;

describe("an entry of pagemap", () => {
  test("marks a stored page as present and exclusive, with its frame", async () => {
    const process = await started();
    const p = mapped(process, 4096);
    process.store(p);
    const page = pageAt(process, p);
    expect(pagemapEntry(page)).toBe(PRIVATE | BigInt(page.pfn ?? 0));
  });

  test("marks the zero frame as neither exclusive nor of a file", async () => {
    const process = await started();
    const p = mapped(process, 4096);
    process.load(p);
    expect(bitsAt(process, p)).toBe(ZERO);
  });

  test("marks the huge zero frame as of a file, mapped several times", async () => {
    const process = await started({ huge: "always" });
    const start = (mapped(process, 4 << 20) + 0x1fffffn) & ~0x1fffffn;
    process.load(start);
    expect(pageAt(process, start).pageBytes).toBe(2 << 20);
    expect(bitsAt(process, start)).toBe(SHARED_TWICE);
    expect(bitsAt(process, start + 4096n)).toBe(SHARED_TWICE);
  });

  test("marks shared anonymous memory as of a file", async () => {
    const process = await started();
    const p = mapped(process, 4096, "MAP_SHARED|MAP_ANONYMOUS");
    process.store(p);
    expect(bitsAt(process, p)).toBe(SHARED_ONCE);
  });

  test("is not exclusive while a child has the page, until one of them stores", async () => {
    const parent = await started();
    const p = mapped(parent, 4096);
    const s = mapped(parent, 4096, "MAP_SHARED|MAP_ANONYMOUS");
    parent.store(p);
    parent.store(s);
    const child = parent.fork() as Process;
    expect([bitsAt(parent, p), bitsAt(child, p)]).toEqual([PRIVATE_SHARED_BY_FORK, PRIVATE_SHARED_BY_FORK]);
    expect(pageAt(child, s)).toBeUndefined();
    child.store(p);
    child.load(s);
    expect([bitsAt(parent, p), bitsAt(child, p)]).toEqual([PRIVATE, PRIVATE]);
    expect(bitsAt(child, s)).toBe(SHARED_TWICE);
  });

  test("of a page in swap has the type of the area and the offset after its header", async () => {
    const process = await started({ memory: "256KiB", swap: "1MiB" });
    const p = mapped(process, 512 * 1024);
    process.store(p, 512 * 1024);
    const swapped = [...pagemap(process)].filter(({ swapPlace }) => swapPlace !== undefined);
    expect(swapped.length).toBeGreaterThan(60);
    for (const page of swapped) {
      const entry = pagemapEntry(page);
      expect(entry >> 62n).toBe(1n);
      expect(entry & 31n).toBe(0n);
      expect((entry & ((1n << 55n) - 1n)) >> 5n).toBe(BigInt(page.swapPlace ?? -1) + 1n);
    }
  });

  test("of each page in a huge page has its own frame", async () => {
    const process = await started({ huge: "always" });
    const p = mapped(process, 4 << 20);
    const start = (p + 0x1fffffn) & ~0x1fffffn;
    process.store(start);
    const frames = [...pagemap(process, start, start + 0x200000n)].map(({ pfn }) => pfn ?? 0);
    expect(frames).toHaveLength(512);
    expect(new Set(frames.map((pfn, n) => pfn - n)).size).toBe(1);
  });
});

describe("the page tables of a process", () => {
  const leaves = (table: TableView): TableEntryView[] =>
    table.entries.flatMap((entry) => (entry.table === undefined ? [entry] : leaves(entry.table)));

  test.each<[arch: ArchitectureName, name: string, bits: string[]]>([
    ["x86-64", "PML4", ["P", "RW", "US", "A", "D", "NX"]],
    ["i386", "PD", ["P", "RW", "US", "A", "D"]],
    ["i386-pae", "PDPT", ["P", "RW", "US", "A", "D", "NX"]],
    ["sv39", "level 2", ["V", "R", "W", "U", "A", "D"]],
    ["aarch64-4k", "level 0", ["valid", "AP[1]", "AF", "nG", "DBM", "PXN", "UXN"]],
    ["aarch64-64k", "level 1", ["valid", "AP[1]", "AF", "nG", "DBM", "PXN", "UXN"]],
  ])("of %s begin with %s, and have a page's bits by their names", async (arch, name, bits) => {
    const process = await started({ arch });
    const p = mapped(process, 4096);
    process.store(p);
    const root = pageTables(process, 1000) as TableView;
    expect(root.name).toBe(name);
    expect(leaves(root)).toMatchObject([{ address: p, frame: pageAt(process, p).pfn, bits }]);
  });

  test("lead to the pages of pagemap, including swapped ones", async () => {
    const process = await started({ memory: "256KiB", swap: "1MiB" });
    const p = mapped(process, 512 * 1024);
    process.store(p, 512 * 1024);
    const found = leaves(pageTables(process, 1000) as TableView);
    const pages = [...pagemap(process)];
    expect(found.map(({ address, frame, swapPlace }) => [address, frame, swapPlace])).toEqual(
      pages.map(({ address, pfn, swapPlace }) => [address, pfn, swapPlace]),
    );
  });

  test("mark a huge page's entry as not pointing to a table", async () => {
    const process = await started({ huge: "always" });
    const p = mapped(process, 4 << 20);
    process.store((p + 0x1fffffn) & ~0x1fffffn);
    const [entry] = leaves(pageTables(process, 1000) as TableView);
    expect(entry?.bits).toContain("PS");
  });

  test("are listed up to the requested number of entries", async () => {
    const process = await started();
    const p = mapped(process, 1 << 20);
    process.store(p, 1 << 20);
    expect(leaves(pageTables(process, 100) as TableView).length).toBeLessThan(100);
  });
});
