/** musl's own addresses: recordings of a random program, which `test/recorded/heap/README.md` describes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openHeapLog } from "#pagewalk/heap/log/open.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { HEAP_A, HEAP_BYTES, HEAP_DONATE, HEAP_MALLOC, HEAP_OP } from "../../assembly/abi/heap.js";
import { isDebug } from "../build.js";
import { expectExact } from "./exact.js";
import { replayLog, replayText } from "./replay-log.js";

const RECORDED = new URL("../recorded/heap/", import.meta.url).pathname;

const recorded = (name: string) => join(RECORDED, `${name}.log.gz`);
const textOf = (name: string) => gunzipSync(readFileSync(recorded(name))).toString();
const mapsOf = (name: string) => gunzipSync(readFileSync(join(RECORDED, `${name}.log.maps.gz`))).toString();

test.each(["musl-1", "musl-2", "musl-3", "musl-4", "musl-6", "musl-7", "musl-8"])(
  "%s: every address equals musl's",
  async (name) => {
    const result = await replayLog(recorded(name), "musl", { checksEach: isDebug });
    expect(result.operations).toBeGreaterThan(1900);
    expectExact(result);
  },
);

test("meta areas lie in mappings if the break is blocked", async () => {
  const { counters } = await replayLog(recorded("musl-2"), "musl");
  expect(counters.mprotectCalls).toBeGreaterThan(0);
});

test("if the program stores to its blocks, a few offsets are taken from the log", async () => {
  const { taken, ...result } = await replayLog(recorded("musl-5"), "musl", { checksEach: isDebug });
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
