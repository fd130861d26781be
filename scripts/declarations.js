/**
 * Completes the declarations that tsc wrote into dist/src, for editors and for the API reference:
 *
 *   options/*.d.ts      a docstring on each row of a table: its help and its default
 *   options/names.d.ts  the names of policies, allocators and formats, instead of `string`
 *
 * The step `modules` of the build runs it. test/declarations.test.ts compares with the tables and the registries.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { docstringOf } from "#pagewalk/options/describe.js";
import { FORMATS } from "#pagewalk/trace/formats.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist/src/options");

for (const name of await readdir(folder)) {
  if (!name.endsWith(".js")) continue;
  const tables = await import(pathToFileURL(join(folder, name)).href);
  await edit(name.replace(/\.js$/, ".d.ts"), (text) => withDocstrings(text, tables));
}
const names = {
  PolicyName: await registered("policy"),
  AllocatorName: await registered("heap"),
  FormatName: FORMATS.map(({ name }) => name),
};
await edit("names.d.ts", (text) => withNames(text, names));

/** The names at the start of a registry's signatures; one without a name is not for users. @param {string} layer */
async function registered(layer) {
  const source = await readFile(join(root, `assembly/${layer}/registry.ts`), "utf8");
  return [...source.matchAll(/\.visit<\w+>\(\s*"([^":;]+)/g)].map(([, name = ""]) => name);
}

/** @param {string} name @param {(text: string) => string} change */
async function edit(name, change) {
  const path = join(folder, name);
  await writeFile(path, change(await readFile(path, "utf8")));
}

/**
 * tsc writes a table on lines of its own, one for each row, indented by four blanks.
 * @param {string} text @param {Record<string, any>} tables
 */
function withDocstrings(text, tables) {
  return text.replaceAll(/^(export declare const (\w+): \{\n)([\s\S]*?)^\};/gm, (_, start, table, rows) => {
    const documented = rows.replaceAll(
      /^ {4}(\w+): .*OptionRow</gm,
      (/** @type {string} */ line, /** @type {string} */ name) => {
        return `    /** ${docstringOf(tables[table][name])} */\n${line}`;
      },
    );
    return `${start}${documented}};`;
  });
}

/** @param {string} text @param {Record<string, readonly string[]>} names */
function withNames(text, names) {
  return text.replaceAll(/^export type (\w+) = string;/gm, (_, type) => {
    const literals = (names[type] ?? []).map((name) => `"${name}"`);
    return `export type ${type} = ${literals.join(" | ")} | (string & {});`;
  });
}
