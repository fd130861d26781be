/** The future of a trace: gaps to the next use, by chunks that may outgrow memory. */
import { describe, expect, test } from "vitest";
import { FutureRecorder } from "#pagewalk/future/future.js";
import { chunkStore } from "#pagewalk/future/spilling-store.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";

/** Computes gaps for long sequences: a backward walk with the last position of each page. */
function gapsOf(pages: readonly bigint[]): number[] {
  const next = new Map<bigint, number>();
  const gaps: number[] = [];
  for (let at = pages.length - 1; at >= 0; at--) {
    const page = pages[at] ?? 0n;
    gaps[at] = (next.get(page) ?? at + 0xffffffff) - at;
    next.set(page, at);
  }
  return gaps;
}

async function gapsThroughKernel(pages: readonly bigint[], memoryBytes?: number, take = 1000) {
  const kernel = await Kernel.create();
  const recorder = new FutureRecorder(kernel, { memoryBytes });
  const keys = kernel.allocate(32768 * 8);
  for (let at = 0; at < pages.length; at += 32768) {
    const part = BigUint64Array.from(pages.slice(at, at + 32768));
    kernel.bytes(keys, part.byteLength).set(new Uint8Array(part.buffer));
    await recorder.add(keys, part.length);
  }
  const { distinct } = recorder;
  const future = await recorder.finish();
  const gaps: number[] = [];
  for (let at = 0; at < pages.length; at += take) {
    const bytes = new Uint8Array(Math.min(take, pages.length - at) * 4);
    await future.take(bytes);
    gaps.push(...new Uint32Array(bytes.buffer));
  }
  await future.close();
  return { distinct, gaps };
}

const sequence = Array.from({ length: 200_001 }, (_, n) => BigInt((n * n) % 9973) << BigInt(n % 40));

describe("a future", () => {
  test("is the distance to each request's next use", async () => {
    const { gaps } = await gapsThroughKernel([7n, 8n, 7n, 7n, 9n, 8n, 2n ** 64n - 1n, 2n ** 64n - 1n]);
    expect(gaps).toEqual([2, 4, 1, 0xffffffff, 0xffffffff, 0xffffffff, 1, 0xffffffff]);
  });

  test("crosses the borders of chunks, and counts distinct pages", async () => {
    const { distinct, gaps } = await gapsThroughKernel(sequence);
    expect(gaps).toEqual(gapsOf(sequence));
    expect(distinct).toBe(new Set(sequence).size);
  });

  test("is the same from a file, if memory is short", async () => {
    const { gaps } = await gapsThroughKernel(sequence, 300_000, 70_001);
    expect(gaps).toEqual(gapsOf(sequence));
  });

  test("of an empty trace is empty", async () => {
    expect(await gapsThroughKernel([])).toEqual({ distinct: 0, gaps: [] });
  });
});

describe("a chunk store", () => {
  test.each([0, 16, 1000])(
    "keeps chunks and their replacements with %d bytes of memory",
    async (memoryBytes) => {
      const store = chunkStore(8, memoryBytes);
      for (let n = 0; n < 5; n++) await store.append(new Uint8Array(n === 4 ? 3 : 8).fill(n));
      expect(store.count).toBe(5);
      await store.replace(3, new Uint8Array(8).fill(33));
      await store.replace(4, new Uint8Array(3).fill(44));
      const chunks = await Promise.all([0, 1, 2, 3, 4].map((n) => store.read(n)));
      expect(chunks.map((chunk) => [chunk.length, chunk[0]])).toEqual([
        [8, 0],
        [8, 1],
        [8, 2],
        [8, 33],
        [3, 44],
      ]);
      await store.close();
    },
  );
});
