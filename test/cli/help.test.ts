/** Help and short errors of the command, against the tables of commands and options. */
import { describe, expect, test } from "vitest";
import type { CommandRow } from "#pagewalk/cli/command-row.js";
import { COMMANDS } from "#pagewalk/cli/commands.js";
import { flagsOf, helpOf } from "#pagewalk/options/describe.js";
import { pagewalk } from "./command.js";

interface Command {
  path: string[];
  row: CommandRow;
}

function all(rows: readonly CommandRow[], before: readonly string[] = []): Command[] {
  return rows.flatMap((row) => {
    const path = [...before, row.name];
    return [{ path, row }, ...all(row.commands ?? [], path)];
  });
}

const commands = all(COMMANDS);
/** The words of a text, whatever its lines. */
const words = (text: string) => text.replaceAll(/\s+/g, " ");

test.each(commands.map((command) => ({ name: command.path.join(" "), ...command })))(
  "$name --help describes arguments and options as the tables do, and ends with examples, at any width",
  async ({ path, row }) => {
    const widths = [60, 120];
    const outcomes = await Promise.all(
      widths.map((COLUMNS) => pagewalk([...path, "--help"], { env: { COLUMNS: `${COLUMNS}` } })),
    );
    for (const [n, { status, stdout, stderr }] of outcomes.entries()) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^Usage: pagewalk ${path.join(" ")} `));
      expect(stdout.split("\n").filter((line) => line.length > (widths[n] ?? 0))).toEqual([]);
      const text = words(stdout);
      for (const help of Object.values(row.takes ?? {})) expect(text).toContain(help);
      for (const [name, option] of Object.entries(row.options ?? {})) {
        expect(text).toContain(`${flagsOf(name, option)} `);
        expect(text).toContain(helpOf(option));
      }
      expect(examplesIn(stdout)).toEqual(row.examples ?? []);
    }
  },
);

test("every command has two or three examples", () => {
  const counts = commands.filter(({ row }) => row.load && !row.hidden).map(({ row }) => row.examples?.length);
  expect(counts.filter((count) => count !== 2 && count !== 3)).toEqual([]);
});

/** Commands that a shell would run, each continued line joined. */
function examplesIn(help: string): string[] {
  const [, shown = ""] = help.split("\nExamples:\n");
  const joined = shown.replaceAll(/ \\\n +/g, " ").trim();
  return joined === "" ? [] : joined.split(/\n\s*/);
}

describe("a command without its arguments", () => {
  const needy = commands.filter(({ row }) => Object.keys(row.takes ?? {}).some((one) => one.startsWith("<")));

  test.each(needy.map(({ path }) => path.join(" ")))("%s shows its usage and where help is", async (name) => {
    const { status, stdout, stderr } = await pagewalk(name.split(" "));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toContain(`usage: pagewalk ${name} `);
    expect(stderr).toContain(`see pagewalk ${name} --help`);
  });
});

test("without a command, the commands are named", async () => {
  const { status, stdout, stderr } = await pagewalk([]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(
    `give one of ${COMMANDS.filter(({ hidden }) => !hidden)
      .map(({ name }) => name)
      .join(", ")}`,
  );
  expect(stderr).toContain("see pagewalk --help");
});
