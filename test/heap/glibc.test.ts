/** glibc's own addresses: recordings of a random program, which `test/recorded/heap/README.md` describes. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { isDebug } from "../build.js";
import { expectExact, glibc } from "./exact.js";
import { replayLog } from "./replay-log.js";

const RECORDED = new URL("../recorded/heap/", import.meta.url).pathname;

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
    checksEach: isDebug,
  });
  expect(result.operations).toBeGreaterThan(1400);
  expectExact(result);
});

test("other settings give other addresses: the comparison can fail", async () => {
  const result = await replayLog(join(RECORDED, "glibc-1.log.gz"), "glibc:tcache_count=0");
  expect(result.firstMismatch).toBeDefined();
});
