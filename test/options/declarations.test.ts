/** The package's declarations, as an editor shows them: docstrings and names. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  API,
  type Checker,
  type Project,
  SymbolFlags,
  type Symbol as TypeScriptSymbol,
} from "typescript/unstable/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allocators, policies } from "#pagewalk/index.js";
import { docstringOf } from "#pagewalk/options/describe.js";
import { heapOptions } from "#pagewalk/options/heap.js";
import { machineOptions } from "#pagewalk/options/machine.js";
import { logOptions, systemOptions } from "#pagewalk/options/process.js";
import { compareOptions, divergeOptions, mrcOptions, requestOptions } from "#pagewalk/options/requests.js";
import type { OptionTable } from "#pagewalk/options/row.js";
import { traceOptions } from "#pagewalk/options/traces.js";
import { FORMATS } from "#pagewalk/trace/formats.js";

const dist = fileURLToPath(new URL("../../dist/src", import.meta.url));
const entries = ["index.d.ts", "machine/index.d.ts"];

let api: API;
let project: Project;
let checker: Checker;
/** The exports of each entry, by name. */
let exported: Map<string, TypeScriptSymbol>[];

beforeAll(() => {
  api = new API({ cwd: dist });
  const openFiles = entries.map((entry) => `${dist}/${entry}`);
  const found = api.updateSnapshot({ openFiles }).getDefaultProjectForFile(`${dist}/index.d.ts`);
  if (found === undefined) throw new Error("there is no project");
  project = found;
  checker = project.checker;
  exported = openFiles.map((path) => {
    const file = project.program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${path} is not a module`);
    return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, original(symbol)]));
  });
});
afterAll(() => api?.close());

function original(symbol: TypeScriptSymbol): TypeScriptSymbol {
  return symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** A member of this package that others may use, without a docstring. Mapped types have members without declarations. */
function isBare(member: TypeScriptSymbol): boolean {
  const [declaration] = member.declarations;
  if (declaration === undefined || !declaration.path.startsWith(dist)) return false;
  const text = declaration.resolve(project)?.getText() ?? "";
  return !/^(?:private|protected)\b/.test(text) && member.getDocumentationComment(checker) === "";
}

/** The exported interfaces that a class implements: they describe its members. */
function interfacesOf(symbol: TypeScriptSymbol): TypeScriptSymbol[] {
  const text = symbol.declarations[0]?.resolve(project)?.getText() ?? "";
  const [, names = ""] = /^[^{]* implements ([^{]*)\{/.exec(text) ?? [];
  return names.split(",").flatMap((name) => exported[0]?.get(name.trim()) ?? []);
}

/** The docstrings of an interface's properties. */
function docstrings(symbol: TypeScriptSymbol): Map<string, string> {
  const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  return new Map(properties.map((property) => [property.name, property.getDocumentationComment(checker)]));
}

test.each(entries)("every export of %s has a docstring", (entry) => {
  const names = [...(exported[entries.indexOf(entry)] ?? [])];
  expect(names.length).toBeGreaterThan(20);
  expect(
    names.filter(([, symbol]) => symbol.getDocumentationComment(checker) === "").map(([name]) => name),
  ).toEqual([]);
});

test.each(entries)("every public member of the classes and interfaces of %s has a docstring", (entry) => {
  const types = [...(exported[entries.indexOf(entry)] ?? [])].filter(
    ([, { flags }]) => flags & (SymbolFlags.Class | SymbolFlags.Interface),
  );
  expect(types.length).toBeGreaterThan(5);
  const bare = types.flatMap(([name, symbol]) => {
    const described = interfacesOf(symbol).flatMap((one) => [...docstrings(one).keys()]);
    const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
    const own = members.filter((member) => isBare(member) && !described.includes(member.name));
    return own.map((member) => `${name}.${member.name}`);
  });
  expect(bare).toEqual([]);
});

test("every option of the library has a docstring", () => {
  const interfaces = [...(exported[0] ?? [])].filter(
    ([name, { flags }]) => name.endsWith("Options") && flags & SymbolFlags.Interface,
  );
  expect(interfaces.length).toBeGreaterThan(15);
  const bare = interfaces.flatMap(([name, symbol]) =>
    [...docstrings(symbol)].flatMap(([option, text]) => (text === "" ? [`${name}.${option}`] : [])),
  );
  expect(bare).toEqual([]);
});

test.each<[name: string, table: OptionTable, own: string[]]>([
  ["CompareOptions", compareOptions, ["policies"]],
  ["DivergeOptions", divergeOptions, []],
  ["HeatMapOptions", requestOptions, []],
  ["MrcOptions", mrcOptions, []],
  ["ReplayOptions", machineOptions, []],
  ["HeapOptions", heapOptions, ["allocators"]],
  ["SystemOptions", systemOptions, ["costs"]],
  ["RunOptions", { ...systemOptions, ...logOptions }, ["costs"]],
  ["OpenTraceOptions", traceOptions, []],
])("%s has the text of the table of options", (name, table, own) => {
  const symbol = exported[0]?.get(name);
  const shown = symbol === undefined ? new Map() : docstrings(symbol);
  const wanted = Object.entries(table).filter(([option]) => !own.includes(option));
  expect(wanted.map(([option]) => [option, shown.get(option)])).toEqual(
    wanted.map(([option, row]) => [option, docstringOf(row)]),
  );
});

test("the types of names have those of the registries", async () => {
  const text = readFileSync(`${dist}/options/names.d.ts`, "utf8");
  const literals = (type: string) => {
    const [, union = ""] = new RegExp(`type ${type} = (.*);`).exec(text) ?? [];
    return [...union.matchAll(/"([^"]+)"/g)].map(([, literal]) => literal);
  };
  expect(literals("PolicyName")).toEqual((await policies()).map(({ name }) => name));
  expect(literals("AllocatorName")).toEqual((await allocators()).map(({ name }) => name));
  expect(literals("FormatName")).toEqual(FORMATS.map(({ name }) => name));
});
