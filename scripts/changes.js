/** The steps of the build that a change of sources needs, and the tests that are closest to it. */
import { posix } from "node:path";

/**
 * @typedef {object} Work
 * @property {string[]} steps of scripts/build.js
 * @property {string[]} tests files, sorted
 */

/**
 * The work after a change of these files. Tests are found by the tree, since test/ mirrors assembly/ and src/:
 *
 * ```
 *   assembly/core/crc.ts    test/core/crc.test.ts, if there is one, or else all of the nearest folder: test/core
 *   src/process/costs.ts    the same, and the tests that import it by name
 *   test/process/memory.ts  the tests that reach it by imports
 *   test/kernel/core.ts     the same: the tests of single structures
 * ```
 * @param {readonly string[]} changed paths from the repository's root; for a deleted one, the tests of its folder
 * @param {import("./import-graph.js").ImportGraph} graph of assembly, src and test
 * @param {"release" | "debug"} build the kernel's build that the tests run on
 * @returns {Work}
 */
export function workAfter(changed, graph, build) {
  const steps = new Set(changed.flatMap((file) => stepsAfter(file, graph, build)));
  const tests = new Set(changed.flatMap((file) => testsOf(file, graph)));
  return { steps: [...steps], tests: [...tests].sort() };
}

/** @param {string} file @param {import("./import-graph.js").ImportGraph} graph @param {"release" | "debug"} build */
function stepsAfter(file, graph, build) {
  if (file.startsWith("src/")) return ["ts"];
  if (file.startsWith("test/kernel/")) return [`structures-${build}`];
  if (!file.startsWith("assembly/")) return [];
  const hasHostUser = importersOf(file, graph).some((user) => user.startsWith("src/"));
  const isTestedAlone = reaching(file, graph).includes("test/kernel/index.ts");
  return [build, ...(isTestedAlone ? [`structures-${build}`] : []), ...(hasHostUser ? ["ts"] : [])];
}

/** @param {string} file @param {import("./import-graph.js").ImportGraph} graph */
function testsOf(file, graph) {
  if (isTest(file)) return graph.has(file) ? [file] : [];
  if (file.startsWith("test/")) return reaching(file, graph).filter(isTest);
  return [...importersOf(file, graph).filter(isTest), ...mirrored(file, graph)];
}

/** @param {string} file @param {import("./import-graph.js").ImportGraph} graph */
function mirrored(file, graph) {
  const mirror = file.replace(/^(assembly|src)\//, "test/");
  const own = mirror.replace(/\.ts$/, ".test.ts");
  if (graph.has(own)) return [own];
  const all = [...graph.keys()].filter(isTest);
  for (
    let folder = posix.dirname(mirror);
    folder !== "test" && folder !== ".";
    folder = posix.dirname(folder)
  ) {
    const beneath = all.filter((test) => test.startsWith(`${folder}/`));
    if (beneath.length > 0) return beneath;
  }
  return [];
}

/** All files that reach a file by imports. @param {string} file @param {import("./import-graph.js").ImportGraph} graph */
function reaching(file, graph) {
  const found = new Set([file]);
  for (const reached of found) for (const user of importersOf(reached, graph)) found.add(user);
  return [...found];
}

/** @param {string} file @param {import("./import-graph.js").ImportGraph} graph */
function importersOf(file, graph) {
  return [...graph].filter(([, used]) => used.includes(file)).map(([user]) => user);
}

/** @param {string} file */
const isTest = (file) => file.endsWith(".test.ts") && !file.startsWith("test/browser/");
