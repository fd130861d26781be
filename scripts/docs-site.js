/**
 * Writes the documentation as a static site: the pages of docs/ and the API reference from the declarations in dist/.
 * `npm run docs:site [-- FOLDER]`, after a build; without a folder, build/site. A link, an anchor or a type that does not
 * exist is an error.
 *
 *   README.md ───────────────────────────> index.html
 *   docs/*.md, examples, CHANGELOG, … ───> documents/    site-pages.js gives them their titles and groups
 *   dist/src/**\/*.d.ts ─────────────────> functions/, classes/, …
 *
 * TypeDoc needs the API of TypeScript 6, which TypeScript 7 does not have: npm exec gives it a TypeScript of its own,
 * apart from the project's. The declarations are those that users get: their options have docstrings and names.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const project = join(root, "dist/site.tsconfig.json");
const [out = "build/site"] = process.argv.slice(2);

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
const pages = ["docs/*.md", "examples/*/README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];
const languages = ["sh", "js", "ts", "html", "json", "yaml", "c", "text"];
const options = [
  ["tsconfig", project],
  ["out", out],
  ["name", "Pagewalk"],
  ["readme", "README.md"],
  ["headings.readme", "false"],
  ["navigation.includeGroups", "true"],
  ["plugin", "./scripts/site-pages.js"],
  ...pages.map((page) => ["projectDocuments", page]),
  ...languages.map((language) => ["highlightLanguages", language]),
  ["searchInDocuments", "true"],
  ["excludePrivate", "true"],
  ["excludeInternal", "true"],
  ["disableSources", "true"],
  // The kernel's classes that a few properties lead to are no part of the API.
  ["validation.notExported", "false"],
  ["treatWarningsAsErrors", "true"],
];
const { status } = spawnSync(
  "npm",
  [
    ...["exec", "--yes", ...tools, "--", "typedoc", "dist/src/index.d.ts", "dist/src/machine/index.d.ts"],
    ...options.flatMap(([name, value]) => [`--${name}`, `${value}`]),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
