/** Real allocators, preloaded to a small program if they are installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heap, spawn } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { compile, missingTools } from "./afresh.js";

/** The usable bytes of requests up to `to` bytes, from the end of the previous run. */
export type Run = readonly [bytes: number, usable: number];

/** The output of `sizes.c` under the library; undefined if the library is not installed. */
export function usableRuns(program: string, library: string, most: number): Run[] | undefined {
  const { stdout, stderr } = spawnSync(program, [String(most)], {
    encoding: "utf8",
    env: { ...process.env, LD_PRELOAD: library },
  });
  if (stderr.includes("cannot be preloaded")) return undefined;
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").map(Number) as [number, number]);
}

/** The runs of an allocator that rounds up to the next of these sizes, and past them by `round`. */
export function runsOf(classes: readonly number[], round: (bytes: number) => number, most: number): Run[] {
  const runs: Run[] = classes.map((bytes) => [bytes, bytes]);
  for (let bytes = (classes.at(-1) ?? 0) + 1; bytes <= most; bytes = (runs.at(-1)?.[0] ?? 0) + 1) {
    const usable = round(bytes);
    runs.push([Math.min(usable, most), usable]);
  }
  return runs;
}

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

/** Adds a test that the library, where it is installed, has the table of usable sizes up to `most`. */
export function testLibraryTable(library: string, table: readonly Run[], most: number): void {
  const missing = missingTools("gcc");
  test.skipIf(missing.length > 0 || isDebug)(
    `the library itself has this table, where it is installed (needs ${missing.join(", ") || "nothing more"})`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "pagewalk-sizes-"));
      try {
        const runs = usableRuns(compile(folder, "sizes"), library, most);
        if (runs !== undefined) expect(runs).toEqual(table);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
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
