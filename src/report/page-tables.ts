/**
 * Page tables as a tree: one line for each entry, indented by level; adjacent similar entries share a line.
 *
 *   PML4 in frame 3
 *   [255]            0x7f8000000000  PDPT in frame 2    P RW US A
 *     [511]          0x7fffc0000000  PD in frame 1      P RW US A
 *       [511]        0x7fffffe00000  PT in frame 0      P RW US A
 *         [509-510]  0x7fffffffd000  frames 4-5         P RW US A D NX
 */
import type { TableEntryView, TableView } from "../process/proc/page-tables.js";
import { formatCount } from "./numbers.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;

/** At most `most` lines; the last gives the number of omitted ones. */
export function pageTableLines(root: TableView, most: number): string[] {
  const rows = [...rowsOf(root, "")];
  const shown = rows.slice(0, most);
  const width = (column: number) => Math.max(...shown.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1), width(2)];
  const lines = shown.map(
    (row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`,
  );
  const left = rows.length - shown.length;
  return [
    `  ${root.name} in frame ${formatCount(root.frame)}`,
    ...lines,
    ...(left > 0 ? [`  … ${formatCount(left)} more lines`] : []),
  ];
}

function* rowsOf({ entries }: TableView, indent: string): Generator<string[]> {
  for (let n = 0; n < entries.length; ) {
    const first = entries[n] as TableEntryView;
    let end = n + 1;
    while (end < entries.length && continues(entries[end - 1], entries[end])) end++;
    const last = entries[end - 1] as TableEntryView;
    const index = first === last ? `[${first.index}]` : `[${first.index}-${last.index}]`;
    yield [`${indent}${index}`, hex(first.address), targetOf(entries.slice(n, end)), first.bits.join(" ")];
    if (first.table !== undefined) yield* rowsOf(first.table, `${indent}  `);
    n = end;
  }
}

/** Pages at consecutive addresses with the same bits share a line. */
function continues(before: TableEntryView | undefined, entry: TableEntryView | undefined): boolean {
  if (before === undefined || entry === undefined || before.table || entry.table) return false;
  if (entry.index !== before.index + 1 || kindOf(entry) !== kindOf(before)) return false;
  return entry.bits.join() === before.bits.join();
}

function targetOf(entries: readonly TableEntryView[]): string {
  const [first] = entries;
  if (first === undefined) return "";
  if (first.table !== undefined) return `${first.table.name} in frame ${first.table.frame}`;
  const noun = `${kindOf(first)}${entries.length === 1 ? "" : "s"}`;
  const numbers = entries.flatMap(({ frame, swapPlace }) => frame ?? swapPlace ?? []);
  return numbers.length === 0 ? noun : `${noun} ${rangesOf(numbers)}`;
}

function kindOf({ frame, swapPlace }: TableEntryView): "frame" | "swap place" | "guard" {
  if (frame !== undefined) return "frame";
  return swapPlace === undefined ? "guard" : "swap place";
}

const MOST_RANGES = 3;

/** `4-7, 12, 9, …` */
function rangesOf(numbers: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last.to + 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  const texts = ranges
    .slice(0, MOST_RANGES)
    .map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  return [...texts, ...(ranges.length > MOST_RANGES ? ["…"] : [])].join(", ");
}
