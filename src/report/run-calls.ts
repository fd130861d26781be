/** A run's calls, as a log would have them: those that ran, that were refused, that differ from the record. */
import type { AnsweredCall, CallList } from "../process/log/run/answer-log.js";
import type { RunResult } from "../process/log/run/result.js";
import { cut, type Section } from "./layout.js";
import { formatCount, formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

/** Where the lines of a call go, and what numbers it. */
export interface CallView {
  readonly unit: RunResult["unit"];
  readonly style: Style;
  /** Columns that a line may have. */
  readonly width: number;
}

/** A call is never cut shorter, however long its answer. */
const LEAST_CALL = 16;
const INDENT = "  ";

export function mismatchSection({ firstMismatch, mismatched }: RunResult, view: CallView): Section[] {
  if (firstMismatch === undefined) return [];
  const { line, call, expected, actual } = firstMismatch;
  const lines = [`  ${call}`, `  recorded  ${expected}`, `  answered  ${actual}`];
  return [
    {
      title: "First difference",
      note: `of ${formatCount(mismatched)}, in ${view.unit} ${line}`,
      lines: lines.map((text) => cut(text, view.width)),
    },
  ];
}

/** Calls that failed although the log records no failure. */
export function refusedSection({ count, entries }: CallList, most: number, view: CallView): Section[] {
  if (count === 0) return [];
  const shown = entries.slice(0, most);
  const note = `${formatCount(count)}${count > shown.length ? ", the first of them" : ""}`;
  const lines = shown.flatMap((call) => callLine(call, `${view.unit} ${call.line}: `, view));
  return [{ title: "Refused", note, lines }];
}

/** The calls of a list, at most so many, as lines of a log; those before the line `until`, where that is given. */
export function callSection(
  { title, when, until }: { title: string; when: string; until: number | undefined },
  list: CallList,
  most: number,
  view: CallView,
): Section {
  const calls = until === undefined ? list.entries : list.entries.filter(({ line }) => line < until);
  // Where some were not kept, it is not known how many of them came before a line.
  const count = calls.length === list.entries.length ? list.count : calls.length;
  const shown = calls.slice(0, most);
  const left = count - shown.length;
  const kept = calls.length === count ? "them all" : `the first ${formatCount(calls.length)}`;
  const lines = callLines(shown, view);
  if (left > 0) lines.push(`  … ${formatCounted(left, "more call")}; --json has ${kept}`);
  return { title, note: `${formatCount(count)}, ${when}`, lines };
}

/** Their numbers below one another; whose they are, where they are not all of one process. */
function callLines(calls: readonly AnsweredCall[], view: CallView): string[] {
  const digits = Math.max(0, ...calls.map(({ line }) => String(line).length));
  const hasMany = calls.some(({ pid }) => pid !== calls[0]?.pid);
  return calls.flatMap((call) => {
    const process = hasMany ? `[pid ${call.pid}] ` : "";
    return callLine(call, `${String(call.line).padStart(digits)}  ${process}`, view);
  });
}

/**
 * `  2  munmap(0x1001, 4096) = -1 EINVAL (Invalid argument)  recorded 0`; the record goes below what has no room beside it,
 * and the call is cut where its answer would not fit.
 */
function callLine({ call, answer, recorded, matched }: AnsweredCall, head: string, view: CallView): string[] {
  const { width, style } = view;
  const room = width - INDENT.length - head.length - ` = ${answer}`.length;
  const line = cut(`${INDENT}${head}${cut(call, Math.max(room, LEAST_CALL))} = ${answer}`, width);
  if (matched !== false) return [line];
  const record = `${INDENT}recorded ${recorded}`;
  const isBeside = room >= call.length + record.length;
  if (isBeside) return [`${line}${style.warn(record)}`];
  return [line, style.warn(cut(`${" ".repeat(head.length + INDENT.length)}${record}`, width))];
}
