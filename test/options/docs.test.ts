/** The tables of docs/command.md against the tables of options. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PAGE, tables, tablesIn, withTables } from "../../scripts/option-tables.js";

const page = readFileSync(PAGE, "utf8");

test("docs/command.md has a table for every command that takes options of its own", () => {
  const withOptions = [...tables].filter(([, rows]) => rows.length > 0).map(([name]) => name);
  expect(tablesIn(page).sort()).toEqual(withOptions.sort());
});

test("every row says what the table of options says; else run npm run docs:options", () => {
  expect(page).toBe(withTables(page));
});

test("a row that differs or lacks is noticed", () => {
  const row = page.split("\n").find((line) => line.startsWith("| `--walk-cache"));
  for (const wrong of [page.replace(`${row}\n`, ""), page.replace("as much as needed", "none")]) {
    expect(wrong).not.toBe(page);
    expect(withTables(wrong)).toBe(page);
  }
});
