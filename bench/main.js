/**
 * All measurements: prints a table and writes bench/results/latest.json. `npm run bench -- NAME…` runs only the suites
 * whose names begin with NAME. An argument with a dot or a slash is the path of a heap log, for the suites of heaps;
 * `--cachesim PATH` names libCacheSim's program, for the suite of policies.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { URL } from "node:url";
import { parseArgs } from "node:util";
import Table from "cli-table3";

/**
 * @typedef {object} Row one thing measured
 * @property {string} suite
 * @property {string} what
 * @property {number} perSecond
 * @property {string} unit the unit of `perSecond`
 * @property {string} note value for comparison
 */

/** @typedef {(logs: readonly string[], cachesim: string | undefined) => Promise<Row[]>} Suite */

/** @type {Readonly<Record<string, () => Promise<{ default: Suite }>>>} */
const SUITES = {
  policies: () => import("./policies.js"),
  lru: () => import("./lru.js"),
  mrc: () => import("./mrc.js"),
  curves: () => import("./curves.js"),
  "custom-policies": () => import("./custom-policies.js"),
  "custom-allocators": () => import("./custom-allocators.js"),
  machine: () => import("./machine.js"),
  process: () => import("./process.js"),
  heap: () => import("./heap.js"),
  "heap-log": () => import("./heap-log.js"),
  traces: () => import("./traces.js"),
  recording: () => import("./recording.js"),
  cachegrind: () => import("./cachegrind.js"),
  browser: () => import("./browser.js"),
};

const { values, positionals } = parseArgs({
  options: { cachesim: { type: "string" } },
  allowPositionals: true,
});
const logs = positionals.filter((name) => /[./]/.test(name));
const wanted = positionals.filter((name) => !logs.includes(name));
const names = Object.keys(SUITES).filter(
  (name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)),
);
const rows = [];
for (const name of names) {
  process.stderr.write(`${name} …\n`);
  const suite = await SUITES[name]?.();
  rows.push(...((await suite?.default(logs, values.cachesim)) ?? []));
}

const table = new Table({
  head: ["suite", "what", "a second", "unit", "note"],
  colAligns: ["left", "left", "right", "left", "left"],
  style: { head: [], border: [], compact: true },
});
for (const { suite, what, perSecond, unit, note } of rows) {
  table.push([suite, what, `${(perSecond / 1e6).toFixed(1)} M`, unit, note]);
}
process.stdout.write(`${table.toString()}\n`);

const results = new URL("./results/", import.meta.url);
await mkdir(results, { recursive: true });
const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  platform: `${platform()} ${arch()}`,
  node: process.version,
};
const json = { date: new Date().toISOString(), machine, rows };
await writeFile(new URL("latest.json", results), `${JSON.stringify(json, null, 2)}\n`);
