import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { compile, differences, hasUsualMapCount, KERNEL, missingTools } from "./afresh.js";

// The runs differ every time. A failure names its seed, and `recorder SEED 1500 FOLDER …` repeats it.
const SEED = Date.now() % 1_000_000_000;
const CALLS = 1500;
const RUNS = isDebug ? 2 : 10;
const FEW = isDebug ? 1 : 3;

const missing = [...missingTools(), ...(KERNEL === "6.18" ? [] : ["Linux 6.18"])];
const title = `random runs recorded afresh${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(missing.length === 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  let recorder = "";

  beforeAll(() => {
    recorder = compile(folder);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs whose answers, regions or faults differ, by seed. */
  async function differing(from: number, runs: number, modes: readonly string[]): Promise<object> {
    const found: Record<string, string[]> = {};
    for (let seed = from; seed < from + runs; seed++) {
      const all = await differences(recorder, folder, seed, CALLS, modes);
      if (all.length > 0) found[[seed, ...modes].join(" ")] = all.slice(0, 10);
    }
    return found;
  }

  test("mappings, protections, locks and touches are answered as by the kernel", async () => {
    expect(await differing(SEED, RUNS, [])).toEqual({});
  });

  test("all kinds of calls, with all their flags, are answered as by the kernel", async () => {
    expect(await differing(SEED + 100, RUNS, ["--all"])).toEqual({});
  });

  test("calls of processes without privileges, at their limits, are answered as by the kernel", async () => {
    expect(await differing(SEED + 200, FEW, ["--all", "--files", "--unprivileged", "--limits"])).toEqual({});
  });

  test("calls of a process that locks all memory are answered as by the kernel", async () => {
    expect(await differing(SEED + 300, FEW, ["--all", "--locks"])).toEqual({});
  });

  test("calls of a parent and a child in turn are answered as by the kernel", async () => {
    expect(await differing(SEED + 400, FEW, ["--all", "--files", "--fork"])).toEqual({});
  });

  test("calls on files of different modes and changing lengths are answered as by the kernel", async () => {
    expect(await differing(SEED + 500, FEW, ["--all", "--files"])).toEqual({});
  });

  // Each takes as long as ten others.
  test.runIf(!isDebug && missing.length === 0 && hasUsualMapCount())(
    "so are those of a process with nearly as many regions as there may be",
    async () => {
      expect(await differing(SEED + 500, 1, ["--all", "--many"])).toEqual({});
    },
  );
});
