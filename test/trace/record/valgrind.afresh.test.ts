/** Programs recorded by valgrind. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { missingTools } from "../../heap/afresh.js";
import { FETCH, readAll } from "../records.js";

const tools = missingTools("valgrind");
const compiled = missingTools("valgrind", "gcc", "nm");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(tools.length > 0)("takes a program's references and its exit status", async () => {
  const out = join(folder, "out.lackey");
  const result = await recordTrace(["sh", "-c", "exit 3"], out, { with: "valgrind" });
  expect(result.exitCode).toBe(3);
  expect(result.counts.instructionFetches).toBeGreaterThan(10_000);
  expect(await readAll(out)).toHaveLength(result.counts.references);
});

test.skipIf(tools.length > 0)("of a program that is not there is an error and leaves no file", async () => {
  const recording = recordTrace([join(folder, "missing")], join(folder, "out.lackey"), { with: "valgrind" });
  await expect(recording).rejects.toThrow("valgrind could not run it (exit status 127)");
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(compiled.length > 0)("has no fetch of the second test of a && b where a is false", async () => {
  const program = join(folder, "and");
  const source = new URL("and.c", import.meta.url).pathname;
  execFileSync("gcc", ["-static", "-nostdlib", "-no-pie", "-o", program, source]);
  const [, symbol] = /([0-9a-f]+) T never/.exec(execFileSync("nm", [program], { encoding: "utf8" })) ?? [];
  const out = join(folder, "out.lackey");
  await recordTrace([program], out, { with: "valgrind" });
  const fetched = (await readAll(out)).filter(({ kind }) => kind === FETCH).map(({ address }) => address);
  const never = BigInt(`0x${symbol}`);
  expect(fetched.filter((address) => address === never)).toEqual([]);
  // The loop before it runs a thousand times: the test itself, and a jump of two bytes.
  expect(fetched.filter((address) => address === never - 2n)).toHaveLength(1000);
});
