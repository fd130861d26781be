/** The data of a report on `heap`'s result. */
import type { HeapResult } from "../heap/heap.js";
import type { HeapMap } from "../heap/heap-map.js";
import type { HeapFindings } from "../heap/log/findings.js";
import { type HeapRow, isWhole, lost } from "../heap/rows.js";
import type { HistogramBucket } from "../wasm/histogram.js";
import { errorCount, errorLines, leakRows, logNotes } from "./heap-log.js";

/** An allocator over time; each list has a number for each moment. */
export interface HeapTimeline {
  allocator: string;
  operations: number[];
  heapBytes: number[];
  residentBytes: number[];
  internal: number[];
  external: number[];
}

export interface HeapReport {
  format: string;
  operations: number;
  rows: Omit<HeapRow, "timeline" | "map">[];
  /** Bytes in use by the program, equal for all allocators that served the whole log. */
  live: { operations: number[]; bytes: number[] };
  timelines: HeapTimeline[];
  maps: { allocator: string; map: HeapMap }[];
  /** Allocated blocks, and the number of them that were never freed. */
  blocks?: { made: number; kept: number };
  /** Requests by size in bytes, and freed blocks by lifetime in operations. */
  sizes: HistogramBucket[];
  lives: HistogramBucket[];
  /** Findings of the log, as text. */
  findings?: HeapLogReport;
}

export interface HeapLogReport {
  /** Blocks not freed at the end, and the largest of them: line, bytes, address. */
  leaks: { blocks: number; bytes: number; largest: string[][] };
  /** Calls with a block that is not in use, and the first of them. */
  errors: { calls: number; first: string[] };
  notes: string[];
}

export function heapReport({ log, results }: HeapResult): HeapReport {
  const survey = log?.survey;
  return {
    format: log?.format ?? "",
    operations: log?.operations ?? 0,
    rows: results.map(({ timeline: _timeline, map: _map, ...row }) => row),
    live: liveOf(results),
    timelines: results.flatMap(timelineOf),
    maps: results.flatMap(({ allocator, map }) => (map === undefined ? [] : [{ allocator, map }])),
    ...(survey !== undefined && { blocks: { made: survey.made, kept: survey.made - survey.freed } }),
    sizes: [...(survey?.sizes ?? [])],
    lives: [...(survey?.lives ?? [])],
    ...(log !== undefined && { findings: logReport(log.findings) }),
  };
}

function logReport(findings: HeapFindings): HeapLogReport {
  const { blocks, bytes, largest } = findings.leaks;
  return {
    leaks: { blocks, bytes, largest: leakRows(largest) },
    errors: { calls: errorCount(findings), first: errorLines(findings) },
    notes: logNotes(findings),
  };
}

/** The allocators in ascending order of peak heap; those that did not serve the whole log come last. */
export function rankedBySize(rows: readonly HeapRow[]): string[] {
  return [...rows]
    .sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)) || a.peakHeapBytes - b.peakHeapBytes)
    .map(({ allocator }) => allocator);
}

function liveOf(rows: readonly HeapRow[]): HeapReport["live"] {
  const samples = (rows.find(isWhole) ?? rows[0])?.timeline ?? [];
  return {
    operations: samples.map(({ operations }) => operations),
    bytes: samples.map(({ live }) => live),
  };
}

function timelineOf({ allocator, timeline }: HeapRow): HeapTimeline[] {
  if (timeline === undefined) return [];
  const round = (share: number) => Number(share.toFixed(5));
  return [
    {
      allocator,
      operations: timeline.map(({ operations }) => operations),
      heapBytes: timeline.map(({ committed }) => committed),
      residentBytes: timeline.map(({ resident }) => resident),
      internal: timeline.map(({ live, footprint }) => round(lost(live, footprint))),
      external: timeline.map(({ footprint, committed }) => round(lost(footprint, committed))),
    },
  ];
}
