/**
 * musl's own addresses, of random programs recorded afresh. PAGEWALK_SEEDS and PAGEWALK_CALLS make the recordings longer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { missingTools } from "./afresh.js";
import { expectExact } from "./exact.js";
import { replayLog } from "./replay-log.js";

const SOURCE = new URL("random-program.c", import.meta.url).pathname;
const BOUNCING = new URL("bouncing.c", import.meta.url).pathname;
const SEEDS = Number(process.env.PAGEWALK_SEEDS ?? (isDebug ? 4 : 12));
const CALLS = Number(process.env.PAGEWALK_CALLS ?? (isDebug ? 1000 : 10_000));
const tools = missingTools("musl-gcc");

describe.skipIf(tools.length > 0)(`recorded afresh (needs ${tools.join(", ") || "nothing more"})`, () => {
  let folder: string;
  const programs: string[] = [];
  let version: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-musl-"));
    for (const [n, flags] of [[], ["-static"], ["-Wl,-z,norelro"]].entries()) {
      const program = join(folder, `random-program-${n}`);
      execFileSync("musl-gcc", ["-O2", "-pthread", ...flags, "-o", program, SOURCE]);
      programs.push(program);
    }
    // The linker, run by itself, tells its version.
    const linker = spawnSync("/lib/ld-musl-x86_64.so.1", { encoding: "utf8" });
    version = /^Version (.*)$/m.exec(linker.stderr ?? "")?.[1] ?? "unknown";
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("groups of classes that bounce", async () => {
    if (version !== "1.2.3") return expect(version).toMatch(/^(1\.|unknown)/);
    const program = join(folder, "bouncing");
    execFileSync("musl-gcc", ["-O2", "-w", "-static", "-o", program, BOUNCING]);
    for (const seed of [4, 20]) {
      const log = join(folder, `bouncing-${seed}.log`);
      execFileSync(program, [String(seed), "10", log]);
      expectExact(await replayLog(log, "musl"));
    }
  });

  const MIXES = ["small", "medium", "large", "all", "few"];

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))("seed %i", async (seed) => {
    if (version !== "1.2.3") return expect(version).toMatch(/^(1\.|unknown)/);
    const log = join(folder, `${seed}.log`);
    const isTouched = seed % 4 === 3;
    const mode = [
      ["--mix", MIXES[seed % 5] ?? "all"],
      seed % 2 === 0 ? ["--threads", "4"] : [],
      seed % 3 === 0 ? ["--mapped"] : [],
      isTouched ? [] : ["--untouched"],
    ].flat();
    execFileSync(programs[seed % programs.length] ?? "", [String(seed), String(CALLS), log, ...mode]);
    const result = await replayLog(log, "musl", { checksEach: isDebug });
    expectExact(isTouched ? { ...result, taken: 0 } : result);
    rmSync(log);
  });
});
