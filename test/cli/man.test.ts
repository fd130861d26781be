import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CommandRow } from "#pagewalk/cli/command-row.js";
import { COMMANDS } from "#pagewalk/cli/commands.js";
import { flagsOf, helpOf } from "#pagewalk/options/describe.js";
import { pagewalk } from "./command.js";

const PAGE = new URL("../../dist/man/pagewalk.1", import.meta.url);
const hasGroff = spawnSync("groff", ["--version"]).status === 0;

function all(rows: readonly CommandRow[]): CommandRow[] {
  return rows.flatMap((row) => (row.hidden ? [] : [row, ...all(row.commands ?? [])]));
}

describe("the manual page", () => {
  test("in the package equals the one that the command prints", async () => {
    const { status, stdout } = await pagewalk(["man"]);
    expect(status).toBe(0);
    expect(readFileSync(PAGE, "utf8")).toBe(stdout);
  });

  test.skipIf(!hasGroff)("is formatted without a warning, and has every option of every command", () => {
    const args = ["-man", "-ww", "-Tutf8", "-P-c", "-P-b", "-P-u", "-rHY=0"];
    const { status, stdout, stderr } = spawnSync("groff", [...args], {
      input: readFileSync(PAGE),
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const words = stdout.replaceAll(/\s+/g, " ").replaceAll("’", "'");
    for (const { options = {} } of all(COMMANDS))
      for (const [name, row] of Object.entries(options)) {
        expect(words).toContain(flagsOf(name, row));
        expect(words).toContain(helpOf(row));
      }
  });

  test.skipIf(spawnSync("man", ["--version"]).status !== 0)("is found by man, with its name", () => {
    const shown = execFileSync("man", ["-l", PAGE.pathname], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, MANPAGER: "cat", MANWIDTH: "80" },
    });
    expect(shown).toContain("pagewalk - simulate memory management");
  });
});
