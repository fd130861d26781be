import { describe, expect, test } from "vitest";
import { type Process, spawn } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { expectSoundContents } from "./contents.js";
import { testWords, usableAtEnds } from "./preloaded.js";
import { TCMALLOC_PAGE as PAGE, type Run, TCMALLOC as TABLE } from "./usable-sizes.js";

const residentBytes = (process: Process) =>
  process.regions().reduce((sum, { rssBytes }) => sum + rssBytes, 0);

describe("usable sizes", () => {
  test("are those of the library's classes, at both ends of each", async () => {
    expect(await usableAtEnds("tcmalloc", TABLE)).toEqual(TABLE.map(([, usable]): Run => [usable, usable]));
  });

  test.each([
    [1_000_000, 1_007_616],
    [16_777_216, 16_777_216],
    [16_777_217, 16_785_408],
    [20_000_000, 20_004_864],
  ])("of %i bytes are %i, whole pages", async (bytes, usable) => {
    const process = await spawn({ allocator: "tcmalloc" });
    expect(process.malloc_usable_size(process.malloc(bytes).value).value).toBe(BigInt(usable));
  });
});

/** Runs `run` in a new thread of the process. */
function inThread<T>(process: Process, run: () => T): T {
  const thread = process.thread();
  if (!("process" in thread)) throw new Error("there is no thread");
  return process.runAs(thread, run);
}

const statesOf = (process: Process, bytes: number, state: string) =>
  (process.heap()?.chunks ?? []).filter((chunk) => chunk.state === state && chunk.bytes === bytes).length;

describe("a thread's cache", () => {
  // num_objects_to_move: 64 KiB of objects, 32 at most (TCMALLOC_TRANSFER_NUM_OBJ).
  test.each([
    [6144, 10],
    [8192, 8],
  ])(
    "of %i bytes grows slowly: one object, then one more each time up to a batch of %i",
    async (bytes, batch) => {
      const process = await spawn({ allocator: "tcmalloc" });
      const slow = Array.from({ length: batch }, (_, n) => n + 1);
      const mallocs = slow.reduce((sum, count) => sum + count, 0) + 2 * batch;
      const had = inThread(process, () =>
        Array.from({ length: 3 * mallocs }, () => process.malloc(bytes).value),
      );
      // A thread without a cache gives objects to their spans, of which each keeps some in use.
      inThread(process, () => had.forEach((block, n) => void (n % 2 === 0 && process.free(block))));
      const fetches: number[] = [];
      for (let n = 0; n < mallocs; n++) {
        const before = statesOf(process, bytes, "free");
        process.malloc(bytes);
        const fetched = before - statesOf(process, bytes, "free");
        if (fetched > 0) fetches.push(fetched);
      }
      expect(fetches).toEqual([...slow, batch, batch]);
    },
  );

  test("returns a batch from a list that is too long: some of 64 freed blocks remain", async () => {
    const process = await spawn({ allocator: "tcmalloc" });
    const blocks = Array.from({ length: 64 }, () => process.malloc(8192).value);
    for (const block of blocks) process.free(block);
    expect(statesOf(process, 8192, "used")).toBe(0);
    expect(statesOf(process, 8192, "cached")).toBeLessThan(64);
    expect(process.library.isValid).toBe(true);
  });

  test("is moved to the central lists when the thread ends, and other threads get its objects", async () => {
    const process = await spawn({ allocator: "tcmalloc" });
    process.malloc(8);
    const had = inThread(process, () => {
      const blocks = Array.from({ length: 8 }, () => process.malloc(6144).value);
      for (const block of blocks.slice(1)) process.free(block);
      process.thread_exit();
      return blocks;
    });
    expect(statesOf(process, 6144, "cached")).toBe(0);
    expect(had).toContain(process.malloc(6144).value);
  });
});

describe("a thread without a cache", () => {
  test("gets no cache from blocks aligned to more than a page, and frees to the spans", async () => {
    const process = await spawn({ allocator: "tcmalloc" });
    const blocks = Array.from({ length: 3 }, () => process.malloc(6144).value);
    const cached = statesOf(process, 6144, "cached");
    inThread(process, () => {
      expect(process.memalign(4 * PAGE, 100).value % BigInt(4 * PAGE)).toBe(0n);
      process.free(blocks[0] ?? 0n);
    });
    expect(statesOf(process, 6144, "cached")).toBe(cached);
    inThread(process, () => {
      process.malloc(300_000);
      process.free(blocks[1] ?? 0n);
    });
    expect(statesOf(process, 6144, "cached")).toBe(cached + 1);
  });
});

describe("memory", () => {
  // Blocks of so many pages are allocated and freed in turn; measured: at which frees frames were given back.
  test.each([
    [1, 64, [4096]],
    [10, 37, [7085, 7402, 7503, 7604]],
    [100, 100, [2622, 2634, 2645, 2656]],
  ])(
    "is first returned after 2 GiB of frees, and at release rate %i a page for each 1000 pages / rate (%i)",
    async (rate, pages, measured) => {
      const process = await spawn({ allocator: `tcmalloc:release_rate=${rate}.0` });
      const { library } = process;
      const found: number[] = [];
      for (let free = 1; free <= (measured.at(-1) ?? 0); free++) {
        const before = library.counts?.madviseCalls ?? 0;
        process.free(process.malloc(pages * PAGE).value);
        if ((library.counts?.madviseCalls ?? 0) > before) found.push(free);
      }
      expect(found).toEqual(measured);
    },
  );

  // Measured: 1 MiB that the heap begins with, and the page of an object that is freed while the library is loaded.
  test("is returned twice before the first block with aggressive decommit", async () => {
    const process = await spawn({ allocator: "tcmalloc:aggressive_decommit=on" });
    process.malloc(8);
    expect(process.library.counts?.madviseCalls).toBe(2);
  });

  test("is returned by each free with aggressive decommit, and by none at release rate 0", async () => {
    const resident = async (allocator: string) => {
      const process = await spawn({ allocator });
      const { value } = process.malloc(8 << 20);
      process.store(value, 8 << 20);
      const before = residentBytes(process);
      process.free(value);
      return before - residentBytes(process);
    };
    expect(await resident("tcmalloc:aggressive_decommit=on")).toBe(8 << 20);
    expect(await resident("tcmalloc:release_rate=0.0")).toBe(0);
  });

  testWords("tcmalloc", { heapBytes: 11_546_624, residentBytes: 4_386_816, replayerBytes: 12_288 });
});

test.each([
  [1, 11],
  [4, 12],
])(
  "%i threads: blocks are disjoint and aligned, keep their contents, and the heap is consistent",
  async (threads, seed) => {
    await expectSoundContents("tcmalloc", { threads, steps: isDebug ? 300 : 600, seed });
  },
);
