/** What `run` prints. */

import type { ProcessResult, RunResult } from "../process/log/run-result.js";
import type { TableView } from "../process/proc/page-tables.js";
import { pagemapEntry } from "../process/proc/pagemap.js";
import type { Picture } from "../process/proc/show.js";
import type { PageView, RegionView } from "../process/proc/views.js";
import { columns, layOut, type Row, type Section } from "./layout.js";
import { ABSENT, formatBytes, formatCount, formatCounted, formatShare } from "./numbers.js";
import { pageTableLines } from "./page-tables.js";
import { callNumber, costTable, lockTable, swappedTable } from "./run-memory.js";
import { signalLines } from "./signals.js";
import type { Style } from "./style.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;
/** Signals and processes in the text; JSON has them all. */
const MOST_LINES = 20;
/** Characters of a call in a table. */
const MOST_CALL = 56;
/** Lines of a table of pages or faults. */
const MOST_SHOWN = 1000;

export function runText(
  result: RunResult,
  pictures: readonly Picture[],
  verified: boolean,
  style: Style,
): string {
  const sections: Section[] = [
    { title: "Calls", rows: callRows(result, verified) },
    ...mismatchSection(result),
    ...signalSection(result),
    ...processSections(result, style),
    { title: "System", note: systemNote(result), rows: systemRows(result) },
    ...pictures.map((picture) => pictureSection(picture, result, style)),
  ];
  return layOut(sections, style);
}

function callRows({ calls, checked, matched, skipped }: RunResult, verified: boolean): Row[] {
  const skippedCount = Object.values(skipped).reduce((sum, count) => sum + count, 0);
  const rows: Row[] = [{ label: "run", value: formatCount(calls) }];
  if (verified) {
    rows.push({ label: "checked", value: formatCount(checked) });
    rows.push({ label: "as recorded", value: formatCount(matched), note: formatShare(matched, checked) });
  }
  if (skippedCount > 0)
    rows.push({
      label: "skipped",
      value: formatCount(skippedCount),
      note: Object.keys(skipped).slice(0, 6).join(", "),
    });
  return rows;
}

function mismatchSection({ firstMismatch, mismatched, unit }: RunResult): Section[] {
  if (firstMismatch === undefined) return [];
  const { line, call, expected, actual } = firstMismatch;
  return [
    {
      title: "First difference",
      note: `of ${formatCount(mismatched)}, in ${unit} ${line}`,
      lines: [`  ${call}`, `  recorded  ${expected}`, `  answered  ${actual}`],
    },
  ];
}

function signalSection({ signals, unit }: RunResult): Section[] {
  if (signals.length === 0) return [];
  const note = signals.length > MOST_LINES ? `${formatCount(signals.length)}, the first of them` : undefined;
  const lines = signalLines(signals.slice(0, MOST_LINES), unit);
  return [{ title: "Signals", note: note ?? formatCount(signals.length), lines }];
}

/** Those that live first; of many the others are counted. */
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
    : [
        ...sections,
        { title: "Other processes", note: formatCount(others), lines: ["--json tells them all"] },
      ];
}

/** Set off by an empty line, where there are any. */
function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** How a process came to its end. */
function endOf({ pid }: ProcessResult, { signals, unit }: RunResult): string {
  const last = signals.findLast((signal) => signal.pid === pid && signal.deadly);
  return last === undefined ? "has ended" : `ended by ${last.signal} in ${unit} ${last.line}`;
}

/** What there is none of, locked or in swap, is left out. */
function processRows(process: ProcessResult, { system, unit }: RunResult): Row[] {
  const { faults, cycles } = process;
  const bytes = (label: string, count: number): Row => ({ label, value: formatBytes(count) });
  const rows: Row[] = [
    ...(process.alive ? [bytes("resident", process.residentBytes)] : []),
    ...(process.lockedBytes > 0 ? [bytes("locked", process.lockedBytes)] : []),
    ...(process.alive && system.swapPages > 0 ? [bytes("in swap", process.swapBytes)] : []),
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
  const size = (pages: number) => formatBytes(pages * plan.shape.pageBytes);
  const memory =
    frames === 0
      ? ["memory as needed"]
      : [`${size(frames)} of memory`, `${size(swapPages)} of swap`, plan.policy];
  return [plan.shape.name, ...memory].join(", ");
}

/** What did not happen is left out. */
function systemRows({ system }: RunResult): Row[] {
  const { frames, counters } = system;
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
    { label: "written to swap", count: counters.swapWrites, note: "pages" },
    {
      label: "read from swap",
      count: counters.swapReads,
      note: `pages, ${formatCount(counters.readAhead)} of them ahead`,
    },
    { label: "read from files", count: counters.fileReads, note: "pages" },
    { label: "written to files", count: counters.fileWrites, note: "pages" },
    { label: "copied on write", count: counters.copies, note: "pages" },
    { label: "killed for memory", count: counters.kills, note: "processes" },
  ];
  return rows
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ count, ...row }) => ({ ...row, value: formatCount(count) }));
}

function pictureSection(picture: Picture, result: RunResult, style: Style): Section {
  const end = picture.alive ? "at the end" : "which has ended";
  const when = picture.line === undefined ? end : `before ${result.unit} ${picture.line}`;
  const note = `process ${picture.pid}, ${when}`;
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
      const tables = [faultTable(picture.regions, result.unit), faultLineTable(picture, result.faultLines)];
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
    case "swapped": {
      const { total = 0, runs = [] } = picture.swapped ?? {};
      const lines =
        runs.length === 0
          ? []
          : shortened(columns(swappedTable(runs, result.system.plan.shape.pageBytes, result.unit), style));
      return { title: "swapped", note: `${formatCounted(total, "page")}, ${when}`, lines };
    }
    case "tlb":
      return { title: "tlb", note, lines: columns(tlbTable(result), style) };
    case "signals":
      return { title: "signals", note, lines: signalLines(result.signals, result.unit) };
  }
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

/** Which line took faults in which region, until the picture was taken. */
function faultLineTable({ pid, line: until }: Picture, faultLines: RunResult["faultLines"]): string[][] {
  const rows = faultLines
    .filter((faults) => faults.pid === pid && (until === undefined || faults.line < until))
    .map(({ line, call, region, minor, major, copied, read }) => [
      `${line}: ${call.length > MOST_CALL ? `${call.slice(0, MOST_CALL - 1)}…` : call}`,
      region === undefined ? ABSENT : region.name || hex(region.start),
      ...[minor, major, copied, read].map(formatCount),
    ]);
  return [["line", "region", "minor", "major", "copied", "read in"], ...rows];
}

function tlbTable({ system }: RunResult): string[][] {
  const rows = system.tlbs.map(({ spec, tlb }) => {
    const { lookups, hits, misses } = tlb.counts;
    return [spec.name, formatCount(lookups), formatCount(hits), formatCount(misses)];
  });
  return [["level", "lookups", "hits", "misses"], ...rows];
}

/** The document of `--json`. */
export function runJson(result: RunResult, pictures: readonly Picture[]): object {
  const { system, calls, checked, matched, mismatched, firstMismatch, skipped, warnings, stopped } = result;
  return {
    calls,
    checked,
    matched,
    mismatched,
    ...(firstMismatch !== undefined && { firstMismatch }),
    skipped,
    signals: result.signals.map(({ line, pid, signal, code, address, call, deadly }) => ({
      line,
      pid,
      signal,
      ...(code !== undefined && { code }),
      address: hex(address),
      call,
      deadly,
    })),
    process: processJson(result.process),
    processes: result.processes.map(processJson),
    system: { frames: system.frames, counters: system.counters },
    ...(pictures.length > 0 && { show: pictures.map((picture) => pictureJson(picture, result)) }),
    ...(warnings.length > 0 && { warnings }),
    ...(stopped !== undefined && { stopped: stopped.message }),
  };
}

function processJson({ cycles, ...process }: ProcessResult): unknown {
  const { worstReference: worst } = cycles;
  return {
    ...process,
    maps: process.maps.map(regionJson),
    cycles: {
      ...cycles,
      ...(worst !== undefined && { worstReference: { ...worst, address: hex(worst.address) } }),
    },
  };
}

function regionJson({ measure: _, ...region }: RegionView): unknown {
  return { ...region, start: hex(region.start), end: hex(region.end) };
}

function pictureJson(picture: Picture, result: RunResult): unknown {
  const { what, line, pid, text, regions, status, pages, tables, swapped } = picture;
  return {
    what,
    pid,
    ...(line !== undefined && { line }),
    ...(text !== "" && { text }),
    ...(what === "smaps" && {
      regions: regions.map((region) => ({ ...region, start: hex(region.start), end: hex(region.end) })),
    }),
    ...((what === "maps" || what === "faults" || what === "costs") && { regions: regions.map(regionJson) }),
    ...(swapped !== undefined && {
      swapped: {
        total: swapped.total,
        runs: swapped.runs.map((run) => ({ ...run, start: hex(run.start), end: hex(run.end) })),
      },
    }),
    ...(status !== undefined && { status }),
    ...(what === "faults" && { lines: result.faultLines.map(faultsJson) }),
    ...(pages.length > 0 && {
      pages: pages.map((page) => ({ ...page, address: hex(page.address), entry: hex(pagemapEntry(page)) })),
    }),
    ...(tables !== undefined && { tables: tableJson(tables) }),
    ...(what === "tlb" && {
      tlb: Object.fromEntries(result.system.tlbs.map(({ spec, tlb }) => [spec.name, tlb.counts])),
    }),
  };
}

function faultsJson({ address, region, ...faults }: RunResult["faultLines"][number]): unknown {
  return { ...faults, address: hex(address), ...(region !== undefined && { region: hex(region.start) }) };
}

function tableJson({ entries, ...table }: TableView): unknown {
  return {
    ...table,
    entries: entries.map(({ address, raw, table: next, ...entry }) => ({
      ...entry,
      address: hex(address),
      raw: hex(raw),
      ...(next !== undefined && { table: tableJson(next) }),
    })),
  };
}
