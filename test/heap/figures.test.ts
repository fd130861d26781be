/**
 * Figures of glibc's heap: mallinfo2, malloc_stats and malloc_info of a random program with threads, every one of them as
 * glibc told it in a recording, which `test/recorded/heap/README.md` describes.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Process, spawn } from "#pagewalk/index.js";
import { expectFigures, verified } from "./figures.js";

const RECORDED = new URL("../recorded/heap/glibc-6.log", import.meta.url).pathname;
const unpacked = (path: string) => gunzipSync(readFileSync(`${path}.gz`)).toString("latin1");

describe("the figures of the recording", () => {
  const recording = {
    log: unpacked(RECORDED),
    maps: unpacked(`${RECORDED}.maps`),
    info: unpacked(`${RECORDED}.info`),
  };

  test("every figure is glibc's", async () => {
    expect(recording.log.match(/mallinfo2\(\)/g)?.length).toBeGreaterThanOrEqual(30);
    expect(recording.info).toMatch(
      /<unsorted .*[\s\S]*<heap nr="3">[\s\S]*<aspace type="subheaps" size="1"\/>/,
    );
    expect(recording.info).toMatch(/max mmap bytes {3}= +[1-9]/);
    await expectFigures(recording);
  });

  test("without a thread cache other chunks are free: the comparison can fail", async () => {
    const { differences, text } = await verified(recording, { allocator: "glibc:tcache_count=0" });
    expect(differences.entries.some(({ call }) => call.startsWith("mallinfo2"))).toBe(true);
    expect(text).not.toBe(recording.info);
  });
});

describe("of a process", () => {
  test("a block that is freed into a cache is in use still, one in a fast bin is free", async () => {
    const process = await spawn({ allocator: "glibc:tcache_count=1" });
    const blocks = [24, 24, 24].map((bytes) => process.malloc(bytes).value);
    const before = process.mallinfo2();
    expect(before).toMatchObject({ arena: 135168, ordblks: 1, uordblks: 656 + 96, signal: undefined });
    for (const block of blocks.slice(0, 2)) process.free(block);
    expect(process.mallinfo2()).toEqual({
      ...before,
      smblks: 1,
      fsmblks: 32,
      uordblks: 656 + 64,
      fordblks: 134448,
    });
  });

  test("a child of fork has its own after the fork", async () => {
    const process = await spawn();
    process.malloc(24);
    const child = process.fork();
    if (!("mallinfo2" in child)) throw new Error("there is no child");
    const before = process.mallinfo2();
    expect(child.mallinfo2()).toEqual(before);
    child.malloc(200_000);
    child.malloc(100_000);
    expect(child.mallinfo2()).toMatchObject({ hblks: 1, uordblks: before.uordblks + 100_016 });
    expect(process.mallinfo2()).toEqual(before);
  });

  test("they cause references if the allocator's are counted, and the view of a heap causes none", async () => {
    const process = await spawn();
    process.malloc(24);
    const before = process.cycles.references;
    expect(process.heap()?.figures?.arenas).toMatchObject([{ systemBytes: 135168, inUseBytes: 688 }]);
    expect(process.cycles.references).toBe(before);
    process.mallinfo2();
    expect(process.cycles.references).toBeGreaterThan(before);
  });

  test("another allocator has none", async () => {
    const process = await spawn({ allocator: "tlsf" });
    expect(() => process.mallocInfo()).toThrow(/^mallocInfo: figures of a heap are glibc's; /);
    process.malloc(24);
    expect(process.heap()?.figures).toBeUndefined();
    process.exit();
    expect(() => process.mallinfo2()).toThrow(/has ended/);
  });
});

/** Two blocks freed into one list, whose links are then overwritten. */
async function corrupted(
  bytes: number,
  overwrite: (process: Process, first: bigint, second: bigint) => void,
) {
  const process = await spawn({ allocator: "glibc:tcache_count=0" });
  const [first, , second] = [bytes, 24, bytes, 24].map((size) => process.malloc(size).value);
  if (first === undefined || second === undefined) throw new Error("there are no blocks");
  process.free(first);
  process.free(second);
  overwrite(process, first, second);
  return process;
}

describe("the figures of a corrupt heap", () => {
  const misalign = (process: Process, first: bigint, second: bigint) =>
    process.store(second, 8, (second >> 12n) ^ (first - 8n));

  test("a misaligned link in a fast bin ends the process with glibc's message", async () => {
    expect((await corrupted(24, misalign)).mallinfo2()).toMatchObject({
      uordblks: 0,
      signal: { signal: "SIGABRT" },
      message: "int_mallinfo(): unaligned fastbin chunk detected",
    });
    const process = await corrupted(24, misalign);
    expect(process.mallocStats()).toBe("");
    expect(process.isAlive).toBe(false);
    expect((await corrupted(24, misalign)).mallocInfo()).toBe(
      '<malloc version="1">\n<heap nr="0">\n<sizes>\n',
    );
  });

  test("a cyclic list, on which glibc hangs, ends the process, and can be examined", async () => {
    const bend = (process: Process, _: bigint, second: bigint) => {
      process.store(second, 8, second - 16n);
      process.store(second + 8n, 8, second - 16n);
    };
    const { signal, message } = (await corrupted(2000, bend)).mallinfo2();
    expect({ signal, message }).toEqual({
      signal: { signal: "SIGKILL", code: undefined, address: 0n },
      message: "a list of the heap is a circle, on which glibc goes round for ever",
    });
    const process = await corrupted(2000, bend);
    expect(process.heap()?.figures).toBeUndefined();
    expect(process.heap()?.chunks.filter(({ list }) => list === "unsorted").length).toBe(1);
  });

  test("a chunk of a forged size is counted with that size, as in glibc", async () => {
    const process = await corrupted(2000, (process, _, second) => process.store(second - 8n, 8, 0x20001n));
    expect(process.mallocInfo()).toContain(
      '  <unsorted from="2017" to="131073" total="133090" count="2"/>\n',
    );
  });
});
