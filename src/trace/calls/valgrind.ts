/**
 * Converts valgrind's lines of system calls (`--trace-syscalls=yes`), printed between the tool's lines, to lines of a
 * call log. A call that waits is printed in two halves. From: valgrind's coregrind/m_syswrap/syswrap-main.c,
 * syswrap-generic.c.
 *
 *   SYSCALL[4711,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000)
 *   SYSCALL[4711,1](257) sys_openat ( 4294967196, 0x402a2a0(/etc/ld.so.cache), 524288 ) --> [async] ...
 *   SYSCALL[4711,1](257) ... [async] --> Success(0x3)
 */
import { errorName } from "./errors.js";

/** A call of the allocator, printed by the program. */
const ALLOCATION = /^\*\*\d+\*\* @ (.*)$/;
const START = /^SYSCALL\[(\d+),(\d+)\]\(\s*\d+\)\s*/;
const NAME = /^(?:sys_)?(\w+)\s*\(/;
/** What stands between the arguments of a call and its outcome. */
const ARROW = "-->";
const SYNC = "[sync]";
const OUTCOME = /\b(Success|Failure)\((0x[0-9a-f]+)/;

/** Calls that affect memory, copy to it, or concern descriptors and files; the number of arguments to keep. */
const TOLD: Readonly<Record<string, number>> = {
  brk: 1,
  mmap: 6,
  munmap: 2,
  mprotect: 3,
  mremap: 5,
  madvise: 3,
  mlock: 2,
  mlock2: 3,
  munlock: 2,
  mlockall: 1,
  munlockall: 0,
  msync: 3,
  open: 3,
  openat: 4,
  close: 1,
  dup: 1,
  dup2: 2,
  dup3: 3,
  read: 3,
  pread64: 4,
  write: 3,
  pwrite64: 4,
  recvfrom: 3,
  sendto: 3,
  getdents64: 3,
  getrandom: 3,
  getcwd: 2,
  readlink: 3,
  lseek: 3,
  ftruncate: 2,
  exit_group: 1,
};

/** Joins the two halves of calls. */
export class ValgrindCalls {
  private readonly waiting = new Map<string, string>();

  /** The line in the form of a call log; undefined if it does not concern memory, or is incomplete. */
  read(line: string): string | undefined {
    const [, allocation] = ALLOCATION.exec(line) ?? [];
    if (allocation !== undefined) return allocation;
    const [start = "", pid, thread] = START.exec(line) ?? [];
    if (start === "") return undefined;
    const rest = line.slice(start.length);
    const key = `${pid},${thread}`;
    if (rest.startsWith("...")) {
      const begun = this.waiting.get(key);
      this.waiting.delete(key);
      return begun && withOutcome(begun, rest);
    }
    const { name, args, told } = partsOf(rest);
    const count = TOLD[name];
    if (count === undefined) return undefined;
    const call = `${name}(${argumentsOf(args).slice(0, count).join(", ")})`;
    if (name === "exit_group") return call;
    if (OUTCOME.test(told)) return withOutcome(call, told);
    this.waiting.set(key, call);
    return undefined;
  }
}

/** Name, arguments and outcome of a line; found without a pattern that would search a long line more than once. */
function partsOf(line: string): { name: string; args: string; told: string } {
  const [start = "", name = ""] = NAME.exec(line) ?? [];
  for (let arrow = line.indexOf(ARROW); start !== "" && arrow > 0; arrow = line.indexOf(ARROW, arrow + 1)) {
    let before = line.slice(0, arrow).trimEnd();
    if (before.endsWith(SYNC)) before = before.slice(0, -SYNC.length).trimEnd();
    if (!before.endsWith(")")) continue;
    return {
      name,
      args: before.slice(start.length, -1).trim(),
      told: line.slice(arrow + ARROW.length).trim(),
    };
  }
  return { name: "", args: "", told: "" };
}

/** Numbers are unchanged, except -1 for an int that valgrind prints unsigned; paths are quoted. */
function argumentsOf(text: string): string[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const argument = part.trim();
    const [, path] = /^0x[0-9a-f]+\((\/.*)\)$/.exec(argument) ?? [];
    if (path !== undefined) return JSON.stringify(path);
    const [number = "0"] = /^(0x[0-9a-f]+|\d+)/.exec(argument) ?? [];
    return number === "4294967295" ? "-1" : number;
  });
}

function withOutcome(call: string, told: string): string {
  const [, outcome, value = "0x0"] = OUTCOME.exec(told) ?? [];
  if (outcome === undefined) return call;
  return outcome === "Success" ? `${call} = ${value}` : `${call} = -1 ${errorName(Number(value))}`;
}
