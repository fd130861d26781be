/** What `run` prints. */
import type { ProcessResult, RunResult } from "../process/run.js";
import type { Picture } from "../process/show.js";
import type { PageView, RegionView } from "../process/views.js";
import { columns, layOut, type Row, type Section } from "./layout.js";
import { formatBytes, formatCount, formatShare } from "./numbers.js";
import type { Style } from "./style.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;
/** Signals and processes in the text; JSON has them all. */
const MOST_LINES = 20;

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
    ...processSections(result),
    { title: "System", rows: systemRows(result) },
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

function mismatchSection({ firstMismatch, mismatched }: RunResult): Section[] {
  if (firstMismatch === undefined) return [];
  const { line, call, expected, actual } = firstMismatch;
  return [
    {
      title: "First difference",
      note: `of ${formatCount(mismatched)}, in line ${line}`,
      lines: [call, `recorded  ${expected}`, `answered  ${actual}`],
    },
  ];
}

function signalSection({ signals }: RunResult): Section[] {
  if (signals.length === 0) return [];
  const lines = signals
    .slice(0, MOST_LINES)
    .map(
      ({ line, signal, code, address }) =>
        `line ${line}: ${signal}${code === undefined ? "" : ` ${code}`} at ${hex(address)}`,
    );
  return [{ title: "Signals", note: formatCount(signals.length), lines }];
}

/** Those that live first; of many the others are counted. */
function processSections({ process: first, processes }: RunResult): Section[] {
  const isShown = ({ pid, alive }: ProcessResult) => alive || pid === first.pid;
  const sorted = [...processes.filter(isShown), ...processes.filter((process) => !isShown(process))];
  const sections: Section[] = sorted.slice(0, MOST_LINES).map((process) => ({
    title: `Process ${process.pid}`,
    note: process.alive ? `${process.maps.length} regions` : "has ended",
    rows: processRows(process),
  }));
  const others = sorted.length - sections.length;
  return others <= 0
    ? sections
    : [
        ...sections,
        { title: "Other processes", note: formatCount(others), lines: ["--json tells them all"] },
      ];
}

function processRows(process: RunResult["process"]): Row[] {
  const { faults, cycles } = process;
  const rows: Row[] = [
    { label: "resident", value: formatBytes(process.residentBytes) },
    { label: "locked", value: formatBytes(process.lockedBytes) },
    { label: "in swap", value: formatBytes(process.swapBytes) },
    { label: "minor faults", value: formatCount(faults.minor) },
    { label: "major faults", value: formatCount(faults.major) },
    {
      label: "cycles",
      value: formatCount(cycles.total),
      note: `${formatCount(cycles.faults)} in faults, ${formatCount(cycles.calls)} in calls`,
    },
  ];
  if (cycles.worstReference !== undefined) {
    rows.push({
      label: "worst reference",
      value: formatCount(cycles.worstReference.cycles),
      note: `cycles, in line ${cycles.worstReference.call}`,
    });
  }
  return rows;
}

function systemRows({ system }: RunResult): Row[] {
  const { frames, counters } = system;
  return [
    {
      label: "frames in use",
      value: formatCount(frames.used),
      note: `${formatCount(frames.tables)} of them page tables`,
    },
    {
      label: "evictions",
      value: formatCount(counters.evictions),
      note: `${formatCount(counters.backgroundReclaims)} in the background`,
    },
    { label: "written to swap", value: formatCount(counters.swapWrites), note: "pages" },
    {
      label: "read from swap",
      value: formatCount(counters.swapReads),
      note: `${formatCount(counters.readAhead)} pages read ahead`,
    },
    { label: "copied on write", value: formatCount(counters.copies), note: "pages" },
    ...(counters.kills === 0
      ? []
      : [{ label: "killed for memory", value: formatCount(counters.kills), note: "processes" }]),
  ];
}

function pictureSection(picture: Picture, result: RunResult, style: Style): Section {
  const when = picture.line === undefined ? "at the end" : `before line ${picture.line}`;
  const note = `process ${picture.pid}, ${when}`;
  switch (picture.what) {
    case "maps":
    case "smaps":
    case "status":
      return { title: picture.what, note, lines: picture.text.trimEnd().split("\n") };
    case "pagemap":
    case "pagetable":
      return { title: picture.what, note, lines: columns(pageTable(picture.pages), style) };
    case "faults":
      return { title: "faults", note, lines: columns(faultTable(picture.regions), style) };
    case "tlb":
      return { title: "tlb", note, lines: columns(tlbTable(result), style) };
    case "signals":
      return {
        title: "signals",
        note,
        lines: result.signals.map(
          ({ line, signal, code, address }) => `${line} ${signal} ${code ?? ""} ${hex(address)}`,
        ),
      };
  }
}

function pageTable(pages: readonly PageView[]): string[][] {
  const rows = pages.map((page) => [
    hex(page.address),
    page.pfn === undefined ? "-" : formatCount(page.pfn),
    page.content,
    `${page.writable ? "w" : "-"}${page.dirty ? "d" : "-"}${page.accessed ? "a" : "-"}`,
    formatCount(page.mapped),
    page.swapPlace === undefined ? "-" : formatCount(page.swapPlace),
  ]);
  return [["page", "frame", "of", "bits", "mapped by", "swap place"], ...rows];
}

function faultTable(regions: readonly RegionView[]): string[][] {
  const rows = regions
    .filter(({ minorFaults, majorFaults }) => minorFaults + majorFaults > 0)
    .map((region) => [
      `${hex(region.start)}-${hex(region.end)}`,
      region.permissions,
      region.name,
      region.call === 0 ? "-" : `line ${region.call}`,
      formatCount(region.minorFaults),
      formatCount(region.majorFaults),
    ]);
  return [["region", "", "name", "made by", "minor", "major"], ...rows];
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
    signals: result.signals.map(({ line, pid, signal, code, address }) => ({
      line,
      pid,
      signal,
      ...(code !== undefined && { code }),
      address: hex(address),
    })),
    process: processJson(result.process),
    processes: result.processes.map(processJson),
    system: { frames: system.frames, counters: system.counters },
    ...(pictures.length > 0 && { show: pictures.map((picture) => pictureJson(picture, result)) }),
    ...(warnings.length > 0 && { warnings }),
    ...(stopped !== undefined && { stopped: stopped.message }),
  };
}

function processJson(process: RunResult["process"]): unknown {
  const { worstReference: worst, ...cycles } = process.cycles;
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

function pictureJson({ what, line, pid, text, regions, status, pages }: Picture, result: RunResult): unknown {
  return {
    what,
    pid,
    ...(line !== undefined && { line }),
    ...(text !== "" && { text }),
    ...(what === "smaps" && {
      regions: regions.map((region) => ({ ...region, start: hex(region.start), end: hex(region.end) })),
    }),
    ...((what === "maps" || what === "faults") && { regions: regions.map(regionJson) }),
    ...(status !== undefined && { status }),
    ...(pages.length > 0 && { pages: pages.map((page) => ({ ...page, address: hex(page.address) })) }),
    ...(what === "tlb" && {
      tlb: Object.fromEntries(result.system.tlbs.map(({ spec, tlb }) => [spec.name, tlb.counts])),
    }),
  };
}
