/** `heap` through the public API: one log, many allocators. */
import { describe, expect, test } from "vitest";
import { type HeapProgress, heapUntilStopped } from "#pagewalk/heap/heap.js";
import { allocators, type HeapOptions, type HeapRow, heap, InputError, UsageError } from "#pagewalk/index.js";
import { randomLog } from "../../bench/heap/random-log.js";
import { isDebug } from "../build.js";

const text = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join("\n")}\n`);

/** The rows of a log without a name; not their times. */
async function rowsOf(lines: readonly string[], options: HeapOptions = {}): Promise<HeapRow[]> {
  return (await heap(text(lines), { jobs: 1, ...options })).results;
}

async function rowOf(lines: readonly string[], allocator: string, options: HeapOptions = {}) {
  const [row] = await rowsOf(lines, { ...options, allocators: allocator });
  if (row === undefined) throw new Error(allocator);
  return row;
}

const stable = (rows: readonly HeapRow[]) =>
  rows.map(({ seconds: _seconds, operationsPerSecond: _perSecond, ...row }) => row);

const LOG = [
  "malloc(100) = 0x1000",
  "malloc(1000) = 0x2000",
  "free(0x1000) = <void>",
  "malloc(50) = 0x3000",
  "free(0x2000) = <void>",
];

describe("heap", () => {
  test("gives a row for each allocator in the requested order, each once", async () => {
    const rows = await rowsOf(LOG, { allocators: ["bump", "glibc", "bump:growth=8192", "glibc"] });
    expect(rows.map(({ allocator }) => allocator)).toEqual(["bump", "glibc", "bump:growth=8192"]);
  });

  test("counts the same bytes in use for all allocators", async () => {
    const rows = await rowsOf(LOG, { allocators: "all" });
    expect(rows).toHaveLength((await allocators()).length);
    for (const row of rows) {
      expect(row).toMatchObject({
        ...{ operations: 5, failed: 0, peakLiveBytes: 1100, peakLiveBlocks: 2, finalLiveBytes: 50 },
      });
      expect(row.peakHeapBytes, row.allocator).toBeGreaterThanOrEqual(1100);
    }
  });

  test("reports fragmentation when most bytes are in use: internal of used blocks, external of the heap", async () => {
    // A block of bump's has a header of 8 bytes, and ends where the next one's may begin; its heap grows by a page.
    const row = await rowOf(LOG, "bump:growth=4096");
    expect(row.internalFragmentation).toBeCloseTo(1 - 1100 / (112 + 1008), 12);
    expect(row.externalFragmentation).toBeCloseTo(1 - (112 + 1008) / 4096, 12);
    expect(row).toMatchObject({ peakHeapBytes: 4096, finalHeapBytes: 4096, brkCalls: 1, mmapCalls: 0 });
  });

  test("reports glibc's memory, faults and calls", async () => {
    const row = await rowOf(["malloc(200000) = 0x1000", "free(0x1000) = <void>"], "glibc");
    // The heap begins with the cache of the thread, 132 KiB; the block is above the threshold, and mapped by itself.
    expect(row).toMatchObject({
      ...{ brkCalls: 1, mmapCalls: 1, munmapCalls: 1 },
      peakHeapBytes: 135168 + 200704,
      finalHeapBytes: 135168,
    });
    expect(row.peakResidentBytes - row.finalResidentBytes).toBe(200704);
    expect(row.faults.minor).toBe(row.peakResidentBytes / 4096);
  });

  test("has pages of blocks in memory only if the program stores to its blocks", async () => {
    const lines = ["malloc(1000000) = 0x1000"];
    const [all, none] = [await rowOf(lines, "bump"), await rowOf(lines, "bump", { touch: "none" })];
    expect(none.peakResidentBytes).toBe(4096);
    expect(all.peakResidentBytes).toBeGreaterThanOrEqual(1_000_000);
    expect(none.peakHeapBytes).toBe(all.peakHeapBytes);
  });

  test("counts allocations that return NULL", async () => {
    const rows = await rowsOf(["malloc(9223372036854775807) = nil", "malloc(8) = 0x1000"], {
      allocators: "all",
    });
    for (const row of rows) expect(row).toMatchObject({ failed: 1, operations: 2, finalLiveBytes: 8 });
  });

  test("reports where a process runs out of memory, and continues with the other allocators", async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `malloc(100000) = 0x${(n + 1).toString(16)}00000`);
    const frees = lines.flatMap((line) => [line, `free(${line.split(" = ")[1]}) = <void>`]);
    const [glibc, bump] = await rowsOf(frees, { allocators: "glibc,bump", memory: "2MiB" });
    expect(glibc?.stopped).toBeUndefined();
    expect(glibc?.operations).toBe(80);
    expect(bump?.stopped).toMatchObject({ signal: "SIGKILL" });
    expect(bump?.stopped?.line).toBe(bump?.operations);
    expect(bump?.stopped?.line).toBeLessThan(80);
  });

  test("gives timelines, maps, costs and a survey only if they are requested", async () => {
    const lines = randomLog({ operations: 500, places: 50 }).trimEnd().split("\n");
    const plain = await heap(text(lines), { allocators: "glibc" });
    expect(Object.keys(plain.results[0] ?? {})).toEqual(
      expect.not.arrayContaining(["timeline", "map", "costs", "tlb"]),
    );
    expect(plain.log).not.toHaveProperty("survey");
    const full = await heap(text(lines), {
      allocators: "glibc",
      ...{ timeline: true, map: true, costs: true, survey: true },
    });
    const [row] = full.results;
    expect(row?.timeline?.at(-1)).toMatchObject({ operations: 500, live: row?.finalLiveBytes });
    expect(row?.map?.moments).toHaveLength(32);
    for (const { cells } of row?.map?.rows ?? []) expect(cells).toMatch(/^[0-8]{32}$/);
    expect(row?.costs?.lines.mean).toBeGreaterThan(1);
    expect(row?.costs?.lines.most).toBeGreaterThanOrEqual(row?.costs?.lines.p999 ?? 0);
    expect(row?.tlb?.l1d?.lookups).toBeGreaterThan(500);
    const made = lines.filter((line) => !line.startsWith("free")).length;
    expect(full.log?.survey?.made).toBe(made);
    expect(full.log?.survey?.sizes.reduce((sum, { count }) => sum + count, 0)).toBe(made);
    // Recording changes only times.
    const {
      timeline: _timeline,
      map: _map,
      costs: _costs,
      tlb: _tlb,
      ...rest
    } = stable(full.results)[0] as HeapRow;
    expect(rest).toEqual(stable(plain.results)[0]);
  });

  test("has the findings of the log: leaks, double frees and frees of unknown addresses, by line", async () => {
    const { log } = await heap(
      text([
        "# a comment",
        "malloc(10) = 0x1000",
        "malloc(30) = 0x2000",
        "free(0x1000) = <void>",
        "free(0x1000) = <void>",
        "free(0x7777) = <void>",
      ]),
      { allocators: "glibc" },
    );
    expect(log).toMatchObject({ format: "ltrace", operations: 5, lines: 6 });
    expect(log?.findings.doubleFrees.first).toMatchObject([{ line: 5, freedLine: 4, madeLine: 2 }]);
    expect(log?.findings.invalidFrees.first).toMatchObject([{ line: 6 }]);
    expect(log?.findings.leaks).toMatchObject({ blocks: 1, bytes: 30, first: [{ line: 3, bytes: 30 }] });
  });

  test("uses glibc's tunables and the number of cores of the log, unless options set them", async () => {
    const lines = [
      "# pagewalk heap log",
      "# GLIBC_TUNABLES=glibc.malloc.mmap_threshold=300000",
      "malloc(200000) = 0x1000",
    ];
    expect(await rowOf(lines, "glibc")).toMatchObject({ mmapCalls: 0 });
    expect(await rowOf(lines, "glibc:mmap_threshold=100000")).toMatchObject({ mmapCalls: 1 });
  });

  test("starts from the given regions", async () => {
    const maps =
      "10000-11000 rw-p 00000000 00:00 0 [heap]\n7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n";
    const row = await rowOf(["malloc(10) = 0x1000"], "bump:growth=4096", { maps, map: true });
    // This heap begins where the other one ends.
    expect(row.map?.rows[0]?.first).toBe("0x11000");
    await expect(rowOf(LOG, "bump", { maps: "what\n", mapsName: "a.maps" })).rejects.toThrow(
      /^a\.maps:1: this is not a line of a maps file; /,
    );
  });

  test("gives the same rows for any number of threads", async () => {
    // Comments make the log so large that workers are used.
    const padding = Array.from({ length: 4000 }, () => `# ${"-".repeat(1000)}`);
    const lines = text([...padding, ...randomLog({ operations: 3000, places: 300 }).trimEnd().split("\n")]);
    const options = { allocators: "glibc,bump,musl,first-fit,segregated,buddy" };
    const told: string[] = [];
    const one = await heap(lines, { ...options, jobs: 1 });
    const two = await heap(lines, { ...options, jobs: 2, onRow: ({ allocator }) => told.push(allocator) });
    expect(stable(two.results)).toEqual(stable(one.results));
    expect(two.log).toEqual(one.log);
    expect(told.sort()).toEqual(one.results.map(({ allocator }) => allocator).sort());
  });

  test("reads streams, once", async () => {
    const stream = new Blob([text(LOG)]).stream();
    const { log, results } = await heap(stream, { allocators: "glibc,bump", name: "piped" });
    expect(log?.name).toBe("piped");
    expect(results).toHaveLength(2);
  });

  test("stops when its signal is aborted", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(heap(text(LOG), { signal: controller.signal })).rejects.toThrow(/abort/i);
  });

  // The debug build checks each heap after each operation, which takes too long for so many.
  test.skipIf(isDebug).each([1, 2])(
    "reports how far it came when a signal stops it, with %i threads",
    async (jobs) => {
      const lines = randomLog({ operations: 150_000, places: 300 }).trimEnd().split("\n");
      const controller = new AbortController();
      const onProgress = ({ fraction = 0 }: HeapProgress) => fraction > 0.05 && controller.abort();
      const allocators = ["glibc", "bump", "buddy", "best-fit"];
      const options = { allocators, jobs, onProgress, signal: controller.signal };
      const { results, interrupted } = await heapUntilStopped(text(lines), options);
      expect(interrupted).toBe(true);
      const cut = results.filter(({ interruptedAt }) => interruptedAt !== undefined);
      expect(cut.length).toBeGreaterThanOrEqual(jobs);
      for (const { interruptedAt = 0, ...row } of cut) {
        expect(interruptedAt).toBeLessThan(lines.length);
        const [naive] = await rowsOf(lines.slice(0, interruptedAt), { allocators: row.allocator });
        expect(stable([row])).toEqual(stable(naive === undefined ? [] : [naive]));
      }
    },
  );

  test.each([
    [{ allocators: "glibcc" }, /unknown allocator "glibcc"; did you mean glibc\? The allocators are .*glibc/],
    [{ allocators: "" }, /no allocator is named; name some of /],
    [
      { allocators: "bump:alignment=0" },
      /parameter alignment of bump cannot be "0"; give a whole number from 1/,
    ],
    [
      { allocators: "bump:size=1" },
      /the allocator bump has no parameter "size"; did you mean growth\? It takes alignment, growth/,
    ],
    [{ allocators: "first-fit:order=up" }, /parameter order of first-fit cannot be "up"; give one of /],
    [{ jobs: 0 }, /jobs cannot be 0; it is at least 1/],
    [{ tuch: "all" }, /unknown option "tuch".*touch/],
    [{ touch: "some" }, /touch/],
  ])("refuses %j", async (options, message) => {
    const error = await rowsOf(LOG, options as HeapOptions).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
  });

  test("refuses a file that is not a heap log, with the line", async () => {
    const error = await rowsOf(["malloc(10) = 0x1000", "malloc(ten) = 0x2000"]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).place).toBe("<bytes>:2");
  });
});
