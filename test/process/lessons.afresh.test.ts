/** The C programs of the lessons, compiled and run on this machine. */
import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { missingTools } from "../heap/afresh.js";
import { blocks, commandFolder, missing, run } from "./lessons.js";

/** The library whose addresses the lessons in examples/heap show. */
const LIBRARY = "glibc 2.36";

const lacking = missingTools("gcc");
const { stdout: library } = spawnSync("getconf", ["GNU_LIBC_VERSION"], { encoding: "utf8" });
const lackingForHeap = [
  ...lacking,
  ...(library?.trim() === LIBRARY ? [] : [LIBRARY]),
  ...(spawnSync("setarch", ["-R", "true"]).status === 0 ? [] : ["setarch -R"]),
];

let folder: string;
beforeAll(() => {
  folder = commandFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["examples/process", lacking, "exec lesson"],
  ["examples/heap", lackingForHeap, "exec setarch -R lesson"],
])("the programs in %s", (lessons, lacking, command) => {
  const needs = lacking.join(", ") || "nothing more";

  test.skipIf(isDebug || lacking.length > 0).each(blocks(lessons).filter(({ language }) => language === "c"))(
    `print $shown (needs ${needs})`,
    async ({ code, shown }) => {
      const source = join(folder, "lesson.c");
      writeFileSync(source, code);
      // gcc 12 warns of the errors of gcc 14.
      execFileSync("gcc", ["-Werror", "-pthread", "-o", join(folder, "lesson"), source]);
      const { stdout } = await run(`ulimit -S -s 8192; ${command}`, folder);
      expect(missing(shown, stdout)).toEqual([]);
    },
  );
});
