/**
 * glibc's own addresses, of a random program recorded afresh. PAGEWALK_SEEDS and PAGEWALK_CALLS make the recordings longer.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { compile, missingTools } from "./afresh.js";
import { expectExact, glibc } from "./exact.js";
import { replayLog } from "./replay-log.js";

const SEEDS = Number(process.env.PAGEWALK_SEEDS ?? (isDebug ? 4 : 12));
const CALLS = Number(process.env.PAGEWALK_CALLS ?? (isDebug ? 1000 : 10_000));
const tools = missingTools("gcc");

describe.skipIf(tools.length > 0)(`recorded afresh (needs ${tools.join(", ") || "nothing more"})`, () => {
  let folder: string;
  let program: string;
  let version: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-heap-"));
    program = compile(folder, "random-program");
    version = execFileSync("getconf", ["GNU_LIBC_VERSION"], { encoding: "utf8" }).trim();
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const MIXES = ["small", "medium", "large", "all"];
  const TUNABLES = [
    "",
    "glibc.malloc.tcache_count=0",
    "glibc.malloc.tcache_max=200:glibc.malloc.tcache_unsorted_limit=2",
    "glibc.malloc.mxfast=0:glibc.malloc.top_pad=0",
    "glibc.malloc.mmap_max=0:glibc.malloc.arena_max=1",
    "glibc.malloc.perturb=90:glibc.malloc.trim_threshold=4096",
    "glibc.malloc.mmap_threshold=20000:glibc.malloc.arena_test=1",
  ];

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))("seed %i", async (seed) => {
    if (version !== "glibc 2.36") return expect(version).toMatch(/^glibc/);
    const log = join(folder, `${seed}.log`);
    const tunables = TUNABLES[seed % TUNABLES.length] ?? "";
    const mode = [
      ["--mix", MIXES[seed % 4] ?? "all"],
      seed % 2 === 0 ? ["--threads", "4"] : [],
      seed % 3 === 0 ? ["--mapped"] : [],
      seed % 5 === 0 ? ["--mallopt"] : [],
    ].flat();
    execFileSync(program, [String(seed), String(CALLS), log, ...mode], {
      env: { ...process.env, GLIBC_TUNABLES: tunables },
    });
    const cores = Number(/^# cores (\d+)$/m.exec(readFileSync(log, "latin1"))?.[1]);
    expectExact(await replayLog(log, glibc(cores, tunables), { checksEach: isDebug }));
    rmSync(log);
  });
});
