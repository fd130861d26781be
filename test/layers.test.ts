import { describe, expect, test } from "vitest";
import { cyclesOf, type ImportGraph, importsOf, readImports } from "../scripts/import-graph.js";
import { type Layers, layers } from "./layers.js";

const graph = readImports("assembly", "src");
const known = new Map<string, string | undefined>();

describe("the layers of docs/architecture.md", () => {
  test("contain every file, and every import leads to one", () => {
    expect([...graph.keys()].filter((file) => layerOf(file) === undefined)).toEqual([]);
    expect([...graph.values()].flat().filter((file) => !graph.has(file))).toEqual([]);
  });

  test("form no circle", () => {
    const stands = new Map(Object.entries(layers).map(([name, layer]) => [name, layer.on]));
    expect(cyclesOf(stands)).toEqual([]);
  });

  test("import only from layers below them", () => {
    expect(upward(graph)).toEqual([]);
  });
});

test("no files import each other, types included", () => {
  expect(cyclesOf(graph)).toEqual([]);
});

describe("the test itself", () => {
  const turned = (from: string, to: string): ImportGraph => {
    expect(graph.get(to), `${to} uses ${from}`).toContain(from);
    return new Map([...graph, [from, [...(graph.get(from) ?? []), to].sort()]]);
  };

  test.each([
    ["assembly/mmu/tlb.ts", "assembly/machine/machine.ts"],
    ["src/wasm/kernel.ts", "src/machine/machine.ts"],
    ["src/pass/progress.ts", "src/compare/tracker.ts"],
  ])("finds a reversed import between layers: %s > %s", (from, to) => {
    const changed = turned(from, to);
    expect(upward(changed)).toContain(`${from} > ${to}`);
    expect(cyclesOf(changed).find((group) => group.includes(from))).toContain(to);
  });

  test("finds a circle within a layer", () => {
    const changed = turned("assembly/core/arena.ts", "assembly/core/ids.ts");
    expect(upward(changed)).toEqual([]);
    expect(cyclesOf(changed)).toEqual([["assembly/core/arena.ts", "assembly/core/ids.ts"]]);
  });

  test("reads every form of import", () => {
    const source = [
      'import { a, type B } from "./one.js";',
      'import type {\n  C,\n  D,\n} from "./two.js";',
      'import * as all from "./three.js";',
      'import "./four.js";',
      'export * from "./five.js";',
      'export { f as g } from "./six.js";',
      'const late = await import("./seven.js");',
      'let shape: typeof import("./eight.js");',
      'import { readFileSync } from "node:fs";',
      '// import { no } from "./comment.js";',
      ' * import { no } from "./example.js";',
    ].join("\n");
    expect(importsOf(source).sort()).toEqual(
      ["one", "two", "three", "four", "five", "six", "seven", "eight"].map((name) => `./${name}.js`).sort(),
    );
  });
});

/** The imports of layers that are not below the file's own: "from > to". */
function upward(graph: ImportGraph): string[] {
  const arrows = [...graph].flatMap(([from, targets]) =>
    targets.filter((to) => !mayUse(layerOf(from), layerOf(to))).map((to) => `${from} > ${to}`),
  );
  return arrows.sort();
}

function mayUse(user: string | undefined, used: string | undefined): boolean {
  if (user === undefined || used === undefined) return false;
  return user === used || (layers[user] as Layers[string]).on.some((below) => mayUse(below, used));
}

/** The layer with the longest name that is the file or a folder around it. */
function layerOf(file: string): string | undefined {
  if (!known.has(file)) known.set(file, searchLayer(file));
  return known.get(file);
}

function searchLayer(file: string): string | undefined {
  const fits = Object.entries(layers).flatMap(([name, layer]) =>
    layer.files
      .filter((path) => file === path || file.startsWith(`${path}/`))
      .map((path) => ({ name, path })),
  );
  return fits.sort((a, b) => b.path.length - a.path.length)[0]?.name;
}
