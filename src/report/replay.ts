/** The output of `replay`. */
import type { ReplayResult } from "../replay/replay.js";
import { mergedRegions, regionTable } from "./activity-data.js";
import { columns, layOut, type Row, type Section } from "./layout.js";
import {
  ABSENT,
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  formatRatio,
  formatShare,
} from "./numbers.js";
import { readingNote } from "./reading.js";
import type { Style } from "./style.js";

export function replayText(result: ReplayResult, style: Style): string {
  const { trace, machine } = result;
  const sections: Section[] = [
    { title: trace.path, note: readingNote(trace), rows: traceRows(result) },
    { title: "Machine", note: machineNote(result), rows: [] },
    { title: "TLBs", ...tlbNote(result), lines: columns(tlbTable(result), style) },
    { title: "Page walks", rows: walkRows(result) },
    { title: "Page faults", rows: faultRows(result) },
    ...regionSection(result, style),
    { title: "Frames", note: `of ${formatBytes(machine.pageSize)}`, rows: frameRows(result) },
    { title: "Replacement", note: machine.policy, rows: replacementRows(result) },
    { title: "Time", note: timeNote(result) },
  ];
  return layOut(sections, style);
}

function traceRows({ trace, machine }: ReplayResult): Row[] {
  const kind = (label: string, count: number): Row => ({
    label,
    value: formatCount(count),
    note: formatShare(count, trace.references),
  });
  return [
    kind("instruction fetches", trace.instructionFetches),
    kind("loads", trace.loads),
    kind("stores", trace.stores),
    kind("modifies", trace.modifies),
    { label: "references", value: formatCount(trace.references) },
    {
      label: "distinct pages",
      value: formatCount(trace.distinctPages),
      note: formatBytes(trace.distinctPages * machine.pageSize),
    },
  ];
}

function machineNote({ machine }: ReplayResult): string {
  const memory = machine.memoryLimited ? `${formatBytes(machine.memoryBytes)} of memory` : "memory as needed";
  return `${machine.arch}, ${memory}, pages of ${formatBytes(machine.pageSize)}`;
}

function tlbNote({ machine, shootdowns }: ReplayResult): { note?: string } {
  if (shootdowns === undefined) return {};
  const { count, interrupts } = shootdowns;
  const flushes = `${formatCounted(count, "shootdown")} with ${formatCounted(interrupts, "interrupt")}`;
  return { note: `${machine.cpus} CPUs, ${flushes}` };
}

/** With several CPUs, their own TLBs follow the sums. */
function tlbTable({ tlb, machine, cpus = [] }: ReplayResult): string[][] {
  const all = [
    ...Object.entries(tlb).map(([name, counts]) => ({ name, label: name, ...counts })),
    ...cpus.flatMap((cpu, n) =>
      Object.entries(cpu.tlb).map(([name, counts]) => ({ name, label: `CPU ${n} ${name}`, ...counts })),
    ),
  ];
  const rows = all.map(({ name, label, lookups, hits, misses }) => [
    label,
    machine.tlb[name] ?? ABSENT,
    formatCount(lookups),
    formatCount(hits),
    formatCount(misses),
    formatShare(misses, lookups),
  ]);
  return [["level", "entries", "lookups", "hits", "misses", "miss ratio"], ...rows];
}

function walkRows({ walks, trace }: ReplayResult): Row[] {
  const perReference = trace.references / walks.count;
  return [
    {
      label: "walks",
      value: formatCount(walks.count),
      ...(walks.count > 0 && { note: `one in ${formatCount(perReference)} references` }),
    },
    {
      label: "memory references",
      value: formatCount(walks.memoryReferences),
      ...(walks.count > 0 && { note: `${(walks.memoryReferences / walks.count).toFixed(2)} a walk` }),
    },
    { label: "cache hits", value: formatCount(walks.cacheHits), note: "in paging-structure caches" },
  ];
}

function faultRows({ faults }: ReplayResult): Row[] {
  return [
    { label: "minor", value: formatCount(faults.minor), note: "first touches" },
    { label: "major", value: formatCount(faults.major), note: "evicted pages come back" },
    { label: "protection", value: formatCount(faults.protection) },
    { label: "segmentation", value: formatCount(faults.segmentation) },
  ];
}

/** The regions that cost most. */
function regionSection({ regions }: ReplayResult, style: Style): Section[] {
  if (regions === undefined) return [];
  return [{ title: "Regions", lines: columns(regionTable(mergedRegions(regions)), style) }];
}

function frameRows({ frames, machine }: ReplayResult): Row[] {
  const inBytes = (count: number) => formatBytes(count * machine.pageSize);
  return [
    machine.memoryLimited
      ? { label: "total", value: formatCount(frames.total), note: inBytes(frames.total) }
      : { label: "total", value: ABSENT, note: "as many as needed" },
    { label: "used at the peak", value: formatCount(frames.peakUsed), note: inBytes(frames.peakUsed) },
    { label: "page tables", value: formatCount(frames.pageTablePages), note: inBytes(frames.pageTablePages) },
  ];
}

function replacementRows({ replacement, trace }: ReplayResult): Row[] {
  return [
    {
      label: "evictions",
      value: formatCount(replacement.evictions),
      note: `${formatRatio(replacement.evictions / Math.max(trace.references, 1))} of references`,
    },
    { label: "writebacks", value: formatCount(replacement.writebacks), note: "dirty pages to swap" },
    { label: "swap-ins", value: formatCount(replacement.swapIns), note: "pages back from swap" },
  ];
}

function timeNote({ time }: ReplayResult): string {
  const engine = `${formatDuration(time.engineSeconds)} of it in the machine`;
  return `${formatDuration(time.seconds)}, ${formatRate(time.referencesPerSecond)} references a second, ${engine}`;
}
