/**
 * The whole command against cachegrind, which is a TLB simulator when its lines are 4096 bytes long: the same program,
 * the same geometry, the same counts. Whole processes run in alternation. Skipped if valgrind is not installed. Node reads
 * the certificates of NODE_EXTRA_CA_CERTS whenever it starts, which takes up to 40 ms; all run without this variable.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordTrace } from "../dist/src/index.js";

const TURNS = 7;
const CLI = fileURLToPath(new URL("../dist/bundle/cli/main.js", import.meta.url));
// 64 entries of 4 ways, 64 of 4 ways, 1536 of 12 ways, in bytes of 4096-byte lines.
const CACHES = ["--I1=262144,4,4096", "--D1=262144,4,4096", "--LL=6291456,12,4096"];
const CACHEGRIND = [
  "--tool=cachegrind",
  "--cache-sim=yes",
  "--vex-guest-chase=no",
  "--cachegrind-out-file=/dev/null",
  ...CACHES,
];

/** @type {import("./main.js").Suite} */
export default async function measureCachegrind() {
  if (spawnSync("valgrind", ["--version"]).status !== 0) {
    process.stderr.write("cachegrind: valgrind is not installed, left out\n");
    return [];
  }
  delete process.env.NODE_EXTRA_CA_CERTS;
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-cachegrind-"));
  try {
    const input = join(folder, "input.txt");
    writeFileSync(input, numbers());
    const program = ["gzip", "-c", input];
    const trace = join(folder, "gzip.pagewalk");
    await recordTrace(program, trace, { with: "valgrind", programOutput: "ignore" });
    return compareRuns(trace, program);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} trace
 * @param {string[]} program
 */
function compareRuns(trace, program) {
  /** @type {number[]} */
  const ours = [];
  /** @type {number[]} */
  const theirs = [];
  let references = 0;
  let machineSeconds = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TURNS; turn++) {
    const replay = run("node", [CLI, "replay", trace, "--json"]);
    const report = JSON.parse(replay.output);
    const cachegrind = run("valgrind", [...CACHEGRIND, ...program]);
    sameCounts(report, cachegrind.log);
    references = report.trace.references;
    machineSeconds = Math.min(machineSeconds, report.time.engineSeconds);
    ours.push(replay.seconds);
    theirs.push(cachegrind.seconds);
  }
  const ratios = ours.map((seconds, turn) => (theirs[turn] ?? 0) / seconds);
  const row = { suite: "cachegrind", unit: "references" };
  const what = `${(references / 1e6).toFixed(0)} M references of gzip`;
  const note = `${median(ratios).toFixed(1)} times cachegrind (median of ${TURNS} turns)`;
  return [
    { ...row, what: `pagewalk replay, ${what}`, perSecond: references / median(ours), note },
    { ...row, what: "  the machine alone", perSecond: references / machineSeconds, note: "best" },
    { ...row, what: "valgrind --tool=cachegrind", perSecond: references / median(theirs), note: "" },
  ];
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return { seconds: (performance.now() - start) / 1000, output: `${stdout}`, log: `${stderr}` };
}

/**
 * @param {import("../dist/src/index.js").ReplayResult} report
 * @param {string} log
 */
function sameCounts(report, log) {
  /** @param {string} name */
  const counted = (name) => Number(new RegExp(`${name}:\\s+([\\d,]+)`).exec(log)?.[1]?.replaceAll(",", ""));
  const there = ["I +refs", "D +refs", "I1 +misses", "D1 +misses", "LL misses"].map(counted).join();
  const { l1i, l1d, l2 } = report.tlb;
  const here = [l1i?.lookups, l1d?.lookups, l1i?.misses, l1d?.misses, l2?.misses].join();
  if (here !== there) process.stderr.write(`cachegrind: counts ${there}, replay's ${here}\n`);
}

/** Input for gzip: numbers, with no two equal lines. */
function numbers() {
  let text = "";
  for (let n = 1; text.length < 400_000; n++) text += `${(n * 7919) % 10007} line ${n} ${(n * n) % 9973}\n`;
  return text;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
