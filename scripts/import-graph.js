/** The import statements of the sources, types included: for the test of the layers, and for `npm run dev`. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

// Biome's layout permits simple patterns: an import begins its line and ends with its module in double quotes.
//
//   import { a, type B } from "./c.js"      import type { D } from "./e.js"      export * from "./f.js"
//   import "./g.js"                         await import("./h.js")               typeof import("./i.js")
const statement = /^(?:import|export)\s[\w\s$*,{}]*?\bfrom\s*"([^"]+)"/gm;
const bareImport = /^import\s*"([^"]+)"/gm;
const call = /\bimport\(\s*"([^"]+)"\s*\)/g;

/**
 * The modules of this repository that a source text names, as they are written: relative ones, and the tests' names for
 * built modules, which begin with `#pagewalk/`.
 * @param {string} source
 */
export function importsOf(source) {
  const found = [statement, bareImport, call].flatMap((pattern) => [...source.matchAll(pattern)]);
  return found.map((match) => String(match[1])).filter((module) => /^(\.|#pagewalk\/)/.test(module));
}

/**
 * Each file and the files that it imports, as paths from the repository's root: "src/errors.ts".
 * @typedef {ReadonlyMap<string, readonly string[]>} ImportGraph
 */

/**
 * The imports of every `.ts` file under these folders, if the imported file is there too.
 * @param {string[]} folders
 * @returns {ImportGraph}
 */
export function readImports(...folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => posix.join(folder, name.replaceAll("\\", "/"))),
  );
  return new Map(
    files.sort().map((file) => {
      const named = importsOf(readFileSync(join(root, file), "utf8"));
      const used = named.map((module) => resolve(file, module)).filter((path) => isAmong(folders, path));
      return [file, [...new Set(used)].sort()];
    }),
  );
}

/**
 * The host writes `./x.js` for `x.ts`, as TypeScript has it; the kernel writes `./x`, as AssemblyScript has it. A built
 * module counts as its source.
 * @param {string} from @param {string} module
 */
function resolve(from, module) {
  const path = module.startsWith("#pagewalk/")
    ? module.replace("#pagewalk/", "src/")
    : posix.join(dirname(from), module).replace(/^dist\/test\/\w+\.js$/, "test/kernel/index.ts");
  return `${path.replace(/\.(js|ts)$/, "")}.ts`;
}

/** @param {string[]} folders @param {string} path */
function isAmong(folders, path) {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}

/**
 * The groups of files that reach one another by imports, each sorted, and a file that imports itself: the strongly
 * connected components. Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972, with recursion.
 * @param {ImportGraph} graph
 */
export function cyclesOf(graph) {
  /** @type {Map<string, number>} */
  const order = new Map();
  /** @type {Map<string, number>} */
  const lowest = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const cycles = [];
  const low = (/** @type {string} */ file) => Number(lowest.get(file));

  const visit = (/** @type {string} */ file) => {
    lowest.set(file, order.size);
    order.set(file, order.size);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(low(file), low(next)));
    }
    if (low(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || graph.get(file)?.includes(file)) cycles.push(group.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return cycles.sort((a, b) => (`${a}` < `${b}` ? -1 : 1));
}
