/** Models of real allocators against what the libraries gave. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { heap, spawn } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import type { Run } from "./usable-sizes.js";

/** The model's usable bytes for the smallest and the largest size of each run. */
export async function usableAtEnds(allocator: string, runs: readonly Run[]): Promise<Run[]> {
  const process = await spawn({ allocator });
  const usable = (bytes: number) => {
    const { value } = process.malloc(bytes);
    const found = Number(process.malloc_usable_size(value).value);
    process.free(value);
    return found;
  };
  return runs.map(([bytes], n) => [usable((runs[n - 1]?.[0] ?? -1) + 1), usable(bytes)]);
}

/**
 * Adds a test of the peak memory for examples/heap/words.log.gz: `heapBytes` and `residentBytes` are the library's under
 * bench/heap/replayer.c, which itself has `replayerBytes` of both.
 */
export function testWords(
  allocator: string,
  library: { heapBytes: number; residentBytes: number; replayerBytes: number },
): void {
  // In the debug build each of 334,644 calls is followed by a check of the whole heap.
  test.skipIf(isDebug)("of examples/heap/words.log.gz equals the library's, heap and resident", async () => {
    const { results } = await heap(readFileSync("examples/heap/words.log.gz"), {
      name: "words.log.gz",
      allocators: allocator,
      jobs: 1,
    });
    const { heapBytes, residentBytes, replayerBytes } = library;
    const peakHeapBytes = heapBytes - replayerBytes;
    expect(results).toMatchObject([
      { peakHeapBytes, peakResidentBytes: residentBytes - replayerBytes, failed: 0 },
    ]);
  });
}
