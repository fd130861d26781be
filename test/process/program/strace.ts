/** Real programs, recorded by strace if it is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The whole environment of programs, because it is stored on their stacks. */
const ENVIRONMENT = { PATH: process.env.PATH ?? "", LC_ALL: "C" };
/** File systems that align mappings of files to huge pages: ext4, XFS, Btrfs. */
const HUGE_FILES = new Set([0xef53, 0x58465342, 0x9123683e]);

export interface Recording {
  readonly log: string;
  readonly lines: readonly string[];
  /** The output of the program. */
  readonly output: string;
  readonly isRandom: boolean;
}

/** The missing requirements for recordings that can be compared with the model; empty: none. */
export function missing(...tools: string[]): string[] {
  const absent = ["strace", "setarch", ...tools].filter((tool) => spawnSync(tool, ["--version"]).error);
  if (absent.length > 0) return absent;
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (process.arch !== "x64" || major < 6 || (major === 6 && minor < 18)) return ["Linux 6.18 on x86-64"];
  return spawnSync("setarch", ["-R", "strace", "true"]).status === 0 ? [] : ["permission to trace"];
}

/** Runs the command under strace, which writes to `log`, with random addresses if requested. */
export function record(
  log: string,
  command: readonly string[],
  isRandom = false,
  options: readonly string[] = [],
): Recording {
  const strace = ["strace", "-f", "-o", log, "-e", "trace=memory,process,desc", ...options, ...command];
  const [program = "", ...args] = isRandom ? strace : ["setarch", "-R", ...strace];
  const output = execFileSync(program, args, { env: ENVIRONMENT, encoding: "utf8", stdio: "pipe" });
  return { log, lines: readFileSync(log, "utf8").split("\n"), output, isRandom };
}

/** Compiles a program of `programs/`. */
export function compile(source: string, program: string, ...options: string[]): void {
  const path = fileURLToPath(new URL(`programs/${source}`, import.meta.url));
  execFileSync("gcc", ["-O1", "-pthread", ...options, "-o", program, path]);
}

/** Compiles the programs of this folder, and variants of some, into files of their names. */
export function compileAll(folder: string): void {
  const into = (name: string) => join(folder, name);
  for (const name of ["threads", "race", "children", "library", "data", "placement"])
    compile(`${name}.c`, into(name));
  compile("data.c", into("static"), "-static");
  compile("data.c", into("static-pie"), "-static-pie");
  compile("data.c", into("fixed"), "-no-pie");
  compile("data.c", into("executable-stack"), "-z", "execstack");
  compile("data.c", into("no-relro"), "-z", "norelro");
  compile("data.c", into("aligned"), "-Wl,-z,max-page-size=0x200000");
}

/** True if mappings of files below `path` are aligned to huge pages. */
export function alignsHugeFiles(path: string): boolean {
  return HUGE_FILES.has(statfsSync(path).type);
}

/** The line at which the program last started to read its own maps. */
export function lineOfMaps({ lines }: Recording): number {
  const opened = lines.findLastIndex((line) => /openat\(.*"\/proc\/self\/maps"/.test(line));
  const [pid] = (lines[opened] ?? "").split(" ");
  return lines.findIndex((line, n) => n > opened && line.startsWith(`${pid} `) && /\bread\(/.test(line)) + 1;
}

/** Range, permissions, offset and name of each line of maps. */
export function regionsOf(maps: string): string[] {
  return [...maps.matchAll(/^([0-9a-f]+-[0-9a-f]+ \S{4} [0-9a-f]+) \S+ \d+ *(.*)$/gm)].map(
    ([, region, name]) => `${region} ${name}`,
  );
}
