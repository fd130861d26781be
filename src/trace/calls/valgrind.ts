/**
 * Converts valgrind's lines of system calls (`--trace-syscalls=yes`), printed between the tool's lines, to lines of a
 * call log. A call that waits is printed in two halves. From: valgrind's coregrind/m_syswrap/syswrap-main.c,
 * syswrap-generic.c.
 *
 *   SYSCALL[4711,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000)
 *   SYSCALL[4711,1](257) sys_openat ( 4294967196, 0x402a2a0(/etc/ld.so.cache), 524288 ) --> [async] ...
 *   SYSCALL[4711,1](257) ... [async] --> Success(0x3)
 */
import { argumentText, failureText, resultText } from "./call-text.js";
import { type CallRow, callRow, type Parameter } from "./table.js";

/** A call of the allocator, printed by the program. */
const ALLOCATION = /^\*\*\d+\*\* @ (.*)$/;
const START = /^SYSCALL\[(\d+),(\d+)\]\(\s*\d+\)\s*/;
const NAME = /^(?:sys_)?(\w+)\s*\(/;
const ARROW = /\)\s*(?:\[sync\]\s*)?-->/;
const OUTCOME = /\b(Success|Failure)\((0x[0-9a-f]+)/;

/** Joins the two halves of calls. */
export class ValgrindCalls {
  private readonly waiting = new Map<string, { readonly call: string; readonly row: CallRow }>();

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
      return begun && withOutcome(begun.call, rest, begun.row);
    }
    const [begin = "", name = ""] = NAME.exec(rest) ?? [];
    const row = callRow(name);
    const arrow = row.hasValgrind ? ARROW.exec(rest) : null;
    if (arrow === null) return undefined;
    const args = rest.slice(begin.length, arrow.index).trim();
    const given = rest.slice(arrow.index);
    const call = `${name}(${argumentsOf(args, row).join(", ")})`;
    if (name === "exit_group") return call;
    if (OUTCOME.test(given)) return withOutcome(call, given, row);
    this.waiting.set(key, { call, row });
    return undefined;
  }
}

/** The arguments as strace writes them. Names for numbers come from the row; paths are quoted. */
function argumentsOf(text: string, { parameters }: CallRow): string[] {
  if (text === "") return [];
  const parts = text.split(",").slice(0, parameters.length);
  return parts.map((part, at) => argumentOf(part.trim(), parameters[at]));
}

function argumentOf(text: string, parameter: Parameter | undefined): string {
  const [, path] = /^0x[0-9a-f]+\((\/.*)\)$/.exec(text) ?? [];
  if (path !== undefined) return JSON.stringify(path);
  const [number = "0"] = /^(0x[0-9a-f]+|\d+)/.exec(text) ?? [];
  return argumentText(number, parameter);
}

function withOutcome(call: string, given: string, row: CallRow): string {
  const [, outcome, value = "0x0"] = OUTCOME.exec(given) ?? [];
  if (outcome === undefined) return call;
  return `${call} ${outcome === "Success" ? resultText(BigInt(value), row) : failureText(Number(value))}`;
}
