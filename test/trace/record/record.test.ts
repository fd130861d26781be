/** `recordTrace` with a stand-in for valgrind, which writes references and then waits. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordTrace } from "#pagewalk/index.js";

let folder: string;
let valgrind: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  valgrind = join(folder, "valgrind");
  writeFileSync(
    valgrind,
    '#!/bin/sh\nfor n in 1 2 3 4; do echo " L 10,8" >&3; done\nfor last; do :; done\n[ "$last" = wait ] && exec sleep 600\nexit 0\n',
  );
  chmodSync(valgrind, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a recording has the references of the log", async () => {
  const output = join(folder, "whole.pagewalk");
  const { counts, exitCode } = await recordTrace(["true"], output, { valgrind, programOutput: "ignore" });
  expect([counts.loads, exitCode, existsSync(output)]).toEqual([4, 0, true]);
});

test("a signal ends the program at once, and no recording remains", async () => {
  const controller = new AbortController();
  const output = join(folder, "part.pagewalk");
  const recorded = recordTrace(["true", "wait"], output, {
    valgrind,
    programOutput: "ignore",
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(new Error("enough")), 300);
  await expect(recorded).rejects.toThrow("enough");
  expect(existsSync(output)).toBe(false);
});
