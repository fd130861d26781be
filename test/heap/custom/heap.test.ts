/** Custom allocators in `heap`: the figures are those of the same allocator in the kernel, here and in workers. */
import { describe, expect, test } from "vitest";
import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import { CustomHeap } from "#pagewalk/heap/custom/simulation.js";
import { openHeapLog } from "#pagewalk/heap/log/open.js";
import { type AllocatorDefinition, defineAllocator, spawn } from "#pagewalk/index.js";
import type { HeapAnswer } from "#pagewalk/wasm/heap.js";
import { HEAP_PAGES } from "../../../assembly/abi/heap.js";
import { randomLog } from "../../../bench/heap/random-log.js";
import { example, figures, logOf, plain, rowsOf } from "./run.js";

const RECORDED = new URL("../../recorded/heap/musl-2.log.gz", import.meta.url).pathname;

describe("first fit in JavaScript has every figure of the kernel's", () => {
  test("first fit in JavaScript has every address of the kernel's", async () => {
    const how = { mode: HEAP_PAGES, isUsed: true };
    const { default: definition } = await import(example("first-fit.js"));
    const [choice] = await chooseAllocators(["first-fit"]);
    const [one, two] = [await spawn(), await spawn()];
    const custom = new CustomHeap(one, definition, [], { place: "first-fit.js" }, how);
    const kernel = two.space.kernel.createHeap({
      ...how,
      allocator: choice?.id ?? 0,
      parameters: choice?.parameters ?? [],
      byAddress: false,
    });
    const log = await openHeapLog(RECORDED);
    const [kernels, owns]: HeapAnswer[][] = [[], []];
    for (let batch = await log.next(); batch !== undefined; batch = await log.next()) {
      const { records, count } = batch;
      expect(kernel.serve(records, count)).toBe(count);
      expect(custom.serve(records, count)).toBe(count);
      for (let n = 0; n < count; n++) {
        kernels?.push(kernel.answer(n));
        owns?.push(custom.heap.answer(n));
      }
    }
    await log.close();
    expect(owns?.filter(({ answer }) => answer !== 0n).length).toBeGreaterThan(2000);
    expect(owns).toEqual(kernels);
  });

  test("and its series and map on a recording", async () => {
    const [kernel, custom] = await rowsOf(RECORDED, ["first-fit", example("first-fit.js")], {
      timeline: true,
      map: true,
    });
    if (kernel === undefined || custom === undefined) throw new Error("a row is missing");
    expect(custom.javascript).toBe(true);
    expect(kernel.timeline?.length).toBeGreaterThan(50);
    expect(kernel.map?.moments.length).toBeGreaterThan(50);
    expect(figures(custom)).toEqual(figures(kernel));
  });

  test("and its costs of operations", async () => {
    const log = new TextEncoder().encode(randomLog({ operations: 3000, places: 200 }));
    const [kernel, custom] = await rowsOf(log, ["first-fit", example("first-fit.js")], {
      costs: true,
    });
    if (kernel === undefined || custom === undefined) throw new Error("a row is missing");
    // The kernel's reads some words twice: a look-up more in the first TLB, and no miss.
    const { tlb: ofKernel, ...kernels } = figures(kernel);
    const { tlb, ...owns } = figures(custom);
    expect(owns).toEqual(kernels);
    expect(custom.costs?.lines.most).toBeGreaterThan(10);
    expect(tlb?.l1d?.misses).toBe(ofKernel?.l1d?.misses);
    expect(tlb?.l2).toEqual(ofKernel?.l2);
  });
});

const LOG = logOf(
  "malloc(100) = 0x1000",
  "malloc(5000) = 0x2000",
  "calloc(10, 30) = 0x3000",
  "realloc(0x1000, 200) = 0x4000",
  "posix_memalign(0x7ffd0, 4096, 64) = 0",
  "malloc(18446744073709551615) = 0",
  "realloc(0x3000, 18446744073709551615) = 0",
  "free(0x2000) = <void>",
  "malloc_usable_size(0x4000) = 200",
);

describe("a function that an allocator leaves out", () => {
  test("is made from its malloc and free", async () => {
    const heard: string[] = [];
    const [row] = await rowsOf(LOG, [
      plain((_, malloc) => ({
        malloc(bytes: number) {
          heard.push(`malloc ${bytes}`);
          return malloc(bytes);
        },
        free: (address: number) => heard.push(`free ${address % 4096}`),
      })),
    ]);
    expect(heard).toEqual([
      ...["malloc 100", "malloc 5000", "malloc 300", "malloc 200", "free 0"],
      ...["malloc 4160", "free 112"],
    ]);
    expect(row).toMatchObject({ operations: 9, failed: 2, peakLiveBytes: 5564, finalLiveBytes: 564 });
    expect(row?.internalFragmentation).toBe(0);
  });

  test("is not replaced if it exists", async () => {
    const heard: string[] = [];
    const names = ["realloc", "calloc", "memalign", "usableSize"] as const;
    await rowsOf(LOG, [
      plain((_, malloc) =>
        Object.fromEntries(
          names.map((name) => [
            name,
            (one: number, two: number) => {
              heard.push(`${name} ${name === "realloc" || name === "usableSize" ? one % 4096 : one} ${two}`);
              if (name === "usableSize") return 8192;
              return name === "memalign" ? Math.ceil(malloc(8192) / 4096) * 4096 : malloc(two * 10);
            },
          ]),
        ),
      ),
    ]);
    expect(heard.filter((one) => !one.startsWith("usableSize"))).toEqual([
      "calloc 10 30",
      "realloc 0 200",
      "memalign 4096 64",
    ]);
  });

  test("calloc returns zeros in reused memory, and realloc copies contents", async () => {
    const found: number[] = [];
    const dirty: AllocatorDefinition = plain((memory, malloc) => ({
      malloc(bytes: number) {
        const address = malloc(bytes);
        memory.fill(address, 0xab, bytes);
        return address;
      },
      chunks: () => [],
      threadExit() {},
      free(address: number) {
        found.push(memory.read8(address), memory.read8(address + 15));
      },
    }));
    await rowsOf(logOf("calloc(2, 8) = 0x10", "realloc(0x10, 64) = 0x20", "free(0x20) = <void>"), [dirty]);
    // The old block and the new one: both are as calloc left them, as far as the old one went.
    expect(found).toEqual([0, 0, 0, 0]);
  });

  test("a block of memalign is freed by the address that malloc returned", async () => {
    const seen: number[][] = [];
    const log = logOf("memalign(1024, 100) = 0x400", "realloc(0x400, 50) = 0x10", "free(0x10) = <void>");
    await rowsOf(log, [
      plain((_, malloc) => ({
        malloc(bytes: number) {
          const address = malloc(bytes);
          seen.push([address, bytes]);
          return address;
        },
        free: (address: number) => seen.push([address]),
      })),
    ]);
    const [[first] = [], [second] = [], [freed] = [], [last] = []] = seen;
    expect(seen).toEqual([[first, 1124], [second, 50], [first], [second]]);
    expect([freed, last]).toEqual([first, second]);
  });
});

describe("memory", () => {
  test("has words of every size, little-endian, and 64 bits as numbers or bigints", async () => {
    const seen: unknown[] = [];
    const log = logOf("malloc(64) = 0x1000");
    const [row] = await rowsOf(log, [
      plain((memory, malloc) => ({
        malloc(bytes: number) {
          const at = malloc(bytes);
          const { read8, writeBig64 } = memory;
          writeBig64(at, 0xfedc_ba98_7654_3210n);
          memory.write64(at + 8, 2 ** 53 - 1);
          memory.copy(at + 16, at, 8);
          memory.write8(at + 16, -1);
          seen.push(read8(at), memory.read16(at + 2), memory.read32(at + 4), memory.readBig64(at));
          seen.push(memory.read64(at + 8), memory.read32(at + 16), memory.pageSize, memory.thread);
          seen.push(memory.brk - at, memory.errno);
          return at;
        },
      })),
    ]);
    expect(row?.failed).toBe(0);
    expect(seen).toEqual([
      ...[0x10, 0x7654, 0xfedcba98, 0xfedc_ba98_7654_3210n],
      ...[2 ** 53 - 1, 0x765432ff, 4096, 0],
      ...[1 << 20, 0],
    ]);
  });

  test("is counted in system calls, with a fault for each first store to a page", async () => {
    const [row] = await rowsOf(
      logOf("malloc(1) = 0x1000"),
      [
        plain((memory) => ({
          malloc() {
            const reserved = memory.mmap(64 * 4096, "none");
            expect(memory.mprotect(reserved, 2 * 4096)).toBe(true);
            expect(memory.mprotect(reserved + 4096, 2 * 4096)).toBe(true);
            memory.write32(reserved, 1);
            memory.write32(reserved + 4, 2);
            memory.write32(reserved + 8192, 3);
            expect(memory.munmap(reserved + 32 * 4096, 32 * 4096)).toBe(true);
            const mapped = memory.mmap(4096);
            const moved = memory.mremap(mapped, 4096, 3 * 4096);
            expect(memory.madvise(moved, 4096, 4)).toBe(true);
            expect(memory.munmap(moved, 4096)).toBe(true);
            expect(memory.mmap(2 ** 60)).toBe(0);
            expect(memory.errno).toBe(12);
            return reserved;
          },
        })),
      ],
      { touch: "none" },
    );
    expect(row).toMatchObject({
      ...{ mmapCalls: 3, mprotectCalls: 2, munmapCalls: 2, mremapCalls: 1, madviseCalls: 1, brkCalls: 0 },
      finalHeapBytes: 5 * 4096,
      peakHeapBytes: 6 * 4096,
      faults: { minor: 2, major: 0 },
      finalResidentBytes: 2 * 4096,
    });
  });

  test("causes the signals of real memory, and the row reports them", async () => {
    const log = logOf("malloc(16) = 0x1000", "malloc(17) = 0x2000", "malloc(16) = 0x3000");
    const ending = (end: (memory: Parameters<AllocatorDefinition["create"]>[0]) => void) =>
      plain((memory, malloc) => ({
        malloc(bytes: number) {
          try {
            if (bytes === 17) end(memory);
          } catch {
            // From here, actions of the allocator do not affect its process.
          }
          return malloc(bytes);
        },
      }));
    const [read] = await rowsOf(log, [ending((memory) => memory.read32(64))]);
    expect(read).toMatchObject({ operations: 2, failed: 1 });
    expect(read?.stopped).toMatchObject({ line: 2, signal: "SIGSEGV", code: "SEGV_MAPERR" });
    expect(read?.stopped?.message).toBe("reads 4 bytes at 0x40");
    const [abort] = await rowsOf(log, [ending((memory) => memory.abort("free(): no"))]);
    expect(abort?.stopped).toEqual({ line: 2, signal: "SIGABRT", message: "free(): no" });
  });

  test("is not changed by chunks, which is not called after the end of the process", async () => {
    const lines = Array.from({ length: 31 }, (_, n) => `malloc(16) = 0x${n + 1}0`);
    const log = logOf(...lines, "malloc(17) = 0x5000");
    const looking = plain((memory, malloc) => {
      let end = 0;
      return {
        malloc(bytes: number) {
          if (bytes === 17) memory.abort("enough");
          const address = malloc(bytes);
          end = address + bytes;
          return address;
        },
        // The memory was never stored to: a look at it is not a fault.
        chunks: () => [
          { address: end, bytes: 4096 + memory.read8(memory.brk - 1), state: "top" },
          { address: end + 4096, bytes: 64, state: "free" },
        ],
      };
    });
    const [row] = await rowsOf(log, [looking], { map: true, touch: "none" });
    expect(row).toMatchObject({ faults: { minor: 0, major: 0 }, searchSteps: 0 });
    expect(row?.stopped).toMatchObject({ line: 32, message: "enough" });
    expect(row?.map?.moments.at(0)).toMatchObject({ operations: 16, freeBytes: 64, freeChunks: 1 });
  });
});

test("parameters can follow the name, and definitions are distinguished", async () => {
  const mine = defineAllocator({
    name: "mine",
    parameters: { growth: { default: 65536, least: 4096, most: 1 << 20 } },
    create(memory, { growth }) {
      return { malloc: () => memory.sbrk(growth), free() {} };
    },
  });
  const log = logOf("malloc(16) = 0x1000");
  const rows = await rowsOf(log, [mine, { allocator: mine, parameters: { growth: 4096 } }, "bump"]);
  expect(rows.map(({ allocator, peakHeapBytes }) => [allocator, peakHeapBytes])).toEqual([
    ["mine", 65536],
    ["mine:growth=4096", 4096],
    ["bump", 65536],
  ]);
  await expect(rowsOf(log, [{ allocator: mine, parameters: { growth: 1 } }])).rejects.toThrow(
    "the parameter growth of mine cannot be",
  );
  await expect(rowsOf(log, [mine, plain(), { ...plain(), name: "mine" }])).rejects.toThrow(
    "two allocators are called mine",
  );
  await expect(rowsOf(log, [{ ...plain(), name: "glibc" }])).rejects.toThrow(
    "has the name glibc of an allocator in the kernel",
  );
});

test("files run in workers, objects here, and rows keep their order", async () => {
  const comment = `# ${"x".repeat(97)}\n`;
  const calls = Array.from({ length: 500 }, (_, n) => `malloc(${n}) = 0x${((n + 1) * 4096).toString(16)}\n`);
  const log = new TextEncoder().encode(comment.repeat(90_000) + calls.join(""));
  const allocators = ["bump", plain(), example("bump.js"), example("mine.js")];
  const [here, there] = [await rowsOf(log, allocators), await rowsOf(log, allocators, { jobs: 2 })];
  expect(there.map(({ allocator }) => allocator)).toEqual(["bump", "plain", "my-bump", "power-of-two"]);
  expect(there.map(figures)).toEqual(here.map(figures));
});

test("the map shows blocks if the allocator has no function chunks", async () => {
  const lines = Array.from({ length: 40 }, (_, n) => `malloc(4080) = 0x${((n + 1) * 4096).toString(16)}`);
  const [row] = await rowsOf(logOf(...lines), [plain()], { map: true, timeline: true });
  const last = row?.map?.moments.length ?? 0;
  expect(last).toBeGreaterThan(1);
  expect(row?.timeline?.at(-1)).toMatchObject({ blocks: 40, live: 40 * 4080 });
});
