/** The tables of usable sizes, printed by the libraries themselves where they are installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isDebug } from "../build.js";
import { compile, missingTools } from "./afresh.js";
import { MIMALLOC, MOST, type Run, TCMALLOC } from "./usable-sizes.js";

/** Returns the output of `sizes.c` under the library; undefined if that is not installed. */
function usableRuns(program: string, library: string, most: number): Run[] | undefined {
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

const missing = missingTools("gcc");

test.skipIf(missing.length > 0 || isDebug).each([
  ["libtcmalloc_minimal.so.4", TCMALLOC],
  ["libmimalloc.so.2", MIMALLOC],
])(`%s has the table of its sizes (needs ${missing.join(", ") || "nothing more"})`, (library, table) => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-sizes-"));
  try {
    const runs = usableRuns(compile(folder, "sizes"), library, MOST);
    if (runs !== undefined) expect(runs).toEqual(table);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
