/** The same models in C (bench/yardstick), compiled for this machine if a C compiler is installed. */
import { spawn, spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("./yardstick/", import.meta.url));
const FLAGS = ["-O3", "-march=native", "-std=c11", "-D_POSIX_C_SOURCE=199309L"];

export const YARDSTICK_POLICIES = [
  ...["fifo", "lru", "clock", "sieve", "arc", "s3-fifo", "qdlp", "tinylfu"],
  ...["lfu", "lfuda", "lecar", "cacheus", "hyperbolic", "lhd", "opt"],
];

export class Yardstick {
  /**
   * @param {string} folder
   * @param {string} program
   * @param {string} keys
   */
  constructor(folder, program, keys) {
    this.folder = folder;
    this.program = program;
    this.keys = keys;
  }

  /**
   * Undefined if no C compiler is installed.
   * @param {BigUint64Array} pages
   */
  static build(pages) {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-yardstick-"));
    const program = join(folder, "yardstick");
    const sources = readdirSync(SOURCES).filter((name) => name.endsWith(".c"));
    const { status } = spawnSync(
      process.env.CC ?? "cc",
      [...FLAGS, ...sources.map((name) => join(SOURCES, name)), "-o", program, "-lm"],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    if (status !== 0) {
      rmSync(folder, { recursive: true });
      return undefined;
    }
    const keys = join(folder, "keys");
    writeFileSync(keys, new Uint8Array(pages.buffer));
    return new Yardstick(folder, program, keys);
  }

  /**
   * Replays the pages; the best of a few runs.
   * @param {string} policy
   * @param {number} frames
   * @returns {Promise<{ misses: number, seconds: number }>}
   */
  async run(policy, frames) {
    const child = spawn(this.program, [policy, `${frames}`], { stdio: ["pipe", "pipe", "inherit"] });
    createReadStream(this.keys).pipe(child.stdin);
    let output = "";
    for await (const chunk of child.stdout) output += chunk;
    const [misses = Number.NaN, seconds = Number.NaN] = output.split(" ").map(Number);
    return { misses, seconds };
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
