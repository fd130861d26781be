/** The model's answers to the calls of a log, with the recorded ones. */

import type { Outcome } from "../calls/call.js";
import type { CallEntry } from "../parse/entry.js";
import type { Expected } from "../parse/result.js";

import { describe, differs, withRecordedName } from "./verify.js";

/** A call of a log with its answer. */
export interface AnsweredCall {
  /** Line of the log, or number of the call in a time line. */
  readonly line: number;
  /** Number of the process. */
  readonly pid: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** In the notation of logs: `0x7ffff7ffe000`, `-1 ENOMEM (Cannot allocate memory)`, `ok`, `SIGSEGV SEGV_MAPERR`. */
  readonly answer: string;
  /** The recorded answer, if there is one. */
  readonly recorded: string | undefined;
  /** The answer is equal to the recorded one; undefined if there is none. */
  readonly matched: boolean | undefined;
}

/** The number of calls, and the first of them. */
export interface CallList {
  /** Number of the calls, also of those that are not in `entries`. */
  readonly count: number;
  /** The first ones. */
  readonly entries: readonly AnsweredCall[];
}

/** Limits on kept calls and on characters of a call, so that memory does not grow with the log. */
const MOST_CALLS = 100_000;
const MOST_CHARACTERS = 1 << 26;

/** The part of `RunOptions` that is used here. */
interface Settings {
  readonly verify: boolean;
  readonly follow: boolean | undefined;
  /** Keep every call. */
  readonly answers: boolean;
}

type Answer = Pick<Outcome, "shown" | "isAddress" | "isBlock" | "error" | "signal" | "mayBeZero">;

export class AnswerLog {
  readonly all = new FirstCalls();
  /** Calls whose answer differs from the recorded one. */
  readonly differences = new FirstCalls();
  /** Calls that failed although the log records no failure. */
  readonly refused = new FirstCalls();
  checked = 0;

  constructor(private readonly settings: Settings) {}

  /** Records a call; returns whether its answer differs from the log's. */
  add(pid: number, entry: CallEntry, answer: Answer): boolean {
    const { verify, follow, answers } = this.settings;
    const { expected } = entry;
    const isDifferent = expected !== undefined && differs(expected, answer);
    this.all.count++;
    if (verify && expected !== undefined) this.checked++;
    const isFound = verify && isDifferent;
    const isRefused =
      answer.error !== undefined && (expected === undefined || (isDifferent && !verify && !follow));
    if (!answers && !isFound && !isRefused) return isDifferent;
    const call = answered(pid, entry, answer, isDifferent);
    if (answers) this.all.keep(call);
    if (isFound) this.differences.add(call);
    if (isRefused) this.refused.add(call);
    return isDifferent;
  }

  /** Records a call whose recorded answer is used. */
  take(pid: number, entry: CallEntry, usual: bigint): void {
    const shown = entry.expected ?? { kind: "value", value: usual };
    this.add(pid, entry, { shown, isAddress: false, error: undefined, signal: undefined });
  }
}

class FirstCalls implements CallList {
  readonly entries: AnsweredCall[] = [];
  count = 0;
  private characters = 0;

  add(call: AnsweredCall): void {
    this.count++;
    this.keep(call);
  }

  keep(call: AnsweredCall): void {
    if (this.entries.length === MOST_CALLS || this.characters > MOST_CHARACTERS) return;
    this.entries.push(call);
    this.characters += call.call.length + (call.recorded?.length ?? 0);
  }
}

function answered(pid: number, entry: CallEntry, answer: Answer, isDifferent: boolean): AnsweredCall {
  const { line, expected } = entry;
  const isRecorded = expected !== undefined;
  return {
    line,
    pid,
    call: callText(entry),
    answer: describe(shownOf(expected, answer), answer.isAddress, answer.isBlock),
    recorded: isRecorded ? describe(expected, answer.isAddress, answer.isBlock) : undefined,
    matched: isRecorded ? !isDifferent : undefined,
  };
}

function shownOf(expected: Expected | undefined, { shown, signal }: Answer): Expected {
  if (signal === undefined) return shown;
  const { signal: name, code } = withRecordedName(expected, signal);
  return { kind: "signal", name, code };
}

/** The call's text in the log, without its result. */
export function callText({ text }: CallEntry): string {
  return withoutComment(text).replace(/\)\s*=(?:\s*\{[^{}]*\}|[^=]*)$/, ")");
}

/** Removes a comment (which follows a space and is outside of strings) and the semicolon of C, in one pass. */
function withoutComment(text: string): string {
  let end = text.length;
  const mark = /"|\\.|#|\/\//g;
  let isInText = false;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    const [what] = found;
    if (what === '"') isInText = !isInText;
    else if (!isInText && !what.startsWith("\\") && /\s/.test(text[found.index - 1] ?? "")) {
      end = found.index;
      break;
    }
  }
  const call = text.slice(0, end).trimEnd();
  return call.endsWith(";") ? call.slice(0, -1) : call;
}
