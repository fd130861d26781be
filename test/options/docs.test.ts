/** The tables of docs/command.md against the tables of options. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CommandRow } from "#pagewalk/cli/command-row.js";
import { COMMANDS } from "#pagewalk/cli/commands.js";
import { PAGE, tables, tablesIn, withTables } from "../../scripts/option-tables.js";

const page = readFileSync(PAGE, "utf8");

test("docs/command.md has a table for every command with options of its own", () => {
  const withOptions = [...tables].filter(([, rows]) => rows.length > 0).map(([name]) => name);
  expect(tablesIn(page).sort()).toEqual(withOptions.sort());
});

test("docs/command.md lists every command", () => {
  const paths = (rows: readonly CommandRow[], before = ""): string[] =>
    rows.flatMap(({ name, hidden, commands }) => {
      if (hidden) return [];
      return commands === undefined ? [`${before}${name}`] : paths(commands, `${before}${name} `);
    });
  const missing = paths(COMMANDS).filter((path) => !new RegExp(`^\\| \`${path}[ \`]`, "m").test(page));
  expect(missing).toEqual([]);
});

test("every row agrees with the table of options (npm run docs:options writes them)", () => {
  expect(page).toBe(withTables(page));
});

test("a row that differs or is missing is detected", () => {
  const row = page.split("\n").find((line) => line.startsWith("| `--walk-cache"));
  for (const wrong of [page.replace(`${row}\n`, ""), page.replace("as much as needed", "none")]) {
    expect(wrong).not.toBe(page);
    expect(withTables(wrong)).toBe(page);
  }
});
