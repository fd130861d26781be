/** Programs recorded by valgrind. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordTrace } from "#pagewalk/trace/record.node.js";
import { missingTools } from "../heap/afresh.js";
import { readAll } from "./records.js";

const tools = missingTools("valgrind");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(tools.length > 0)("takes a program's references and its exit status", async () => {
  const out = join(folder, "out.lackey");
  const result = await recordTrace(["sh", "-c", "exit 3"], out);
  expect(result.exitCode).toBe(3);
  expect(result.counts.instructionFetches).toBeGreaterThan(10_000);
  expect(await readAll(out)).toHaveLength(result.counts.references);
});

test.skipIf(tools.length > 0)("of a program that is not there is an error and leaves no file", async () => {
  const recording = recordTrace([join(folder, "missing")], join(folder, "out.lackey"));
  await expect(recording).rejects.toThrow("valgrind could not run it (exit status 127)");
  expect(readdirSync(folder)).toEqual([]);
});
