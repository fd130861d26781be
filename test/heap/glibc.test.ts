/**
 * glibc's own addresses: recordings of a random program (see `test/recorded/heap/README.md`), and, if gcc is installed,
 * programs recorded now. PAGEWALK_SEEDS and PAGEWALK_CALLS make the latter longer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tunableParameters } from "#pagewalk/allocators/tunables.js";
import { type ReplayResult, replayLog } from "./replay-log.js";

const RECORDED = new URL("../recorded/heap/", import.meta.url).pathname;
const SOURCE = new URL("random-program.c", import.meta.url).pathname;
const IS_DEBUG = process.env.PAGEWALK_TEST_BUILD === "debug";
const SEEDS = Number(process.env.PAGEWALK_SEEDS ?? (IS_DEBUG ? 4 : 12));
const CALLS = Number(process.env.PAGEWALK_CALLS ?? (IS_DEBUG ? 1000 : 10_000));

/** The allocator with the processors and the tunables of a recording. */
function glibc(cores: number, tunables: string): string {
  const parameters = [...tunableParameters({ GLIBC_TUNABLES: tunables })].map(
    ([key, value]) => `${key}=${value}`,
  );
  return `glibc:${[`cores=${cores}`, ...parameters].join(",")}`;
}

function expectExact({ mismatched, firstMismatch, stopped, taken, heap }: ReplayResult): void {
  expect(firstMismatch).toBeUndefined();
  expect({ mismatched, stopped, taken, isValid: heap.isValid }).toEqual({
    mismatched: 0,
    stopped: undefined,
    taken: 0,
    isValid: true,
  });
}

const TUNED =
  "glibc.malloc.tcache_count=3:glibc.malloc.mxfast=64:glibc.malloc.arena_max=2:glibc.malloc.mmap_threshold=40000";

test.each([
  ["glibc-1", ""],
  ["glibc-2", ""],
  ["glibc-3", ""],
  ["glibc-4", ""],
  ["glibc-5", TUNED],
])("%s: every address equals glibc's", async (name, tunables) => {
  const result = await replayLog(join(RECORDED, `${name}.log.gz`), glibc(2, tunables), {
    checksEach: IS_DEBUG,
  });
  expect(result.operations).toBeGreaterThan(1400);
  expectExact(result);
});

test("other settings give other addresses: the comparison can fail", async () => {
  const result = await replayLog(join(RECORDED, "glibc-1.log.gz"), "glibc:tcache_count=0");
  expect(result.firstMismatch).toBeDefined();
});

const tools = [
  ...(spawnSync("gcc", ["--version"]).error === undefined ? [] : ["gcc"]),
  ...(process.platform === "linux" && process.arch === "x64" ? [] : ["x86-64 Linux"]),
];

describe.skipIf(tools.length > 0)(`recorded afresh (needs ${tools.join(", ") || "nothing more"})`, () => {
  let folder: string;
  let program: string;
  let version: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-heap-"));
    program = join(folder, "random-program");
    execFileSync("gcc", ["-O2", "-pthread", "-o", program, SOURCE]);
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
    expectExact(await replayLog(log, glibc(cores, tunables), { checksEach: IS_DEBUG }));
    rmSync(log);
  });
});
