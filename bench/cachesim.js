/** libCacheSim's program `cachesim`: its names of policies, its trace format, its measurements. */
import { execFile } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** Bytes of a record of its format: time u32, page u64, size u32, next request i64. */
const RECORD_BYTES = 24;

/** Policies with the same rules in both (docs/policies.md). */
export const SAME_RULES = ["fifo", "lru", "clock", "arc", "sieve", "opt"];

/** Its names where they differ. @type {Readonly<Record<string, string>>} */
const THEIR_NAMES = { tinylfu: "wtinyLFU", opt: "belady", "gdsf-unit": "GDSF" };

const POLICIES = [
  ...["lru", "fifo", "clock", "sieve", "arc", "lfu", "lfuda", "gdsf-unit", "slru", "s3-fifo", "2q", "lirs"],
  ...["tinylfu", "qdlp", "lecar", "hyperbolic", "lhd", "opt"],
];

/** @param {string} policy */
export const theirName = (policy) => THEIR_NAMES[policy] ?? policy;

/**
 * Writes pages as a trace of its format, with each request's next use.
 * @param {string} path
 * @param {BigUint64Array} pages
 */
export async function writeTrace(path, pages) {
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

/** The program with a trace of its own. */
export class CacheSim {
  /**
   * @param {string} program
   * @param {string} folder
   * @param {string} trace
   */
  constructor(program, folder, trace) {
    this.program = program;
    this.folder = folder;
    this.trace = trace;
  }

  /**
   * @param {string} path of the program
   * @param {BigUint64Array} pages
   */
  static async create(path, pages) {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-cachesim-"));
    const trace = join(folder, "pages.oracleGeneral.bin");
    await writeTrace(trace, pages);
    return new CacheSim(resolve(path), folder, trace);
  }

  /**
   * Replays the pages with one policy on one thread. Reading the trace is included, starting the program is not.
   * Undefined if it does not have the policy.
   * @param {string} policy
   * @param {number} frames
   * @returns {Promise<{ missRatio: number, perSecond: number } | undefined>}
   */
  async run(policy, frames) {
    if (!POLICIES.includes(policy)) return undefined;
    const flags = ["--ignore-obj-size=1", "--num-thread=1", "--report-interval=2000000000"];
    const parameters = [this.trace, "oracleGeneral", theirName(policy), `${frames}`, ...flags];
    const { stdout } = await promisify(execFile)(this.program, parameters, { cwd: this.folder });
    const line = /miss ratio ([\d.]+), throughput ([\d.]+) MQPS/.exec(stdout);
    if (line === null) throw new Error(`${policy}: cachesim printed no rate: ${stdout}`);
    return { missRatio: Number(line[1]), perSecond: Number(line[2]) * 1e6 };
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
