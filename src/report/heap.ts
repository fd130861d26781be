/** The output of `heap`: a table of allocators, the findings of the log, and allocators that ended their process. */

import type { HeapResult } from "../heap/heap.js";
import { type HeapRow, isWhole } from "../heap/rows.js";
import type { CostSummary } from "../heap/simulate.js";
import { type CsvValue, csv } from "./csv.js";
import { customNotes, unique } from "./groups.js";
import { endOf, errorCount } from "./heap-log.js";
import { ABSENT, formatBytes, formatCount, formatCounted, formatDuration, formatRate } from "./numbers.js";
import { headingLines } from "./reading.js";
import { PLAIN, type Style } from "./style.js";
import { plainTable } from "./table.js";

const MARK = " *";
const UNMARKED = "  ";

interface Column {
  head: string;
  cell: (row: HeapRow) => string;
  /** The smallest value of the column is marked. */
  least?: (row: HeapRow) => number;
  /** The order in which columns are left out on a narrow terminal, the largest number first; 0: never. */
  spare: number;
}

const COLUMNS: readonly Column[] = [
  {
    head: "peak heap",
    cell: (row) => formatBytes(row.peakHeapBytes),
    least: (row) => row.peakHeapBytes,
    spare: 0,
  },
  { head: "final", cell: (row) => formatBytes(row.finalHeapBytes), spare: 3 },
  { head: "internal", cell: (row) => percent(row.internalFragmentation), spare: 0 },
  { head: "external", cell: (row) => percent(row.externalFragmentation), spare: 0 },
  {
    head: "peak resident",
    cell: (row) => formatBytes(row.peakResidentBytes),
    least: (row) => row.peakResidentBytes,
    spare: 0,
  },
  { head: "faults", cell: ({ faults }) => formatCount(faults.minor + faults.major), spare: 2 },
  { head: "brk", cell: (row) => formatCount(row.brkCalls), spare: 4 },
  { head: "mmap", cell: (row) => formatCount(row.mmapCalls), spare: 4 },
  { head: "munmap", cell: (row) => formatCount(row.munmapCalls), spare: 5 },
  { head: "failed", cell: (row) => formatCount(row.failed), spare: 6 },
  { head: "operations/s", cell: (row) => formatRate(row.operationsPerSecond), spare: 1 },
];

export async function heapText(result: HeapResult, style: Style, width: number): Promise<string> {
  const { results } = result;
  const parts = [
    ...headingOf(result, style, width),
    await table(results, columnsFor(results, width), style),
    ...(results.some(({ costs }) => costs !== undefined) ? ["", await costTable(results, style)] : []),
    "",
    ...notesOf(result, style),
  ];
  return `${parts.join("\n")}\n`;
}

function headingOf({ log, results: [first] }: HeapResult, style: Style, width: number): string[] {
  if (log === undefined) return [];
  const peak =
    first === undefined || first.stopped !== undefined
      ? ""
      : `, at most ${formatBytes(first.peakLiveBytes)} in ${formatCounted(first.peakLiveBlocks, "block")} in use`;
  const operations = formatCounted(log.operations, "operation");
  return headingLines(log.name, { path: log.name, ...log }, `${operations}${peak}`, style, width);
}

/** The columns that fit. */
function columnsFor(rows: readonly HeapRow[], width: number): readonly Column[] {
  const fits = (columns: readonly Column[]) => widthOf(cellsOf(rows, columns, PLAIN)) <= width;
  let columns = COLUMNS.filter(({ head }) => head !== "failed" || rows.some(({ failed }) => failed > 0));
  for (;;) {
    const most = Math.max(...columns.map(({ spare }) => spare));
    if (most === 0 || fits(columns)) return columns;
    columns = columns.filter(({ spare }) => spare < most);
  }
}

/** Blanks around each cell. */
const PADDING = 2;

function widthOf(rows: readonly (readonly string[])[]): number {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return widths.reduce((sum, cell) => sum + cell + PADDING, 0);
}

function cellsOf(rows: readonly HeapRow[], columns: readonly Column[], style: Style): string[][] {
  const head = ["allocator", ...columns.map((column) => column.head + (column.least ? UNMARKED : ""))];
  return [
    head,
    ...rows.map((row) => [nameOf(row), ...columns.map((column) => cellOf(row, column, rows, style))]),
  ];
}

function cellOf(row: HeapRow, { cell, least }: Column, rows: readonly HeapRow[], style: Style): string {
  if (least === undefined) return cell(row);
  const whole = rows.filter(isWhole);
  const isBest = whole.length > 1 && isWhole(row) && least(row) === Math.min(...whole.map(least));
  return isBest ? style.best(cell(row) + MARK) : cell(row) + UNMARKED;
}

function nameOf({ allocator, stopped, interruptedAt }: HeapRow): string {
  if (stopped !== undefined) return `${allocator} †`;
  return interruptedAt === undefined ? allocator : `${allocator} …`;
}

async function table(rows: readonly HeapRow[], columns: readonly Column[], style: Style): Promise<string> {
  const [head = [], ...body] = cellsOf(rows, columns, style);
  return plainTable(head, body, isName);
}

const isName = (column: number) => column === 0;

/** Costs of an operation, quantiles in columns. */
async function costTable(rows: readonly HeapRow[], style: Style): Promise<string> {
  const head = ["cost of an operation", "steps", "99 %", "99.9 %", "most", "lines", "99 %", "99.9 %", "most"];
  const cells = ({ mean, p99, p999, most }: CostSummary) => [
    mean < 100 ? mean.toFixed(2) : formatCount(mean),
    ...[p99, p999, most].map(formatCount),
  ];
  const levels = [...new Set(rows.flatMap(({ tlb }) => Object.keys(tlb ?? {})))].filter(
    (name) => !name.endsWith("i"),
  );
  const body = rows.map(({ allocator, costs, tlb }) => [
    allocator,
    ...(costs === undefined ? Array<string>(8).fill(ABSENT) : [...cells(costs.steps), ...cells(costs.lines)]),
    ...levels.map((level) => formatCount(tlb?.[level]?.misses ?? 0)),
  ]);
  return plainTable([...head, ...levels.map((level) => `${level} misses`)].map(style.dim), body, isName);
}

function notesOf({ log, results }: HeapResult, style: Style): string[] {
  const notes: string[] = [];
  for (const { allocator, stopped } of results) {
    if (stopped === undefined) continue;
    const { line, signal, code, message } = stopped;
    const how =
      signal === undefined
        ? "could not go on"
        : `ended the process by ${[signal, code].filter(Boolean).join(" ")}`;
    notes.push(
      style.warn(`† ${allocator} ${how} at line ${formatCount(line)}${message ? `: ${message}` : ""}`),
    );
  }
  const named = results.map(({ allocator: name, javascript }) => ({ name, javascript }));
  notes.push(...customNotes(named).map(style.dim));
  const cut = results.filter(({ interruptedAt }) => interruptedAt !== undefined);
  if (cut.length > 0) notes.push(style.warn(interruptionNote(cut)));
  if (results.filter(isWhole).length > 1) notes.push(style.dim("* least"));
  notes.push(
    style.dim(
      "internal: share of used blocks that was not requested; external: share of the heap outside used blocks; both at the peak of use",
    ),
  );
  const seconds = results.reduce((sum, row) => sum + row.seconds, 0);
  notes.push(...findingNotes(log, style), style.dim(`${formatDuration(seconds)} in the engine`));
  return notes;
}

/** `… interrupted at line 1,024: glibc, bump; at line 512: musl`. */
function interruptionNote(rows: readonly HeapRow[]): string {
  const lines = unique(rows.map(({ interruptedAt = 0 }) => interruptedAt));
  const places = lines.map((line) => {
    const there = rows.filter(({ interruptedAt }) => interruptedAt === line);
    return `at line ${formatCount(line)}: ${there.map(({ allocator }) => allocator).join(", ")}`;
  });
  return `… interrupted ${places.join("; ")}`;
}

/** Findings of the log that deserve attention. */
function findingNotes(log: HeapResult["log"], style: Style): string[] {
  if (log === undefined) return [];
  const { blocks, bytes } = log.findings.leaks;
  const errors = errorCount(log.findings);
  const found = [
    ...(errors > 0 ? [`${formatCounted(errors, "call")} with a block that is not in use`] : []),
    ...(blocks > 0
      ? [`${formatCounted(blocks, "block")}, ${formatBytes(bytes)}, not freed ${endOf(log.interruptedAt)}`]
      : []),
  ];
  if (found.length === 0) return [];
  const line = `${found.join("; ")}: see --show leaks,errors`;
  return [errors > 0 ? style.warn(line) : style.dim(line)];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The results as comma-separated values, one line each. */
export function heapCsv({ results }: HeapResult): string {
  const rows = results.map(csvRow);
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csv(
    keys,
    rows.map((row) => Object.fromEntries(keys.map((key) => [key, row[key] ?? ""]))),
  );
}

function csvRow({
  faults,
  costs,
  tlb,
  stopped,
  interruptedAt,
  timeline,
  map,
  javascript,
  ...row
}: HeapRow): Record<string, CsvValue> {
  const quantiles = (name: string, cost: CostSummary | undefined) =>
    Object.entries(cost ?? {}).map(([key, value]) => [`${name}.${key}`, value] as const);
  return {
    ...row,
    minorFaults: faults.minor,
    majorFaults: faults.major,
    ...Object.fromEntries([...quantiles("steps", costs?.steps), ...quantiles("lines", costs?.lines)]),
    ...Object.fromEntries(Object.entries(tlb ?? {}).map(([name, { misses }]) => [`${name}.misses`, misses])),
    ...(stopped !== undefined && { stoppedAtLine: stopped.line, signal: stopped.signal ?? "" }),
    ...(interruptedAt !== undefined && { interruptedAtLine: interruptedAt }),
  };
}
