/**
 * Writes the tables of options in docs/command.md from the tables of src/options, between
 *
 *   <!-- options: replay -->
 *   <!-- end of options -->
 *
 * `npm run docs:options`, after a build. test/options/docs.test.ts fails while a table differs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "#pagewalk/cli/commands.js";
import { commonOptions } from "#pagewalk/options/common.js";
import { docsRowOf } from "#pagewalk/options/describe.js";
import { recordingOptions, traceOptions } from "#pagewalk/options/traces.js";

export const PAGE = fileURLToPath(new URL("../docs/command.md", import.meta.url));

/** Tables that appear once, for all commands with these options. */
const shared = { "every command": commonOptions, traces: traceOptions, recordings: recordingOptions };
const MARKED = /(<!-- options: (.*?) -->\n)[\s\S]*?(<!-- end of options -->)/g;

/** @typedef {[name: string, row: import("#pagewalk/options/row.js").OptionRow][]} Rows */

/** The options of every command, by its path. @returns {[path: string, rows: Rows][]} */
function commands(rows = COMMANDS, path = "") {
  return rows.flatMap(({ name, options, commands: below = [] }) => {
    const own = /** @type {[string, Rows][]} */ (
      options ? [[`${path}${name}`, Object.entries(options)]] : []
    );
    return [...own, ...commands(below, `${path}${name} `)];
  });
}

const elsewhere = new Set(Object.values(shared).flatMap((table) => Object.values(table)));

/** The rows of each table: those of a command without the shared ones. @type {Map<string, Rows>} */
export const tables = new Map(Object.entries(shared).map(([name, table]) => [name, Object.entries(table)]));
for (const [path, rows] of commands()) {
  tables.set(
    path,
    rows.filter(([, row]) => !elsewhere.has(/** @type {any} */ (row))),
  );
}

/** The text with all tables up to date. Throws for a marker without a table. @param {string} text */
export function withTables(text) {
  return text.replaceAll(MARKED, (_, start, name, end) => {
    const rows = tables.get(name);
    if (rows === undefined) throw new Error(`docs/command.md: there is no table "${name}"`);
    const lines = ["| option | |", "| --- | --- |", ...rows.map(([option, row]) => docsRowOf(option, row))];
    return `${start}\n${lines.join("\n")}\n\n${end}`;
  });
}

/** Names of the tables that the text has. @param {string} text */
export function tablesIn(text) {
  return [...text.matchAll(MARKED)].map(([, , name]) => name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
}
