/** Programs in C, compiled where there is a compiler, whose allocations are recorded afresh. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The tools that are not installed, and the machine that they need. */
export function missingTools(...tools: readonly string[]): string[] {
  if (process.platform !== "linux" || process.arch !== "x64") return ["x86-64 Linux"];
  return tools.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
}

/** Returns the tools that the shim lacks here: it needs gcc, and glibc 2.34 or later. */
export function missingForShim(): string[] {
  const missing = missingTools("gcc");
  if (missing.length > 0) return missing;
  const { glibcVersionRuntime = "0" } = (
    process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  ).header;
  const [major = 0, minor = 0] = glibcVersionRuntime.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 34) ? [] : ["glibc 2.34 or later"];
}

/** A program of this folder's: `random-program` or `threads`. */
export function compile(folder: string, name: string, compiler = "gcc"): string {
  const program = join(folder, `${name}-${compiler}`);
  execFileSync(compiler, [
    ...["-O2", "-pthread", "-o", program],
    new URL(`${name}.c`, import.meta.url).pathname,
  ]);
  return program;
}

/** A program from its text. */
export function compileText(folder: string, name: string, text: string, ...flags: readonly string[]): string {
  const program = join(folder, name);
  execFileSync("gcc", ["-O1", "-pthread", ...flags, "-x", "c", "-o", program, "-"], { input: text });
  return program;
}

/** A log of random calls, with LOG.maps beside it. */
export function makeLog(
  program: string,
  log: string,
  seed: number,
  calls: number,
  modes: readonly string[] = [],
  tunables?: string,
): void {
  execFileSync(program, [String(seed), String(calls), log, ...modes], {
    env: { ...process.env, ...(tunables !== undefined && { GLIBC_TUNABLES: tunables }) },
  });
}

/** The allocator's calls in a log: its lines without comments and mappings, threads numbered as they come. */
export function callsIn(log: string): string[] {
  const threads = new Map<string, number>();
  const calls: string[] = [];
  for (const line of readFileSync(log, "latin1").trimEnd().split("\n")) {
    const [, thread = "1", call = ""] = /^(?:\[pid (\d+)\] )?(.*)$/.exec(line) ?? [];
    if (/^#|^(mmap|munmap|mprotect)\(/.test(call)) continue;
    if (!threads.has(thread)) threads.set(thread, threads.size);
    calls.push(`${threads.get(thread)} ${call}`);
  }
  return calls;
}
