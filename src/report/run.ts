/** The output of `run`. */

import { printable } from "../printable.js";
import type { ChargesResult } from "../process/block-charges.js";
import type { ProcessResult, RunResult } from "../process/log/run/result.js";
import type { PageView } from "../process/proc/pagemap.js";
import { pagemapEntry } from "../process/proc/pagemap.js";
import type { RegionView } from "../process/proc/regions.js";
import { OF_RUN, type Picture } from "../process/proc/show.js";
import { columns, cut, layOut, type Row, type Section } from "./layout.js";
import { ABSENT, formatBytes, formatCount, formatCounted, formatShare } from "./numbers.js";
import { pageTableLines } from "./page-tables.js";
import { readingNote } from "./reading.js";
import { type CallView, callSection, mismatchSection, refusedSection } from "./run-calls.js";
import { chargeTables } from "./run-charges.js";
import {
  chunkTable,
  figureTable,
  heapNote,
  heapRows,
  listTable,
  STEP_TEXTS,
  stepNote,
  stepTable,
} from "./run-heap.js";
import { callNumber, costTable, lockTable, swappedTable } from "./run-memory.js";
import { signalLines } from "./signals.js";
import type { Style } from "./style.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;
/** Signals and processes in the text; JSON has them all. */
const MOST_LINES = 20;
/** Characters of a call in a table. */
const MOST_CALL = 56;
/** Names of calls in a row, and characters of each. */
const MOST_NAMES = 6;
const MOST_NAME = 24;
/** Texts that calls have written. */
const MOST_WRITTEN = 4;
/** Lines of a table of pages, faults or calls. */
const MOST_SHOWN = 1000;

export interface TextOptions {
  /** True if recorded results were checked. */
  readonly verified: boolean;
  readonly style: Style;
  /** Width in columns to which calls are cut. */
  readonly width: number;
}

export function runText(
  result: RunResult,
  pictures: readonly Picture[],
  { verified, style, width }: TextOptions,
): string {
  const view = { unit: result.unit, style, width };
  const { trace } = result;
  const sections: Section[] = [
    ...(trace === undefined ? [] : [{ title: printable(trace.path), note: readingNote(trace) }]),
    { title: "Calls", rows: callRows(result, verified) },
    ...mismatchSection(result, view),
    ...refusedSection(result.refused, MOST_LINES, view),
    ...signalSection(result, view),
    ...writtenSections(result),
    ...processSections(result, style),
    { title: "System", note: systemNote(result), rows: systemRows(result) },
    ...pictures.map((picture) => pictureSection(picture, result, view)),
  ];
  return layOut(sections, style);
}

function callRows({ calls, checked, matched, skipped, otherLines }: RunResult, verified: boolean): Row[] {
  const rows: Row[] = [{ label: "run", value: formatCount(calls) }];
  if (verified && checked === 0)
    rows.push({ label: "checked", value: "0", note: "none of them has a result in the log" });
  if (verified && checked > 0) {
    rows.push({ label: "checked", value: formatCount(checked) });
    rows.push({ label: "as recorded", value: formatCount(matched), note: formatShare(matched, checked) });
  }
  rows.push(...skippedRow(skipped));
  if (otherLines > 0)
    rows.push({ label: "other lines", value: formatCount(otherLines), note: "not calls, skipped" });
  return rows;
}

/** The most frequent names. */
function skippedRow(skipped: RunResult["skipped"]): Row[] {
  const sorted = Object.entries(skipped).sort(([, one], [, other]) => other - one);
  if (sorted.length === 0) return [];
  const count = sorted.reduce((sum, [, count]) => sum + count, 0);
  const names = sorted.slice(0, MOST_NAMES).map(([name]) => cut(name, MOST_NAME));
  const note = [...names, ...(sorted.length > MOST_NAMES ? ["…"] : [])].join(", ");
  return [{ label: "skipped", value: formatCount(count), note }];
}

function signalSection({ signals, unit }: RunResult, { width }: CallView): Section[] {
  if (signals.length === 0) return [];
  const note = signals.length > MOST_LINES ? `${formatCount(signals.length)}, the first of them` : undefined;
  const lines = signalLines(signals.slice(0, MOST_LINES), unit, width);
  return [{ title: "Signals", note: note ?? formatCount(signals.length), lines }];
}

/** Sections of the texts that calls wrote. */
function writtenSections({ written, unit }: RunResult): Section[] {
  const sections: Section[] = written.slice(0, MOST_WRITTEN).map(({ line, call, text }) => ({
    title: call,
    note: `${unit} ${line}`,
    lines: text.trimEnd().split("\n"),
  }));
  const left = written.length - sections.length;
  if (left > 0)
    sections.push({ title: "More of these", note: formatCount(left), lines: ["--json has them"] });
  return sections;
}

/** Living processes first; processes beyond the limit are counted. */
function processSections(result: RunResult, style: Style): Section[] {
  const { process: first, processes } = result;
  const isShown = ({ pid, alive }: ProcessResult) => alive || pid === first.pid;
  const sorted = [...processes.filter(isShown), ...processes.filter((process) => !isShown(process))];
  const sections: Section[] = sorted.slice(0, MOST_LINES).map((process) => ({
    title: `Process ${process.pid}`,
    note: process.alive ? formatCounted(process.maps.length, "region") : endOf(process, result),
    rows: processRows(process, result),
    lines: spaced(columns(lockTable(process.maps, result.unit), style)),
  }));
  const others = sorted.length - sections.length;
  return others <= 0
    ? sections
    : [...sections, { title: "Other processes", note: formatCount(others), lines: ["--json has them all"] }];
}

/** Preceded by an empty line if there are any. */
function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** The end of a process, in words. */
function endOf({ pid }: ProcessResult, { signals, unit }: RunResult): string {
  const last = signals.findLast((signal) => signal.pid === pid && signal.deadly);
  return last === undefined ? "has ended" : `ended by ${last.signal} in ${unit} ${last.line}`;
}

/** Zero amounts, locked or in swap, are left out. */
function processRows(process: ProcessResult, { system, unit }: RunResult): Row[] {
  const { faults, cycles } = process;
  const bytes = (label: string, count: number): Row => ({ label, value: formatBytes(count) });
  const rows: Row[] = [
    ...(process.alive ? [bytes("resident", process.residentBytes)] : []),
    ...(process.lockedBytes > 0 ? [bytes("locked", process.lockedBytes)] : []),
    ...(process.alive && system.swapPages > 0 ? [bytes("in swap", process.swapBytes)] : []),
    ...heapRows(process.heap),
    { label: "minor faults", value: formatCount(faults.minor) },
    { label: "major faults", value: formatCount(faults.major) },
    {
      label: "cycles",
      value: formatCount(cycles.total),
      note: `${formatCount(cycles.faults)} in faults, ${formatCount(cycles.calls)} in calls`,
    },
  ];
  const worst = cycles.worstReference;
  if (worst !== undefined) {
    rows.push({
      label: "worst reference",
      value: formatCount(worst.cycles),
      note: `cycles, ${worst.call === 0 ? `at ${hex(worst.address)}` : `in ${unit} ${worst.call}`}`,
    });
  }
  return rows;
}

function systemNote({ system }: RunResult): string {
  const { plan, swapPages } = system;
  const { frames } = plan.parameters;
  const size = (pages: number) => formatBytes(pages * plan.geometry.pageBytes);
  const memory =
    frames === 0
      ? ["memory as needed"]
      : [`${size(frames)} of memory`, `${size(swapPages)} of swap`, plan.policy];
  return [plan.geometry.name, ...memory].join(", ");
}

/** Zero counts are left out. */
function systemRows({ system }: RunResult): Row[] {
  const { frames, counters } = system;
  const pages = (count: number) => (count === 1 ? "page" : "pages");
  const limited = system.plan.parameters.frames > 0;
  const rows: (Row & { count: number })[] = [
    {
      label: "frames in use",
      count: frames.used,
      note: `${limited ? `of ${formatCount(frames.total)}, ` : ""}${formatCount(frames.tables)} of them page tables`,
    },
    {
      label: "evictions",
      count: counters.evictions,
      note: `${formatCount(counters.backgroundReclaims)} in the background`,
    },
    { label: "written to swap", count: counters.swapWrites, note: pages(counters.swapWrites) },
    {
      label: "read from swap",
      count: counters.swapReads,
      note: `${pages(counters.swapReads)}, ${formatCount(counters.readAhead)} of them ahead`,
    },
    { label: "read from files", count: counters.fileReads, note: pages(counters.fileReads) },
    { label: "written to files", count: counters.fileWrites, note: pages(counters.fileWrites) },
    { label: "copied on write", count: counters.copies, note: pages(counters.copies) },
    {
      label: "killed for memory",
      count: counters.kills,
      note: counters.kills === 1 ? "process" : "processes",
    },
  ];
  return rows
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ count, ...row }) => ({ ...row, value: formatCount(count) }));
}

function pictureSection(picture: Picture, result: RunResult, view: CallView): Section {
  const { style, width } = view;
  const when = whenTaken(picture, result);
  const note = OF_RUN.has(picture.what) ? when : `process ${picture.pid}, ${when}`;
  switch (picture.what) {
    case "maps":
    case "smaps":
    case "status":
      return { title: picture.what, note, lines: picture.text.trimEnd().split("\n") };
    case "pagemap":
      return { title: "pagemap", note, lines: shortened(columns(pagemapTable(picture.pages), style)) };
    case "pagetable": {
      const lines = picture.tables === undefined ? [] : pageTableLines(picture.tables, MOST_SHOWN);
      return { title: "pagetable", note, lines };
    }
    case "faults": {
      const tables = [faultTable(picture.regions, result.unit), faultLineTable(picture, result)];
      const [byRegion = [], byLine = []] = tables.map((rows) =>
        rows.length > 1 ? shortened(columns(rows, style)) : [],
      );
      const between = byRegion.length > 0 && byLine.length > 0 ? [""] : [];
      return { title: "faults", note, lines: [...byRegion, ...between, ...byLine] };
    }
    case "costs":
      return {
        title: "costs",
        note: `${note}, in cycles`,
        lines: shortened(columns(costTable(picture.regions, result.unit), style)),
      };
    case "charges":
      return chargesSection(result.charges, note, style);
    case "swapped": {
      const { total = 0, runs = [] } = picture.swapped ?? {};
      const lines =
        runs.length === 0
          ? []
          : shortened(columns(swappedTable(runs, result.system.plan.geometry.pageBytes, result.unit), style));
      return { title: "swapped", note: `${formatCounted(total, "page")}, ${when}`, lines };
    }
    case "heap":
      return heapSection(picture, note, style);
    case "lists":
      return stepSection(result, picture.line, when, view);
    case "tlb":
      return { title: "tlb", note, lines: columns(tlbTable(result), style) };
    case "calls":
    case "differences": {
      const list = picture.what === "calls" ? result.answers : result.differences;
      return callSection({ title: picture.what, when, until: picture.line }, list, MOST_SHOWN, view);
    }
    case "signals":
      return { title: "signals", note, lines: signalLines(result.signals, result.unit, width) };
  }
}

function heapSection({ heap }: Picture, note: string, style: Style): Section {
  if (heap === undefined) return { title: "heap", note: `${note}: no allocator was called`, lines: [] };
  const figures = columns(figureTable(heap), style);
  const chunks = shortened(columns(chunkTable(heap), style));
  return {
    title: "heap",
    note: `${note}: ${heapNote(heap)}`,
    lines: [
      ...figures,
      ...(figures.length > 0 ? spaced(chunks) : chunks),
      ...spaced(columns(listTable(heap), style)),
    ],
  };
}

function stepSection(
  { heapSteps, unit }: RunResult,
  until: number | undefined,
  when: string,
  { style, width }: CallView,
): Section {
  const steps = (heapSteps?.entries ?? []).filter(({ line }) => until === undefined || line < until);
  const lines = shortened(columns(stepTable(steps, unit), style, STEP_TEXTS)).map((line) => cut(line, width));
  return { title: "lists", note: `${formatCounted(steps.length, "call")}, ${when}${stepNote(steps)}`, lines };
}

function chargesSection(charges: ChargesResult | undefined, note: string, style: Style): Section {
  if (charges === undefined)
    return { title: "charges", note: `${note}: no allocation was recorded`, lines: [] };
  const lines = chargeTables(charges).flatMap(({ title, rows }, n) => [
    ...(n > 0 ? [""] : []),
    title,
    ...columns(rows, style),
  ]);
  const { droppedReferences } = charges;
  const left =
    droppedReferences === 0
      ? ""
      : `; ${formatCounted(droppedReferences, "reference")} of the recorded allocator's own left out`;
  return { title: "charges", note: `${note}${left}`, lines };
}

/** The line before which a view was taken, in words; a view whose line was not reached is taken at the end. */
function whenTaken({ what, line, alive }: Picture, { unit, lines, stopped }: RunResult): string {
  if (line !== undefined && line <= lines) return `before ${unit} ${line}`;
  const end = alive || OF_RUN.has(what) ? "at the end" : "which has ended";
  if (line === undefined) return end;
  return `${end}: ${stopped === undefined ? "the log has no" : "the run was stopped before"} ${unit} ${line}`;
}

function shortened(lines: readonly string[]): readonly string[] {
  const left = lines.length - MOST_SHOWN;
  return left <= 0 ? lines : [...lines.slice(0, MOST_SHOWN), `  … ${formatCounted(left, "more line")}`];
}

function pagemapTable(pages: readonly PageView[]): string[][] {
  const rows = pages.map((page) => [
    hex(page.address),
    `0x${pagemapEntry(page).toString(16).padStart(16, "0")}`,
    page.pfn === undefined ? "-" : formatCount(page.pfn),
    page.content,
    `${page.writable ? "w" : "-"}${page.dirty ? "d" : "-"}${page.accessed ? "a" : "-"}`,
    formatCount(page.mapped),
    page.swapPlace === undefined ? "-" : formatCount(page.swapPlace),
  ]);
  return [["page", "entry", "frame", "of", "bits", "mapped by", "swap place"], ...rows];
}

function faultTable(regions: readonly RegionView[], unit: RunResult["unit"]): string[][] {
  const rows = regions
    .filter(({ minorFaults, majorFaults }) => minorFaults + majorFaults > 0)
    .map((region) => [
      `${hex(region.start)}-${hex(region.end)}`,
      region.permissions,
      region.name,
      callNumber(region.call, unit),
      formatCount(region.minorFaults),
      formatCount(region.majorFaults),
    ]);
  return [["region", "", "name", "made by", "minor", "major"], ...rows];
}

/**
 * Faults by line and region, up to the time of the view; which line mapped the pages, if mappings have
 * merged.
 */
function faultLineTable(
  { pid, line: until }: Picture,
  { faultLines, unit }: Pick<RunResult, "faultLines" | "unit">,
): string[][] {
  const shown = faultLines.filter(
    (faults) => faults.pid === pid && (until === undefined || faults.line < until),
  );
  const isMerged = shown.some(({ mappedBy }) => mappedBy !== undefined);
  const rows = shown.map(({ line, call, region, mappedBy, minor, major, copied, read }) => [
    `${line}: ${cut(call, MOST_CALL)}`,
    region === undefined ? ABSENT : region.name || hex(region.start),
    ...(isMerged ? [callNumber(mappedBy ?? region?.call ?? 0, unit)] : []),
    ...[minor, major, copied, read].map(formatCount),
  ]);
  return [
    ["line", "region", ...(isMerged ? ["mapped by"] : []), "minor", "major", "copied", "read in"],
    ...rows,
  ];
}

function tlbTable({ system }: RunResult): string[][] {
  const rows = system.tlbs.map(({ spec, tlb }) => {
    const { lookups, hits, misses } = tlb.counts;
    return [spec.name, formatCount(lookups), formatCount(hits), formatCount(misses)];
  });
  return [["level", "lookups", "hits", "misses"], ...rows];
}
