/** Real allocators, preloaded to a small program where they are installed. */
import { spawnSync } from "node:child_process";
import { spawn } from "#pagewalk/index.js";

/** Up to so many bytes, beginning behind the run before, so many may be used. */
export type Run = readonly [bytes: number, usable: number];

/** What `sizes.c` prints under the library; undefined where that is not installed. */
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

/** What the model has for the least and the greatest size of each run. */
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
