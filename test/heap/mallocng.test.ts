/**
 * musl's own addresses: recordings of a random program (see `test/recorded/heap/README.md`), and, if musl-gcc is
 * installed, programs recorded now. PAGEWALK_SEEDS and PAGEWALK_CALLS make the latter longer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHeapLog } from "#pagewalk/heap/log/open.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { HEAP_A, HEAP_BYTES, HEAP_DONATE, HEAP_MALLOC, HEAP_OP } from "../../assembly/abi/heap.js";
import { type ReplayResult, replayLog, replayText } from "./replay-log.js";

const RECORDED = new URL("../recorded/heap/", import.meta.url).pathname;
const SOURCE = new URL("random-program.c", import.meta.url).pathname;
const BOUNCING = new URL("bouncing.c", import.meta.url).pathname;
const IS_DEBUG = process.env.PAGEWALK_TEST_BUILD === "debug";
const SEEDS = Number(process.env.PAGEWALK_SEEDS ?? (IS_DEBUG ? 4 : 12));
const CALLS = Number(process.env.PAGEWALK_CALLS ?? (IS_DEBUG ? 1000 : 10_000));

/** Expects that every answer equals musl's, and that none was taken from the log. */
function expectExact({ mismatched, firstMismatch, stopped, taken, heap }: ReplayResult): void {
  expect(firstMismatch).toBeUndefined();
  expect({ mismatched, stopped, taken, isValid: heap.isValid }).toEqual({
    mismatched: 0,
    stopped: undefined,
    taken: 0,
    isValid: true,
  });
}

const recorded = (name: string) => join(RECORDED, `${name}.log.gz`);
const textOf = (name: string) => gunzipSync(readFileSync(recorded(name))).toString();
const mapsOf = (name: string) => gunzipSync(readFileSync(join(RECORDED, `${name}.log.maps.gz`))).toString();

test.each(["musl-1", "musl-2", "musl-3", "musl-4", "musl-6", "musl-7", "musl-8"])(
  "%s: every address equals musl's",
  async (name) => {
    const result = await replayLog(recorded(name), "musl", { checksEach: IS_DEBUG });
    expect(result.operations).toBeGreaterThan(1900);
    expectExact(result);
  },
);

test("meta areas lie in mappings if the break is blocked", async () => {
  const { counters } = await replayLog(recorded("musl-2"), "musl");
  expect(counters.mprotectCalls).toBeGreaterThan(0);
});

test("if the program stores to its blocks, a few offsets are taken from the log", async () => {
  const { taken, ...result } = await replayLog(recorded("musl-5"), "musl", { checksEach: IS_DEBUG });
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(result.operations / 200);
  expectExact({ ...result, taken: 0 });
});

test("mappings are placed where the log shows their blocks, if not all regions are known", async () => {
  const maps = mapsOf("musl-3").replace(/^.*\[vvar\]\n/m, "");
  const { taken, mismatched, firstMismatch } = await replayLog(recorded("musl-3"), "musl", { maps });
  expect(firstMismatch).toBeUndefined();
  expect(mismatched).toBe(0);
  expect(taken).toBeGreaterThan(0);
});

test("without the linker's donated memory addresses differ: the comparison can fail", async () => {
  const text = textOf("musl-1").replaceAll(/^__malloc_donate.*\n/gm, "");
  const { firstMismatch } = await replayText(text, "musl", { maps: mapsOf("musl-1") });
  expect(firstMismatch).toBeDefined();
});

test("run verifies a log of musl", async () => {
  const result = await runLog(recorded("musl-1"), {
    maps: mapsOf("musl-1"),
    verify: true,
    allocator: "musl",
  });
  expect(result.calls).toBeGreaterThan(3000);
  expect(result).toMatchObject({ mismatched: 0, signals: [] });
});

test("heap logs may contain the linker's donations, with or without a result", async () => {
  const lines = [
    "__malloc_donate(0x1000, 0x2000)",
    "__malloc_donate(0x3000, 0x4000) = <void>",
    "malloc(1) = 0x1010",
  ];
  const log = await openHeapLog(new TextEncoder().encode(lines.join("\n")), { format: "ltrace" });
  const { records, count } = (await log.next()) ?? { records: new Uint8Array(), count: 0 };
  const view = new DataView(records.buffer, records.byteOffset);
  const words = Array.from({ length: count }, (_, n) => [
    view.getUint32(n * HEAP_BYTES + HEAP_OP, true),
    view.getBigUint64(n * HEAP_BYTES + HEAP_A, true),
  ]);
  expect(words).toEqual([
    [HEAP_DONATE, 0x1000n],
    [HEAP_DONATE, 0x3000n],
    [HEAP_MALLOC, 1n],
  ]);
  expect(log.skippedLines).toBe(0);
  await log.close();
});

test("a process without the donated memory ignores the donation", async () => {
  const { stopped, heap } = await replayText(textOf("musl-1").split("\n").slice(0, 6).join("\n"), "musl", {
    goesOn: true,
  });
  expect(stopped).toBeUndefined();
  expect(heap.isValid).toBe(true);
});

test("another allocator gives other addresses", async () => {
  expect((await replayLog(recorded("musl-1"), "glibc")).firstMismatch).toBeDefined();
});

test("the first meta area lies behind a page that is not accessible", async () => {
  const { process } = await replayText("malloc(1) = 0x1", "musl", { goesOn: true });
  const heap = process.regions().filter(({ name }) => name === "[heap]");
  expect(heap.map(({ permissions, start, end }) => [permissions, end - start])).toEqual([
    ["---p", 4096n],
    ["rw-p", 4096n],
  ]);
});

const tools = [
  ...(spawnSync("musl-gcc", ["--version"]).error === undefined ? [] : ["musl-gcc"]),
  ...(process.platform === "linux" && process.arch === "x64" ? [] : ["x86-64 Linux"]),
];

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
    // The linker prints its version when it is run directly.
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
    const result = await replayLog(log, "musl", { checksEach: IS_DEBUG });
    expectExact(isTouched ? { ...result, taken: 0 } : result);
    rmSync(log);
  });
});
