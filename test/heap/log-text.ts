/** Reads the text of a heap log with one regular expression for each line. The reader for users is src/heap/log. */
import { HEAP_OPERATIONS } from "../../assembly/abi/heap.js";

export interface LoggedOperation {
  readonly line: number;
  readonly text: string;
  readonly thread: number;
  /** Its number in `HEAP_OPERATIONS`. */
  readonly op: number;
  readonly args: readonly bigint[];
  /** The result of the call; for posix_memalign the block, 0 if there is none. */
  readonly result: bigint;
  /** The result of posix_memalign. */
  readonly errno: number;
}

/** A mapping call that the program made beside the allocator. */
export interface LoggedSystemCall {
  readonly line: number;
  readonly text: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly result: bigint;
}

export interface LogEnvironment {
  allocator?: string;
  tunables?: string;
  cores?: number;
}

export interface LogText {
  readonly entries: readonly (LoggedOperation | LoggedSystemCall)[];
  readonly environment: LogEnvironment;
}

const LINE = /^(?:\[pid +(\d+)\] +)?(\w+)\((.*)\)(?: += +(.*?))?\s*$/;
const SYSTEM_CALLS = new Set(["mmap", "munmap", "mremap", "mprotect", "madvise", "brk"]);
/** mallopt(3)'s parameters, from glibc's malloc.h. */
export const MALLOPT: Readonly<Record<string, bigint>> = {
  M_MXFAST: 1n,
  M_TRIM_THRESHOLD: -1n,
  M_TOP_PAD: -2n,
  M_MMAP_THRESHOLD: -3n,
  M_MMAP_MAX: -4n,
  M_CHECK_ACTION: -5n,
  M_PERTURB: -6n,
  M_ARENA_TEST: -7n,
  M_ARENA_MAX: -8n,
};

/** Throws for an unknown line: logs of tests have none. */
export function parseLogText(text: string): LogText {
  const entries: (LoggedOperation | LoggedSystemCall)[] = [];
  const environment: LogEnvironment = {};
  const threads = new Map<string, number>();
  for (const [n, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "") continue;
    if (line.startsWith("#")) {
      readComment(line, environment);
      continue;
    }
    const [, pid = "", name = "", list = "", result = ""] = LINE.exec(line) ?? [];
    const args = list === "" ? [] : list.split(/,\s*/);
    const op = HEAP_OPERATIONS.indexOf(name);
    if (op < 0) {
      if (!SYSTEM_CALLS.has(name)) throw new Error(`line ${n + 1}: ${line}`);
      entries.push({ line: n + 1, text: line, name, args, result: number(result.split(" ")[0] ?? "") });
      continue;
    }
    if (!threads.has(pid)) threads.set(pid, threads.size);
    entries.push({
      line: n + 1,
      text: line,
      thread: threads.get(pid) ?? 0,
      op,
      ...valuesOf(name, args, result),
    });
  }
  return { entries, environment };
}

function valuesOf(name: string, args: readonly string[], result: string) {
  if (name !== "posix_memalign") return { args: args.map(number), result: number(result), errno: 0 };
  const [block = "", ...rest] = args;
  const errno = Number(number(result.split(" ")[0] ?? ""));
  return { args: rest.map(number), result: errno === 0 ? number(block.replace(/[[\]]/g, "")) : 0n, errno };
}

function number(text: string): bigint {
  if (/^(nil|NULL|\(nil\)|<void>|)$/.test(text)) return 0n;
  const named = MALLOPT[text];
  if (named !== undefined) return BigInt.asUintN(64, named);
  if (text === "ENOMEM") return 12n;
  if (text === "EINVAL") return 22n;
  return BigInt.asUintN(64, text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text));
}

function readComment(line: string, environment: LogEnvironment): void {
  const [, key = "", value = ""] = /^#\s*(allocator|cores|GLIBC_TUNABLES)[ =](.*)$/.exec(line) ?? [];
  if (key === "allocator") environment.allocator = value.trim();
  if (key === "cores") environment.cores = Number(value);
  if (key === "GLIBC_TUNABLES") environment.tunables = value.trim();
}
