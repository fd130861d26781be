import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));

// Biome's layout makes these enough: an import begins its line and ends with its module in double quotes.
//
//   import { a, type B } from "./c.js"      import type { D } from "./e.js"      export * from "./f.js"
//   import "./g.js"                         await import("./h.js")               typeof import("./i.js")
const statement = /^(?:import|export)\s[\w\s$*,{}]*?\bfrom\s*"([^"]+)"/gm;
const bareImport = /^import\s*"([^"]+)"/gm;
const call = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** The modules of this repository that a source text names, types included: relative ones, as they are written. */
export function importsOf(source: string): string[] {
  const found = [statement, bareImport, call].flatMap((pattern) => [...source.matchAll(pattern)]);
  return found.map((match) => match[1] as string).filter((module) => module.startsWith("."));
}

/** Each file and the files that it imports, as paths from the repository's root: "src/errors.ts". */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The imports of every `.ts` file under these folders. Throws where an import leads to no file. */
export function readImports(...folders: string[]): ImportGraph {
  const sources = folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  const known = new Set(sources);
  return new Map(
    sources.sort().map((file) => {
      const named = importsOf(readFileSync(join(repository, file), "utf8"));
      return [file, [...new Set(named.map((module) => resolve(file, module, known)))].sort()];
    }),
  );
}

/** The host writes `./x.js` for `x.ts`, as TypeScript has it; the kernel writes `./x`, as AssemblyScript has it. */
function resolve(from: string, module: string, known: Set<string>): string {
  const file = `${relative(".", join(dirname(from), module)).replace(/\.(js|ts)$/, "")}.ts`;
  if (!known.has(file)) throw new Error(`${from} imports "${module}", but there is no ${file}`);
  return file;
}

/**
 * The groups of files that reach one another by imports, each sorted, and a file that imports itself: the strongly
 * connected components. Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972, with recursion.
 */
export function cyclesOf(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const low = (file: string) => lowest.get(file) as number;

  const visit = (file: string) => {
    order.set(file, order.size);
    lowest.set(file, order.size - 1);
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
