/**
 * Makes dist/ from the sources. `node scripts/build.js [STEP…]` makes only these steps:
 *
 * ```
 *   assembly/ ── asc ──────┬─> dist/browser/pagewalk.wasm     release   ┐
 *                          ├─> dist/browser/machine.wasm      machine   │ wasm
 *                          └─> dist/pagewalk.debug.wasm       debug     ┘
 *   test/kernel/ ─ asc ────┬─> dist/test/release.wasm, .js    structures-release   ┐ structures, not in the package
 *                          └─> dist/test/debug.wasm, .js      structures-debug     ┘
 *   src/ ─────── tsc ────────> dist/src, dist/assembly        modules   ┐  declarations.js completes the types
 *     report/page ─ esbuild ─> dist/browser/report.js, .css   report    │
 *     index, … ──── esbuild ─> dist/browser                   browser   │ ts
 *     cli ─────── rolldown ──> dist/bundle/cli, dist/man      cli       │
 *     *.c, *.h ──── copy ────> dist/shim, dist/plugin         shim      ┘
 *     playground ── vite ────> dist/playground              playground
 * ```
 *
 * The playground contains the files of dist/browser, and is made after them. All other steps run side by side. Prints
 * only errors; the exit status is 1 if a step failed.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { build as rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const asc = import.meta.resolve("assemblyscript/bin/asc.js");
const tsc = new URL("bin/tsc", import.meta.resolve("typescript/package.json"));

/** @type {import("esbuild").BuildOptions} */
const bundle = { absWorkingDir: root, bundle: true, format: "esm", logLevel: "warning" };

/**
 * Code for Node alone lies in modules NAME.node.ts. In bundles for browsers the first existing file NAME.KIND.ts of the
 * same folder replaces it; a module without such a file fails the build. workerpool imports Node's modules only in Node.
 * @param {...string} kinds @returns {import("esbuild").Plugin}
 */
const twins = (...kinds) => ({
  name: "twins",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.node\.js$/ }, ({ path, resolveDir }) => {
      const files = kinds.map((kind) => join(resolveDir, path.replace(/\.node\.js$/, `.${kind}.ts`)));
      return { path: files.find((file) => existsSync(file)) ?? path };
    });
    onResolve({ filter: /^(worker_threads|os|child_process)$/ }, ({ path }) => ({
      path,
      namespace: "absent",
    }));
    onLoad({ filter: /./, namespace: "absent" }, () => ({ contents: "" }));
  },
});

/** @type {import("esbuild").BuildOptions} */
const browser = { ...bundle, outdir: "dist/browser", platform: "browser", target: "es2022", minify: true };

/**
 * The command, in CommonJS modules: Node 20 takes 5 ms to start its loader of ES modules, and half a millisecond for each.
 * `main.js` has what `--version` needs, and `program.part.js` all that every command and `replay` need, as one file. What
 * other commands need in addition is in files that they load.
 * @type {import("rolldown").BuildOptions}
 */
const command = {
  cwd: root,
  platform: "node",
  logLevel: "warn",
  external: [
    "bullmq",
    "cli-progress",
    "cli-table3",
    "ioredis",
    "picocolors",
    "workerpool",
    "xz-decompress",
    "zstddec",
    "zstddec/stream",
  ],
  transform: { target: "node20.19" },
  plugins: [
    { name: "light", transform: (code) => light(code) },
    // Minifying, which comes after renderChunk, undoes escapes.
    {
      name: "ascii",
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle)) if (file.type === "chunk") file.code = escaped(file.code);
      },
    },
  ],
  output: {
    format: "cjs",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].part.js",
    comments: false,
    minify: { compress: true, mangle: false },
    codeSplitting: {
      groups: [
        { name: "version", test: /\/cli\/version\.ts$/, priority: 2 },
        { name: "program", test: /\/cli\/(program|replay)\.ts$/, priority: 1 },
      ],
    },
  },
};

/**
 * Replaces what would load a part of Node that the command can do without. Node 20 takes 3 ms to load its ES modules, which
 * `import()` needs even for a module of Node; 2 ms for `performance`; 2 ms for `child_process`, which commander needs
 * only for subcommands that are programs.
 * @param {string} code
 */
function light(code) {
  return code
    .replaceAll(/\bawait import\(("node:[\w/]+")\)/g, "process.getBuiltinModule($1)")
    .replaceAll("performance.now()", "(process.uptime() * 1000)")
    .replace("= require('node:child_process')", "= undefined");
}

/** V8 reads text twice as fast if all its characters have one byte. @param {string} code */
function escaped(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Each makes its outputs, and rejects if it cannot. @type {Record<string, () => Promise<unknown>>} */
const steps = {
  release: () => run(asc, "assembly/index.ts", "--target", "release"),
  machine: () => run(asc, "assembly/machine-index.ts", "--target", "machine"),
  debug: () => run(asc, "assembly/index.ts", "--target", "debug"),
  "structures-release": () => run(asc, "test/kernel/index.ts", "--target", "structures-release"),
  "structures-debug": () => run(asc, "test/kernel/index.ts", "--target", "structures-debug"),
  modules: async () => {
    await run(tsc, "-p", "tsconfig.json");
    await run(new URL("declarations.js", import.meta.url));
  },
  report: () =>
    build({
      ...browser,
      entryPoints: [
        { in: "src/report/page/main.ts", out: "report" },
        { in: "src/report/page/page.css", out: "report" },
      ],
      charset: "utf8",
      legalComments: "inline",
    }),
  browser: async () => {
    const entryPoints = { pagewalk: "src/index.ts", worker: "src/workers/worker.ts" };
    const footer = { js: await licenseOf("zstddec") };
    await build({ ...browser, entryPoints, footer, plugins: [twins("browser")] });
    const machine = { machine: "src/machine/index.ts" };
    await build({ ...browser, entryPoints: machine, plugins: [twins("machine", "browser")] });
    await leaveImports(join(root, "dist/browser/pagewalk.js"));
    const types = "pagewalk.wasm.d.ts";
    await cp(join(root, "src/platform", types), join(root, "dist/browser", types));
  },
  cli: async () => {
    const folder = join(root, "dist/bundle");
    const options = { ...command, output: { ...command.output, dir: join(folder, "cli") } };
    await rm(folder, { recursive: true, force: true });
    await Promise.all([
      bundled({ ...options, input: { main: "src/cli/main.ts" } }),
      bundled({
        ...options,
        input: { worker: "src/workers/worker.ts" },
        output: { ...options.output, codeSplitting: false },
      }),
    ]);
    await chmod(join(folder, "cli/main.js"), 0o755);
    // The modules of the package are ES modules; those of the command are not.
    await writeFile(join(folder, "package.json"), '{ "type": "commonjs" }\n');
    await manual();
  },
  shim: async () => {
    const sources = { "src/heap/record": "dist/shim", "src/trace/record/qemu/plugin": "dist/plugin" };
    for (const [from, to] of Object.entries(sources)) {
      await cp(join(root, from), join(root, to), { recursive: true });
    }
  },
  playground: async () => {
    const { build: bundlePage } = await import("vite");
    await bundlePage({
      root: join(root, "src/playground"),
      configFile: join(root, "src/playground/vite.config.ts"),
      logLevel: "warn",
    });
  },
};

/** Steps that need others to be made before them. */
const LATE = ["playground"];

/** @type {Record<string, string[]>} */
const groups = {
  wasm: ["release", "debug", "machine"],
  structures: ["structures-release", "structures-debug"],
  ts: ["modules", "report", "browser", "cli", "shim"],
  playground: ["playground"],
};

/** Builds, and prints the error if that fails, as esbuild does. @param {import("rolldown").BuildOptions} options */
async function bundled(options) {
  try {
    await rolldown(options);
  } catch (error) {
    console.error(`${error}`);
    throw error;
  }
}

/** The license of a package that a bundle contains, as a comment. @param {string} name */
async function licenseOf(name) {
  return `/* ${name}:\n${await readFile(join(root, "node_modules", name, "LICENSE"), "utf8")}*/`;
}

/** The manual page, as the command prints it. */
async function manual() {
  const main = join(root, "dist/bundle/cli/main.js");
  const { stdout } = await promisify(execFile)(process.execPath, [main, "man"]);
  await mkdir(join(root, "dist/man"), { recursive: true });
  await writeFile(join(root, "dist/man/pagewalk.1"), stdout);
}

/**
 * Minifying removes the comments that make other bundlers ignore an import() of a computed address. Restores them.
 * @param {string} file
 */
async function leaveImports(file) {
  const text = await readFile(file, "utf8");
  const left = text.replaceAll(/\bimport\((?=[\w$])/g, "import(/* @vite-ignore *//* webpackIgnore: true */");
  await writeFile(file, left);
}

/**
 * Runs a command's script. Rejects if its exit status is not 0; the error is on stderr by then.
 * @param {string | URL} script @param {string[]} options
 */
function run(script, ...options) {
  const child = spawn(process.execPath, [fileURLToPath(script), ...options], { cwd: root, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve(undefined) : reject(new Error(`exit status ${code}`)),
    );
  });
}

/**
 * Makes these steps, or groups of them; all of them without a name. True if all steps succeeded.
 * @param {string[]} names
 */
export async function make(names = Object.keys(groups)) {
  const wanted = [...new Set(names.flatMap((name) => groups[name] ?? [name]))];
  const unknown = wanted.filter((name) => !Object.hasOwn(steps, name));
  if (unknown.length > 0) {
    const known = [...Object.keys(groups), ...Object.keys(steps)].join(", ");
    console.error(`build: no step "${unknown.join(", ")}"; take one of ${known}`);
    return false;
  }
  const early = wanted.filter((name) => !LATE.includes(name));
  const failed = await failures(early);
  if (failed.length === 0) failed.push(...(await failures(wanted.filter((name) => LATE.includes(name)))));
  if (failed.length > 0) console.error(`build: ${failed.join(", ")} failed`);
  return failed.length === 0;
}

/**
 * Makes steps side by side. Returns those that failed.
 * @param {readonly string[]} names
 */
async function failures(names) {
  const results = await Promise.allSettled(names.map((name) => /** @type {any} */ (steps[name])()));
  return names.filter((_, n) => results[n]?.status === "rejected");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  process.exitCode = (await make(names.length > 0 ? names : undefined)) ? 0 : 1;
}
