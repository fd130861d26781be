/** What the calls of a log answered, beside what the log has for them. */

import type { Outcome } from "./call.js";
import type { CallEntry } from "./call-log.js";
import type { Expected } from "./result.js";

import { describe, differs, toldAs } from "./verify.js";

export interface AnsweredCall {
  /** In the log, or the call's number in a time line. */
  readonly line: number;
  readonly pid: number;
  /** As the log has it, without its result. */
  readonly call: string;
  /** As a log would have it: `0x7ffff7ffe000`, `-1 ENOMEM (Cannot allocate memory)`, `ok`, `SIGSEGV SEGV_MAPERR`. */
  readonly answer: string;
  /** The log's own answer, where it has one, and whether that says the same. */
  readonly recorded: string | undefined;
  readonly matched: boolean | undefined;
}

/** How many calls there were, and the first of them. */
export interface CallList {
  readonly count: number;
  readonly entries: readonly AnsweredCall[];
}

/** Of these at most so many are kept, with so many characters, however long the log. */
const MOST_CALLS = 100_000;
const MOST_CHARACTERS = 1 << 26;

/** `RunOptions`, as far as they matter here. */
interface Settings {
  readonly verify: boolean;
  readonly follow: boolean | undefined;
  /** Every call is kept. */
  readonly answers: boolean;
}

type Answer = Pick<Outcome, "shown" | "isAddress" | "isBlock" | "error" | "signal" | "mayBeZero">;

export class AnswerLog {
  readonly all = new FirstCalls();
  /** Those that were to answer what the log has, and do not. */
  readonly differences = new FirstCalls();
  /** Those that failed where the log says nothing of it. */
  readonly refused = new FirstCalls();
  checked = 0;

  constructor(private readonly settings: Settings) {}

  /** Takes note of a call; does the log have another answer? */
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

  /** Takes note of a call that is taken as the log has it. */
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
  const { signal: name, code } = toldAs(expected, signal);
  return { kind: "signal", name, code };
}

/** The call as the log has it, without its result. */
export function callText({ text }: CallEntry): string {
  return withoutComment(text).replace(/\)\s*=[^=]*$/, ")");
}

/** Without a comment, which begins behind a space and in no text, and C's end of a line. In one pass, however long. */
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
