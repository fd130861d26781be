/**
 * Reads a call log line by line: comments, processes, time stamps and signals as strace and ltrace write them. Calls
 * that are interrupted by other lines are put together.
 *
 *   [pid  12] mmap(NULL, 8192 <unfinished ...>
 *   [pid  12] <... mmap resumed>, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbb000
 *   clone(child_stack=NULL, flags=SIGCHLDstrace: Process 13 attached
 *   , child_tidptr=0x7ffff7d9fa10) = 13
 *   --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
 *   +++ exited with 0 +++
 *
 * Lines of mtrace are read as the calls that they record.
 */

import { InputError } from "../../../errors.js";
import { quote } from "../../../printable.js";
import { type CallRow, callRow, OTHER_CALL } from "../../../trace/calls/table.js";
import { commonForm } from "./common-form.js";
import { type CallEntry, type LogEntry, MOST_PID } from "./entry.js";
import { LOOKS, type ParsedCall, parseCall, parseName } from "./grammar.js";
import { asSystemCall, isSystemCall } from "./ltrace.js";
import { meantBy } from "./misspelling.js";
import { MtraceReader } from "./mtrace.js";
import { OtherLines } from "./other-lines.js";
import { splitPrefix, unstamped } from "./prefix.js";
import { checkSemantics, isWatched } from "./semantics.js";
import { settingOf } from "./settings.js";
import { signalIn } from "./signal-line.js";
import { SyntaxFault } from "./syntax-fault.js";

/** Limit on the characters of unfinished calls. */
const MOST_PENDING = 1 << 26;
const UNFINISHED = "<unfinished ...>";
/** The process ended in the call, or another thread's execve ended the thread. */
const NEVER_FINISHED = /<unfinished \.\.\.>\) += \?$/;
/** A thread that executes another program gets the number of its process: strace before 4.20. */
const PID_CHANGED = /<pid changed to (\d+) \.\.\.>$/;
/** Colours of the output (strace --color=always). */
const COLOUR = /\p{Cc}\[[\d;]*m/gu;
/** strace detached during the call. */
const DETACHED = "<detached ...>";
const RESUMED = /^<\.\.\. ([\w.]+) resumed>\s*/;
/** The turn of a thread, as recorders write it. */
const TURN = /^\[pid (\d+)\] sched_switch\(\d+\)$/;
/** The beginning of `[pid 12] `, and the whole. */
const PID_BEGINS = "[pid";
const DEFAULT_PID = /^\[pid +(\d{1,7})\] /;
/** ltrace's mark of a call that does not return. */
const NO_RETURN = "<no return ...>";
/** Messages that strace prints on the terminal, in the middle of a line as well; before 4.8 without its name. */
const ATTACHED = /(?:strace: )?Process \d+ (?:attached|detached|suspended|resumed)(?: \([^()]*\))?$/;
/** A line that such a message interrupts is no longer than this. */
const MOST_BEGUN = 1 << 16;
const ENDED = /^\+\+\+ (?:exited|killed by (SIG\w+))/;
/** The kind of a process, after its execve or before its first call. */
const MODE = /^(?:strace: )?\[ Process PID=(\d+) runs in (32|64|x32) bit mode. \]/;
/** Lines that are no calls: messages of strace, ltrace and valgrind, stack traces (-k), dumps of data (-e read). */
const REMARK =
  /^(\+\+\+|---|strace:|ltrace:|==\d+==|> |\| [0-9a-f]{5,} |\* \d+ bytes in buffer \d|<detached \.\.\.>|(?:<\.\.\. )?\?{4}[ (])/;
/** The table of calls (-C) after the last line, or instead of all lines (-c). */
const TABLE = /^(% time +seconds|System call usage summary)/;
/** The rest of a call in a line of its own, which strace writes when it prints calls at their end (-z, -e status). */
const REST = /^(\)|=>|,)/;
/** The end of such a rest that begins within an argument. */
const END = /\)\s*=\s/;
/** The beginning of a call, or of one that goes on. */
const CALL = /^(?:(?:[A-Za-z_]\w*\s*=\s*)?([A-Za-z_][\w.]*)(?:->\w+)?(\s*)\(|<\.\.\. \w)/;
/** A call that somebody wrote without its brackets: `munmap 0x1000, 4096`. */
const BARE = /^([a-z_]\w*)(?:\s*=|\s+(?:0x[0-9a-f]|NULL\b|nil\b)|\s*$)/;
/** The C library's messages about a corrupt heap: `free(): invalid pointer`. */
const MESSAGE = /^\w+\(\): /;
/** The call was not made: strace injected this result (-e inject). */
const INJECTED = /\(INJECTED(?:: (?:args, )?retval)?\)\s*(?:<[\d.]+>)?$/;

/** A call whose line the program's output interrupts: `write(1, "hello\n", 6hello`. */
interface SplitCall {
  readonly pid: number | undefined;
  readonly text: string;
}

export class LogReader {
  /** Lines read so far. */
  line = 0;
  /** Calls read so far. */
  calls = 0;
  /** One of them had a result, so the log is a recording, not written by hand as a program. */
  private isRecorded = false;
  readonly others: OtherLines;
  private readonly pending = new Map<number | undefined, string>();
  private pendingLength = 0;
  /** The beginning of a line that strace continues in the next line. */
  private begun = "";
  /** The process whose call the last line began, if it began one. */
  private unfinished: { readonly pid: number | undefined } | undefined;
  private split: SplitCall | undefined;
  /** The rest of the log is a table. */
  private isTable = false;
  private readonly mtrace = new MtraceReader();
  /** ltrace shows system calls, with library calls around them. */
  private hasSystemCalls = false;

  constructor(private readonly file: string) {
    this.others = new OtherLines(file);
  }

  /** The event of the next line; undefined if there is none, or if it is incomplete. Throws `InputError`. */
  read(written: string): LogEntry | undefined {
    const line = ++this.line;
    const raw = written.includes("\x1b[") ? written.replace(COLOUR, "") : written;
    const [, turn] = raw.startsWith(PID_BEGINS) ? (TURN.exec(raw) ?? []) : [];
    if (turn !== undefined) return { type: "turn", line, pid: this.pidOf(turn) };
    const usual = this.begun === "" && !this.hasSystemCalls ? this.usual(raw, line) : undefined;
    if (usual !== undefined) return usual;
    const { own, digits, rest } = splitPrefix(this.begun === "" ? raw : this.begun + raw.trim());
    if (rest === "" || rest.startsWith("//")) return undefined;
    if (rest.startsWith("#")) return remarkOf(rest, line);
    if (ATTACHED.test(rest)) {
      this.interrupt((own + rest).replace(ATTACHED, ""));
      return undefined;
    }
    this.begun = "";
    const text = returned(unstamped(rest));
    this.isTable ||= TABLE.test(text);
    return this.isTable ? undefined : this.entryIn(text, line, digits);
  }

  /** The end of the log. Throws `InputError` if most of its lines were no calls. */
  end(): void {
    this.others.mustBeFew(this.calls);
  }

  private entryIn(text: string, line: number, digits: string | undefined): LogEntry | undefined {
    const unfinished = this.unfinished;
    this.unfinished = undefined;
    const end = ENDED.exec(text);
    if (end !== null) {
      const pid = this.pidOf(digits);
      if (pid !== undefined) this.takePending(pid);
      return { type: "exit", line, pid, killedBy: end[1] };
    }
    const signal = signalIn(text);
    if (signal !== undefined) return { type: "signal", line, pid: this.pidOf(digits), ...signal };
    const mode = MODE.exec(text);
    if (mode !== null) return modeOf(line, this.pidOf(digits), mode);
    if (REMARK.test(text)) {
      this.supersede(text, digits);
      return undefined;
    }
    const traced = this.mtrace.callIn(text);
    if (traced !== undefined) return traced === "" ? undefined : this.callEntry(traced, line, undefined);
    const isCall = isCallLike(text);
    if (unfinished !== undefined && (REST.test(text) || (!isCall && END.test(text)))) {
      const begun = this.takePending(unfinished.pid) ?? "";
      return this.callEntry(begun + text, line, unfinished.pid);
    }
    if (this.split !== undefined && REST.test(text)) return this.joinSplit(this.split, text, line);
    if (isCall) return this.callOf(text, line, this.pidOf(digits));
    if (this.pending.size > 0 && REST.test(text)) throw this.fault(`${quote(text)} is not a call`, LOOKS);
    this.others.add(line, text, this.calls);
    return undefined;
  }

  /** A message of strace interrupts the line. */
  private interrupt(begun: string): void {
    const isCall = begun !== "" && isCallLike(unstamped(splitPrefix(begun).rest));
    if (begun.length > MOST_BEGUN)
      throw this.fault("the line has no end", "give a call log, as strace writes it");
    if (begun !== "" && !isCall) this.others.add(this.line, begun, this.calls);
    this.begun = isCall ? begun : "";
  }

  /** The rest of a call whose line the program's output has interrupted. */
  private joinSplit(split: SplitCall, rest: string, line: number): CallEntry | undefined {
    this.split = undefined;
    this.others.count--;
    return this.callEntry(split.text + rest, line, split.pid);
  }

  /** A call of the common form, with or without a process number; undefined for any other line. */
  private usual(raw: string, line: number): CallEntry | undefined {
    const [prefix = "", digits] = raw.startsWith(PID_BEGINS) ? (DEFAULT_PID.exec(raw) ?? []) : [];
    const text = prefix === "" ? raw : raw.slice(prefix.length);
    const usual = commonForm(text);
    if (usual === undefined) return undefined;
    const row = callRow(usual.name);
    if (usual.expected !== undefined && isWatched(row)) return undefined;
    const pid = digits === undefined ? undefined : this.pidOf(digits);
    if (this.unfinished !== undefined) this.unfinished = undefined;
    this.count(usual);
    return entryOf(line, pid, text, usual, row);
  }

  private pidOf(digits: string | undefined): number | undefined {
    if (digits === undefined) return undefined;
    const pid = Number(digits);
    if (pid >= 1 && pid <= MOST_PID) return pid;
    throw this.fault(`there is no process ${digits}`, `Linux numbers them from 1 to ${MOST_PID}`);
  }

  /** A thread that executes another program takes over the number of its process. */
  private supersede(text: string, digits: string | undefined): void {
    const [, thread] = /^\+\+\+ superseded by execve in pid (\d+)/.exec(text) ?? [];
    const begun = thread === undefined ? undefined : this.pending.get(Number(thread));
    if (begun === undefined) return;
    this.pending.delete(Number(thread));
    this.pending.set(this.pidOf(digits), begun);
  }

  private callOf(said: string, line: number, pid: number | undefined): LogEntry | undefined {
    if (said.endsWith(DETACHED) || NEVER_FINISHED.test(said)) return undefined;
    this.hasSystemCalls ||= isSystemCall(said);
    const resumed = RESUMED.exec(said);
    if (resumed !== null) {
      const begun = this.resume(pid, resumed[1] ?? "");
      if (begun === undefined) return undefined; // began before the log
      return this.callEntry(begun + said.slice(resumed[0].length), line, pid);
    }
    if (said.endsWith(UNFINISHED)) {
      this.unfinished = { pid };
      return this.begin(said.slice(0, -UNFINISHED.length).trimEnd(), line, pid);
    }
    const [changed = "", leader] = PID_CHANGED.exec(said) ?? [];
    if (changed === "") return this.callEntry(said, line, pid);
    this.begin(said.slice(0, -changed.length).trimEnd(), line, this.pidOf(leader));
    return undefined;
  }

  /** The call; undefined for a library call if the log also has system calls. */
  private callEntry(text: string, line: number, pid: number | undefined): CallEntry | undefined {
    if (this.hasSystemCalls && !isSystemCall(text)) return undefined;
    const call = this.parsed(text, pid);
    if (call === undefined) return undefined;
    this.count(call);
    const isMade = !text.includes("INJECTED") || !INJECTED.test(text);
    return entryOf(line, pid, text, call, isMade ? callRow(call.name) : OTHER_CALL);
  }

  private count({ expected }: ParsedCall): void {
    this.calls++;
    this.isRecorded ||= expected !== undefined;
  }

  private begin(text: string, line: number, pid: number | undefined): LogEntry | undefined {
    this.pendingLength += text.length - (this.pending.get(pid)?.length ?? 0);
    if (this.pendingLength > MOST_PENDING)
      throw this.fault("too many calls are unfinished", "give a call log, as strace writes it");
    this.pending.set(pid, text);
    const row = callRow(nameOf(text));
    if (!row.isChecked || this.hasSystemCalls) return undefined;
    try {
      return { type: "begun", line, pid, text, call: { ...parseCall(`${text})`), row } };
    } catch {
      return undefined; // cut off within an argument
    }
  }

  /**
   * The unfinished call of the process. A line has no number while the process is the only one, so either the beginning
   * or the end may be without.
   */
  private resume(pid: number | undefined, name: string): string | undefined {
    const isOwn = (key: number | undefined) => nameOf(this.pending.get(key) ?? "") === name;
    const others = pid === undefined ? [...this.pending.keys()].reverse() : [undefined];
    const [key] = [...[pid, ...others].filter(isOwn), pid];
    const begun = this.takePending(key);
    if (begun === undefined || nameOf(begun) === name) return begun;
    throw this.fault(
      `${name} goes on, and ${nameOf(begun)} was begun`,
      "add the line that is missing before it",
    );
  }

  private takePending(pid: number | undefined): string | undefined {
    const begun = this.pending.get(pid);
    this.pending.delete(pid);
    this.pendingLength -= begun?.length ?? 0;
    return begun;
  }

  /** Undefined if the line is not the whole of a call. */
  private parsed(text: string, pid: number | undefined): ParsedCall | undefined {
    try {
      const call = parseCall(text);
      const own = isSystemCall(text) ? asSystemCall(call, this.line) : call;
      checkSemantics(own, callRow(own.name));
      return own;
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      const name = nameOf(text);
      const row = callRow(name);
      const named = row.isChecked ? undefined : parseName(text);
      if (named !== undefined) return named;
      // A line of a recording may be cut; in a log without results the call was written wrongly.
      const isCut = this.isRecorded && error.at >= text.length && text.includes("(");
      if (!isCut && (row.isChecked || (row === OTHER_CALL && meantBy(name) !== undefined)))
        throw this.fault(error.problem, error.remedy);
      this.split = { text: text.slice(0, error.at), pid };
      this.others.add(this.line, text, this.calls);
      return undefined;
    }
  }

  private fault(problem: string, remedy: string): InputError {
    return new InputError(problem, remedy, `${this.file}:${this.line}`);
  }
}

/** True if the text is a call, or is meant to be one. */
function isCallLike(text: string): boolean {
  const [begin, name = "", blank = ""] = CALL.exec(text) ?? [];
  if (begin === undefined) return callRow(BARE.exec(text)?.[1] ?? "").isChecked;
  // In prose a blank comes before a bracket.
  return blank === "" ? !MESSAGE.test(text) : callRow(name) !== OTHER_CALL;
}

/** The name of the call at the start of the text, without the library's name. */
function nameOf(text: string): string {
  return /^(?:[\w.]+->)?([\w.]*)/.exec(text)?.[1] ?? "";
}

/** Copies property by property: a spread costs more than parsing the call. */
function entryOf(
  line: number,
  pid: number | undefined,
  text: string,
  call: ParsedCall,
  row: CallRow,
): CallEntry {
  const { name, args, named, target, expected } = call;
  return { type: "call", line, pid, text, name, args, named, target, expected, row };
}

function remarkOf(comment: string, line: number): LogEntry | undefined {
  const setting = settingOf(comment);
  return setting && { type: "setting", line, pid: undefined, ...setting };
}

function modeOf(line: number, pid: number | undefined, [, named, bits]: RegExpExecArray): LogEntry {
  return { type: "mode", line, pid, named: Number(named), bits: bits === "32" ? 32 : 64 };
}

function returned(text: string): string {
  return text.endsWith(NO_RETURN) ? `${text.slice(0, -NO_RETURN.length).trimEnd()})` : text;
}
