/**
 * Misses of the kernel's policies against those of their authors' programs, and of other programs that are counted
 * exactly. `PAGEWALK_TRACES=FOLDER node bench/references.js` writes the table of references in docs/policies.md, and lists
 * the rows that differ; a test compares the table. The folder has the traces and `authors-misses.json`:
 *
 *   { "rows": [[trace, policy with parameters, frames, requests, misses (mean over runs), runs, source, note], …] }
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { compare, openTrace } from "../dist/src/index.js";

export const TABLE = new URL("../docs/policies.md", import.meta.url);
export const FOLDER = env.PAGEWALK_TRACES;

/** Policies that draw random numbers: the mean of these seeds is compared. */
const SEEDED = /^(hyperbolic|lecar|cacheus|lhd)\b/;
const SEEDS = [1, 2, 3, 4];

/**
 * @typedef {[trace: string, policy: string, frames: number, requests: number, misses: number, runs: number,
 *   source: string, note?: string]} Recorded
 * @typedef {{ source: RegExp, note?: RegExp, name: string, policy?: (recorded: Recorded) => string }} Reference
 * @typedef {{ recorded: Recorded, policy: string, reference: string, misses: number, deviation: number }} Row
 */

/** The page numbers that a run had for HIR pages, as a share of the frames. @param {Recorded} recorded */
function hirShare([, , frames, , , , , note = ""]) {
  return (Number(/hir_pages=(\d+)/.exec(note)?.[1]) + 0.01) / frames;
}

/**
 * The author's CLOCK-Pro with a fixed share of cold pages, at least two.
 * @param {number} share
 * @returns {(recorded: Recorded) => string}
 */
function fixedCold(share) {
  return ([, , frames]) => {
    const pages = Math.max(2, Math.floor(share * frames));
    return `clock-pro:cold=${(pages + 0.01) / frames},spare=0,repeats=0`;
  };
}

/** A stack of 2,500 memories, or a smaller one that holds all pages of these traces. @param {Recorded} recorded */
function unbounded([, , frames]) {
  return Math.min(2500, 2 + Math.ceil(100_000 / frames));
}

/** The first that matches applies. @type {readonly Reference[]} */
const REFERENCES = [
  { source: /libCacheSim/, name: "libCacheSim" },
  { source: /Car(t?)Policy/, note: /whole/, name: "Caffeine's simulator, targets in whole numbers" },
  { source: /Car(t?)Policy/, name: "Caffeine's simulator, targets in real numbers" },
  {
    source: /lirs\.c/,
    note: /2500/,
    name: "lirs.c of the author",
    policy: (recorded) => `lirs:hir=${hirShare(recorded)},stack=${unbounded(recorded)},repeats=0`,
  },
  {
    source: /lirs\.c/,
    name: "lirs.c of the author, stack of two memories",
    policy: (recorded) => `lirs:hir=${hirShare(recorded)},stack=2,repeats=0`,
  },
  {
    source: /clock-pro\.c/,
    note: /ADAPTIVE/,
    name: "clock-pro.c of the author, adaptive",
    policy: () => "clock-pro:repeats=0",
  },
  {
    source: /clock-pro\.c/,
    note: /1 %/,
    name: "clock-pro.c of the author, 1 % cold",
    policy: fixedCold(0.01),
  },
  {
    source: /clock-pro\.c/,
    name: "clock-pro.c of the author, 5 % cold",
    policy: fixedCold(0.05),
  },
  { source: /ClockPro/, name: "Caffeine's simulator", policy: () => "clock-pro:repeats=0" },
  { source: /caffeine/, name: "Caffeine's simulator" },
  {
    source: /kantai/,
    note: /leeway=1/,
    name: "the authors' simulator, leeway 1",
    policy: () => "hyperbolic:leeway=1",
  },
  { source: /kantai/, name: "the authors' simulator" },
  { source: /LHD/, note: /as published/, name: "the authors' program, 2^20 requests a period" },
  { source: /LHD/, note: /1024 ages/, name: "the authors' program, 1,024 ages" },
  { source: /LHD/, name: "the authors' program, 8 requests a frame a period" },
  {
    source: /sylab.*lirs/,
    name: "the program of cacheus's authors",
    policy: ([, , frames]) => `lirs:hir=${(Math.max(2, Math.floor(frames / 100)) + 0.01) / frames},repeats=0`,
  },
  { source: /sylab.*arc/, name: "the program of cacheus's authors" },
  { source: /sylab.*lecar/, name: "the authors' program (in that of cacheus)" },
  { source: /sylab/, name: "the authors' program" },
  { source: /naive/, note: /PG_referenced/, name: "a naive model of Linux's rules" },
  { source: /naive/, name: "a naive model of the paper" },
];

/** @param {Recorded} recorded @returns {Reference} */
function referenceOf(recorded) {
  const [, , , , , , source, note = ""] = recorded;
  const found = REFERENCES.find((one) => one.source.test(source) && (one.note?.test(note) ?? true));
  if (found === undefined) throw new Error(`no reference for "${source}"`);
  return found;
}

/**
 * Every row of the folder's file, with the kernel's misses.
 * @param {string} folder
 */
export async function measureReferences(folder) {
  /** @type {{ rows: Recorded[] }} */
  const { rows } = JSON.parse(await readFile(join(folder, "authors-misses.json"), "utf8"));
  /** @type {Map<string, Recorded[]>} */
  const runs = new Map();
  for (const recorded of rows) {
    const key = JSON.stringify([recorded[0], referenceOf(recorded).policy?.(recorded) ?? recorded[1]]);
    runs.set(key, [...(runs.get(key) ?? []), recorded]);
  }
  /** @type {Row[]} */
  const measured = [];
  for (const [key, those] of runs) {
    const [trace, policy] = JSON.parse(key);
    const misses = await missesOf(join(folder, trace), policy, [
      ...new Set(those.map(([, , frames]) => frames)),
    ]);
    for (const recorded of those) {
      const own = misses.get(recorded[2]) ?? Number.NaN;
      const deviation = (own - recorded[4]) / recorded[4];
      measured.push({ recorded, policy, reference: referenceOf(recorded).name, misses: own, deviation });
    }
  }
  return measured;
}

/**
 * Misses by frames, the mean of four seeds where the policy has one.
 * @param {string} path
 * @param {string} policy
 * @param {readonly number[]} frames
 */
async function missesOf(path, policy, frames) {
  const separator = policy.includes(":") ? "," : ":";
  const policies = SEEDED.test(policy) ? SEEDS.map((seed) => `${policy}${separator}seed=${seed}`) : [policy];
  const { results } = await compare(await openTrace(path), { policies, frames: frames.map(String), jobs: 1 });
  return new Map(
    frames.map((count) => {
      const those = results.filter((row) => row.frames === count);
      return [count, those.reduce((sum, { misses }) => sum + misses, 0) / those.length];
    }),
  );
}

const START = "<!-- references -->\n";
const END = "<!-- end of references -->";
const HEAD = [
  "| policy | reference | rows | equal | within 0.5 % | largest deviation |",
  "| --- | --- | --- | --- | --- | --- |",
];

/**
 * The text with the table of these rows.
 * @param {string} text
 * @param {readonly Row[]} measured
 */
export function withReferences(text, measured) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of measured) {
    const key = `\`${row.recorded[1].replace(/:.*/, "")}\` | ${row.reference}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = [...groups].map(([key, rows]) => `| ${key} | ${summaryOf(rows).join(" | ")} |`);
  const [before = "", rest = ""] = text.split(START);
  const after = rest.slice(rest.indexOf(END));
  return `${before}${START}\n${[...HEAD, ...lines.sort()].join("\n")}\n\n${after}`;
}

/** @param {readonly Row[]} rows */
function summaryOf(rows) {
  const worst = rows.reduce((most, row) => (Math.abs(row.deviation) > Math.abs(most.deviation) ? row : most));
  const [trace, , frames] = worst.recorded;
  const where = `${trace.replace(/\..*/, "")} with ${frames} frames`;
  return [
    rows.length,
    rows.filter(({ deviation }) => deviation === 0).length,
    rows.filter(({ deviation }) => Math.abs(deviation) <= 0.005).length,
    worst.deviation === 0 ? "0" : `${(100 * worst.deviation).toFixed(2)} %, ${where}`,
  ];
}

/** Names of the policies that the table has. @param {string} text */
export function referencedPolicies(text) {
  const table = text.slice(text.indexOf(START), text.indexOf(END));
  return new Set([...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (FOLDER === undefined) throw new Error("PAGEWALK_TRACES must name the folder of authors-misses.json");
  const measured = await measureReferences(FOLDER);
  for (const { recorded, policy, reference, misses, deviation } of measured) {
    if (deviation === 0) continue;
    const percent = `${(100 * deviation).toFixed(2)} %`;
    console.log([recorded[0], policy, recorded[2], misses, recorded[4], percent, reference].join("\t"));
  }
  await writeFile(TABLE, withReferences(await readFile(TABLE, "utf8"), measured));
}
