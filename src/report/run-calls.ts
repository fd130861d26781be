/**
 * The calls of a run in the form of a log: those that ran, those that were refused, those that differ from the record.
 */
import type { AnsweredCall, CallList } from "../process/log/run/answer-log.js";
import type { RunResult } from "../process/log/run/result.js";
import { cut, type Section } from "./layout.js";
import { formatCount, formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

/** The layout of lines of calls, and the unit of their numbers. */
export interface CallView {
  readonly unit: RunResult["unit"];
  readonly style: Style;
  /** Width of a line in columns. */
  readonly width: number;
}

/** Least width of a call, even if its answer is long. */
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

/** At most `most` calls of a list, as lines of a log; if `until` is given, only those before that line. */
export function callSection(
  { title, when, until }: { title: string; when: string; until: number | undefined },
  list: CallList,
  most: number,
  view: CallView,
): Section {
  const calls = until === undefined ? list.entries : list.entries.filter(({ line }) => line < until);
  // If the list is incomplete, the number of calls before a line is not known.
  const count = calls.length === list.entries.length ? list.count : calls.length;
  const shown = calls.slice(0, most);
  const left = count - shown.length;
  const kept = calls.length === count ? "them all" : `the first ${formatCount(calls.length)}`;
  const lines = callLines(shown, view);
  if (left > 0) lines.push(`  … ${formatCounted(left, "more call")}; --json has ${kept}`);
  return { title, note: `${formatCount(count)}, ${when}`, lines };
}

/** Lines with aligned numbers, and with the process if the calls are of several processes. */
function callLines(calls: readonly AnsweredCall[], view: CallView): string[] {
  const digits = Math.max(0, ...calls.map(({ line }) => String(line).length));
  const hasMany = calls.some(({ pid }) => pid !== calls[0]?.pid);
  return calls.flatMap((call) => {
    const process = hasMany ? `[pid ${call.pid}] ` : "";
    return callLine(call, `${String(call.line).padStart(digits)}  ${process}`, view);
  });
}

/**
 * ` 2 munmap(0x1001, 4096) = -1 EINVAL (Invalid argument) recorded 0`; the record gets its own line if it does not fit,
 * and the call is cut if its answer does not fit.
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
