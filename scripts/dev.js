/**
 * The fast loop: `npm run dev` watches assembly/, src/ and test/, and after each change runs the steps of the build that it
 * needs (changes.js) and the closest tests. It starts with what differs from the last commit.
 *
 *   --debug       take the debug build of the kernel, with its assertions, instead of the release build
 *   --once        do not watch
 *   -t PATTERN    run only tests whose names match
 *   FILE…         start with these files instead
 */
import { execFileSync, spawnSync } from "node:child_process";
import { watch } from "node:fs";
import { posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { make } from "./build.js";
import { workAfter } from "./changes.js";
import { readImports } from "./import-graph.js";

const SETTLE_MS = 100; // an editor's save is several events
const folders = ["assembly", "src", "test"];
const vitest = new URL("vitest.mjs", import.meta.resolve("vitest/package.json"));
process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const { values, positionals } = parseArgs({
  options: {
    debug: { type: "boolean", default: false },
    once: { type: "boolean", default: false },
    t: { type: "string", short: "t" },
  },
  allowPositionals: true,
});
const build = values.debug ? "debug" : "release";

/** True if the steps succeeded and the tests passed. @param {string[]} changed */
async function serve(changed) {
  const { steps, tests } = workAfter(changed, readImports(...folders), build);
  if (steps.length > 0) console.log(`dev: ${changed.join(" ")}: making ${steps.join(", ")}`);
  if (!(await make(steps))) return false;
  if (tests.length === 0) {
    if (changed.length > 0) console.log("dev: no test is close to this change; npm test runs all");
    return true;
  }
  const name = values.t === undefined ? [] : ["-t", values.t];
  const projects = [build, "command", "interrupt"].flatMap((name) => ["--project", name]);
  const options = ["run", ...projects, ...name, ...tests];
  return spawnSync(process.execPath, [fileURLToPath(vitest), ...options], { stdio: "inherit" }).status === 0;
}

/** Sources that differ from the last commit, new ones included. */
function uncommitted() {
  const git = (/** @type {string[]} */ ...options) => execFileSync("git", options, { encoding: "utf8" });
  const names = git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard");
  return names.split("\n").filter(isSource);
}

/** @param {string} path */
function isSource(path) {
  return folders.some((folder) => path.startsWith(`${folder}/`)) && /\.(ts|c|css)$/.test(path);
}

/** Serves changes as they arrive; those that arrive meanwhile are served together afterwards. @param {string[]} first */
function loop(first) {
  const waiting = new Set(first);
  let isBusy = false;
  const next = async () => {
    if (isBusy || waiting.size === 0) return;
    isBusy = true;
    const changed = [...waiting];
    waiting.clear();
    await serve(changed).catch((error) => console.error(`dev: ${error.message}`));
    isBusy = false;
    console.log("dev: waiting for changes");
    setTimeout(next, SETTLE_MS);
  };
  for (const folder of folders) {
    watch(folder, { recursive: true }, (_, name) => {
      const path = posix.join(folder, String(name).replaceAll(sep, "/"));
      if (!isSource(path)) return;
      waiting.add(path);
      setTimeout(next, SETTLE_MS);
    });
  }
  if (first.length === 0) console.log("dev: waiting for changes");
  next();
}

const first = positionals.length > 0 ? positionals : uncommitted();
if (values.once) process.exitCode = (await serve(first)) ? 0 : 1;
else loop(first);
