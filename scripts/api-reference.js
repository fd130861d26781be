/**
 * Writes the API reference as HTML from the declarations in dist/: `npm run docs:api [-- FOLDER]`, after a build; without
 * a folder, build/api. Warns of a link or a type that it cannot find, with exit status 4.
 *
 * TypeDoc needs the API of TypeScript 6, which TypeScript 7 does not have: npm exec gives it a TypeScript of its own,
 * apart from the project's. The declarations are those that users get: their options have docstrings and names.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const project = join(root, "dist/api.tsconfig.json");
const [out = "build/api"] = process.argv.slice(2);

writeFileSync(
  project,
  JSON.stringify({
    extends: "../tsconfig.json",
    compilerOptions: { noEmit: true, declaration: false },
    include: [],
    files: ["src/index.d.ts", "src/machine/index.d.ts"],
  }),
);
const tools = ["typedoc@0.28.20", "typescript@6.0.3"].map((name) => `--package=${name}`);
const options = {
  tsconfig: project,
  out,
  name: "Pagewalk",
  readme: "docs/library.md",
  excludePrivate: "true",
  excludeInternal: "true",
  disableSources: "true",
  // The kernel's classes that a few properties lead to are no part of the API.
  "validation.notExported": "false",
  treatWarningsAsErrors: "true",
};
const { status } = spawnSync(
  "npm",
  [
    ...["exec", "--yes", ...tools, "--", "typedoc", "dist/src/index.d.ts", "dist/src/machine/index.d.ts"],
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
