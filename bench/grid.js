/**
 * A grid, 10 policies × 8 numbers of frames on the Zipf workload with two threads, against libCacheSim on the same trace,
 * and each simulation in the grid against the same one alone. Builds nothing:
 *
 *   node bench/grid.js [--cachesim PATH] [--turns N] [--policies LIST] [--frames LIST] [--alone]
 *
 * PATH is libCacheSim's program `cachesim`. Whole processes are timed, by the clock and by the processor, in turns that
 * alternate; the best of each counts, and the best of each simulation, in the grid as alone. Misses are compared where
 * both have the same rules.
 */
import { execFile } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execPath, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import Table from "cli-table3";
import { REQUESTS, zipfPages } from "./workload.js";

const COMMAND = fileURLToPath(new URL("../dist/bundle/cli/main.js", import.meta.url));
const THREADS = 2;
/** Bytes of a record of libCacheSim's format: time u32, page u64, size u32, next request i64. */
const RECORD_BYTES = 24;

/** libCacheSim's names of policies. @type {Readonly<Record<string, string>>} */
const THEIR_NAMES = { tinylfu: "wtinyLFU", opt: "belady" };
/** Policies with the same rules in both (docs/policies.md). */
const SAME_RULES = ["fifo", "lru", "clock", "arc", "sieve", "opt"];

const { values } = parseArgs({
  options: {
    cachesim: { type: "string" },
    turns: { type: "string", default: "2" },
    policies: { type: "string", default: "fifo,lru,clock,2q,arc,lirs,tinylfu,s3-fifo,sieve,opt" },
    frames: { type: "string", default: "5000,10000,20000,50000,100000,200000,300000,400000" },
    alone: { type: "boolean", default: false },
  },
});
const policies = values.policies.split(",");

/** @typedef {{ policy: string, frames: number, misses: number, seconds: number }} Row of `compare --json` */

/** @param {string} path */
async function writeTrace(path) {
  const pages = await zipfPages();
  const next = new Map();
  const bytes = Buffer.alloc(pages.length * RECORD_BYTES);
  for (let n = pages.length - 1; n >= 0; n--) {
    const page = pages[n] ?? 0n;
    const at = n * RECORD_BYTES;
    bytes.writeUInt32LE(n, at);
    bytes.writeBigUInt64LE(page, at + 4);
    bytes.writeUInt32LE(1, at + 12);
    bytes.writeBigInt64LE(BigInt(next.get(page) ?? -1), at + 16);
    next.set(page, n + 1);
  }
  const file = createWriteStream(path);
  await new Promise((done) => file.end(bytes, () => done(undefined)));
}

/**
 * The seconds that a program takes, its processor time, and its output. The shell's `times` writes two lines after it,
 * the second for its children: `0m1.25s 0m0.10s`.
 * @param {string} program
 * @param {readonly string[]} parameters
 */
async function timed(program, parameters) {
  const start = performance.now();
  const shell = promisify(execFile)("sh", ["-c", '"$0" "$@" && times', program, ...parameters], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  });
  const { stdout: output } = await shell;
  const seconds = (performance.now() - start) / 1000;
  const [, text = "", ...times] = output.match(/([\s\S]*)^.*\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n$/m) ?? [];
  const [minutes = 0, user = 0, systemMinutes = 0, system = 0] = times.map(Number);
  return { seconds, cpu: (minutes + systemMinutes) * 60 + user + system, output: text };
}

/**
 * `pagewalk compare`: times of the process, and its rows.
 * @param {string} which policies
 * @param {string} frames
 * @param {number} jobs
 */
async function ours(which, frames, jobs) {
  const flags = ["--policies", which, "--frames", frames, "--jobs", `${jobs}`, "--json", "--quiet"];
  const { seconds, cpu, output } = await timed(execPath, [COMMAND, "compare", trace, ...flags]);
  return { seconds, cpu, rows: /** @type {Row[]} */ (JSON.parse(output).results) };
}

/**
 * libCacheSim with the same grid: times of the process, and misses by policy and frames.
 * @param {string} program
 */
async function theirs(program) {
  const names = policies.map((name) => THEIR_NAMES[name] ?? name);
  const flags = ["--ignore-obj-size=1", `--num-thread=${THREADS}`];
  const grid = [trace, "oracleGeneral", names.join(","), values.frames, ...flags];
  const { seconds, cpu, output } = await timed(resolve(program), grid);
  const line = / (\S+) cache size +(\d+), +\d+ req, miss ratio ([\d.]+)/g;
  const ratios = new Map();
  for (const [, name = "", frames, ratio] of output.matchAll(line)) {
    const policy = policies.find((one) => (THEIR_NAMES[one] ?? one).toLowerCase() === name.toLowerCase());
    ratios.set(`${policy} ${frames}`, Number(ratio));
  }
  return { seconds, cpu, ratios };
}

/**
 * Throws if the two differ by more than the four digits that libCacheSim prints.
 * @param {readonly Row[]} rows
 * @param {ReadonlyMap<string, number>} ratios
 */
function checkMisses(rows, ratios) {
  for (const { policy, frames, misses } of rows) {
    const ratio = ratios.get(`${policy} ${frames}`);
    if (!SAME_RULES.includes(policy) || ratio === undefined) continue;
    if (Math.abs(misses / REQUESTS - ratio) > 1e-4)
      throw new Error(`${policy} ${frames}: ${misses}, ${ratio}`);
  }
}

/**
 * @param {Map<string, number>} least
 * @param {Row} row
 */
function keepLeast(least, { policy, frames, seconds }) {
  const key = `${policy} ${frames}`;
  least.set(key, Math.min(seconds, least.get(key) ?? Number.POSITIVE_INFINITY));
}

/** @param {number} perSecond */
const millions = (perSecond) => `${(perSecond / 1e6).toFixed(1)} M`;

const folder = mkdtempSync(join(tmpdir(), "pagewalk-grid-"));
const trace = join(folder, "zipf.oracleGeneral.bin");
try {
  await writeTrace(trace);
  /** @type {Awaited<ReturnType<typeof ours>> | undefined} */
  let best;
  /** Seconds of each simulation, by policy and frames. @type {Record<"inGrid" | "alone", Map<string, number>>} */
  const seconds = { inGrid: new Map(), alone: new Map() };
  let native = { seconds: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < Number(values.turns); turn++) {
    const here = await ours(values.policies, values.frames, THREADS);
    if (best === undefined || here.cpu < best.cpu) best = here;
    for (const row of here.rows) keepLeast(seconds.inGrid, row);
    for (const { policy, frames } of values.alone ? here.rows : [])
      for (const row of (await ours(policy, `${frames}`, 1)).rows) keepLeast(seconds.alone, row);
    if (values.cachesim === undefined) continue;
    const there = await theirs(values.cachesim);
    checkMisses(here.rows, there.ratios);
    native = { seconds: Math.min(native.seconds, there.seconds), cpu: Math.min(native.cpu, there.cpu) };
  }
  if (best === undefined) throw new Error("no turns");
  const all = best.rows.length * REQUESTS;
  /** @param {{ seconds: number, cpu: number }} times */
  const line = ({ seconds, cpu }) =>
    `${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processor time, ${millions(all / seconds)}/s`;
  stdout.write(`grid of ${best.rows.length}: ${line(best)}\n`);
  if (values.cachesim !== undefined) {
    const [clock, processor] = [native.seconds / best.seconds, native.cpu / best.cpu];
    stdout.write(
      `libCacheSim: ${line(native)}; ${clock.toFixed(1)} and ${processor.toFixed(1)} times as long\n`,
    );
  }
  const head = ["policy", "frames", "in the grid", "alone", "grid / alone"];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { policy, frames } of best.rows) {
    const inGrid = seconds.inGrid.get(`${policy} ${frames}`) ?? Number.NaN;
    const alone = seconds.alone.get(`${policy} ${frames}`);
    const columns =
      alone === undefined ? ["", ""] : [millions(REQUESTS / alone), (alone / inGrid).toFixed(2)];
    table.push([policy, frames, millions(REQUESTS / inGrid), ...columns]);
  }
  stdout.write(`${table.toString()}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
