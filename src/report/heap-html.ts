/** The static part of a report of `heap`: facts of the log, and a table of allocators. */
import { isWhole } from "../heap/rows.js";
import { escapeHtml } from "./escape.js";
import type { HeapReport } from "./heap-data.js";
import { LEAK_HEAD } from "./heap-log.js";
import { plainTableHtml } from "./html-table.js";
import { ABSENT, formatBytes, formatCount, formatCounted, formatRate, formatRatio } from "./numbers.js";

type Row = HeapReport["rows"][number];

export function heapFacts({ format, operations, rows, blocks }: HeapReport): [name: string, value: string][] {
  const whole = rows.find(isWhole);
  return [
    ["format", format],
    ["operations", formatCount(operations)],
    ...(whole === undefined
      ? []
      : ([
          [
            "most in use",
            `${formatBytes(whole.peakLiveBytes)} in ${formatCount(whole.peakLiveBlocks)} blocks`,
          ],
        ] as [string, string][])),
    ...(blocks === undefined
      ? []
      : ([
          ["blocks", formatCount(blocks.made)],
          ["not freed", formatCount(blocks.kept)],
        ] as [string, string][])),
    ["allocators", formatCount(rows.length)],
  ];
}

export function heapTableCaption({ rows }: HeapReport): string {
  const costs = "steps and cache lines of an operation: mean, then 99 %, 99.9 %, most";
  const parts = ["* least", "internal and external: shares lost when most is in use"];
  return [...parts, ...(rows.some((row) => row.costs !== undefined) ? [costs] : [])].join("; ");
}

interface Column {
  head: string;
  value: (row: Row) => number | undefined;
  text: (value: number, row: Row) => string;
  /** The smallest value is marked. */
  isMarked?: true;
}

const COLUMNS: readonly Column[] = [
  {
    head: "peak heap",
    value: (row) => row.peakHeapBytes,
    text: (bytes, { finalHeapBytes }) =>
      `${formatBytes(bytes)}<small>${formatBytes(finalHeapBytes)} at the end</small>`,
    isMarked: true,
  },
  {
    head: "peak resident",
    value: (row) => row.peakResidentBytes,
    text: (bytes, { finalResidentBytes }) =>
      `${formatBytes(bytes)}<small>${formatBytes(finalResidentBytes)} at the end</small>`,
    isMarked: true,
  },
  { head: "internal", value: (row) => row.internalFragmentation, text: formatRatio },
  { head: "external", value: (row) => row.externalFragmentation, text: formatRatio },
  { head: "faults", value: ({ faults }) => faults.minor + faults.major, text: formatCount, isMarked: true },
  { head: "brk", value: (row) => row.brkCalls, text: formatCount },
  { head: "mmap", value: (row) => row.mmapCalls, text: formatCount },
  { head: "munmap", value: (row) => row.munmapCalls, text: formatCount },
  {
    head: "steps",
    value: ({ costs }) => costs?.steps.mean,
    text: (mean, { costs }) => quantiles(mean, costs?.steps),
  },
  {
    head: "lines",
    value: ({ costs }) => costs?.lines.mean,
    text: (mean, { costs }) => quantiles(mean, costs?.lines),
  },
  { head: "l1d misses", value: ({ tlb }) => tlb?.l1d?.misses, text: formatCount, isMarked: true },
  { head: "operations/s", value: (row) => row.operationsPerSecond, text: formatRate },
];

function quantiles(mean: number, cost: { p99: number; p999: number; most: number } | undefined): string {
  const rest = [cost?.p99, cost?.p999, cost?.most].map((value) => formatCount(value ?? 0)).join(" · ");
  return `${mean.toFixed(2)}<small>${rest}</small>`;
}

export function heapTableHtml({ rows }: HeapReport, ranking: readonly string[]): string {
  const columns = COLUMNS.filter(({ value }) => rows.some((row) => value(row) !== undefined));
  const body = ranking.flatMap((allocator) => {
    const row = rows.find((one) => one.allocator === allocator);
    return row === undefined ? [] : [rowHtml(row, columns, rows)];
  });
  return `<table class="numbers">
<thead><tr><th scope="col">allocator</th>${columns.map(({ head }) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>`;
}

function rowHtml(row: Row, columns: readonly Column[], rows: readonly Row[]): string {
  const cells = columns.map((column) => {
    const value = column.value(row);
    if (value === undefined) return `<td>${ABSENT}</td>`;
    const isBest = column.isMarked && isWhole(row) && value === leastOf(column, rows);
    const [first = "", rest] = column.text(value, row).split("<small>");
    const text = `${first}${isBest ? " *" : ""}${rest === undefined ? "" : `<small>${rest}`}`;
    return `<td${isBest ? ' class="best"' : ""}>${text}</td>`;
  });
  return `<tr><th scope="row">${escapeHtml(row.allocator)}${noteOf(row)}</th>${cells.join("")}</tr>`;
}

function leastOf({ value }: Column, rows: readonly Row[]): number {
  return Math.min(...rows.filter(isWhole).map((row) => value(row) ?? Number.POSITIVE_INFINITY));
}

/** The reason why the allocator did not serve the whole log. */
function noteOf({ stopped, interruptedAt, failed }: Row): string {
  if (stopped !== undefined) {
    const how = stopped.signal ?? "out of memory";
    return `<small>${escapeHtml(`${how} at line ${formatCount(stopped.line)}${stopped.message ? `: ${stopped.message}` : ""}`)}</small>`;
  }
  if (interruptedAt !== undefined) return `<small>interrupted at line ${formatCount(interruptedAt)}</small>`;
  return failed === 0 ? "" : `<small>${formatCount(failed)} failed</small>`;
}

/** Findings of the log: a title, a caption and content each; none if there are none. */
export function heapLogCards({ findings }: HeapReport): { title: string; caption: string; html: string }[] {
  if (findings === undefined) return [];
  const { leaks, errors, notes } = findings;
  const cards: { title: string; caption: string; html: string }[] = [];
  if (errors.calls > 0) {
    cards.push({
      title: "Errors",
      caption: [`${formatCounted(errors.calls, "call")} with a block that is not in use`, ...notes].join(
        "; ",
      ),
      html: `<ul>${errors.first.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`,
    });
  }
  if (leaks.blocks > 0) {
    const rest = leaks.blocks > leaks.largest.length ? ". The largest:" : "";
    cards.push({
      title: "Not freed",
      caption: `${formatCounted(leaks.blocks, "block")}, ${formatBytes(leaks.bytes)}, by the line that made them${rest}`,
      html: plainTableHtml([LEAK_HEAD, ...leaks.largest]),
    });
  }
  return cards;
}
