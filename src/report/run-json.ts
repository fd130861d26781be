/** The document of `run --json`. */

import { withNames } from "../errors.js";
import { flagOf } from "../options/row.js";
import type { HeapCounts, HeapView } from "../process/heap/view.js";
import { listsOf } from "../process/heap/view.js";
import type { CallList } from "../process/log/run/answer-log.js";
import type { ProcessResult, RunResult } from "../process/log/run/result.js";
import type { TableView } from "../process/proc/page-tables.js";
import { pagemapEntry } from "../process/proc/pagemap.js";
import type { RegionView } from "../process/proc/regions.js";
import type { Picture } from "../process/proc/show.js";
import { chargesJson } from "./run-charges.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;

export function runJson(result: RunResult, pictures: readonly Picture[]): object {
  const { system, calls, checked, matched, mismatched, firstMismatch, skipped, warningWords, stopped } =
    result;
  return {
    ...(result.trace !== undefined && { trace: result.trace }),
    calls,
    checked,
    matched,
    mismatched,
    ...(firstMismatch !== undefined && { firstMismatch }),
    skipped,
    ...(result.otherLines > 0 && { otherLines: result.otherLines }),
    refused: callsJson(result.refused),
    signals: result.signals.map(({ line, pid, signal, code, address, call, access, deadly, message }) => ({
      line,
      pid,
      signal,
      ...(code !== undefined && { code }),
      address: hex(address),
      call,
      ...(access !== undefined && { access }),
      deadly,
      ...(message !== undefined && { message }),
    })),
    ...(result.written.length > 0 && { written: result.written }),
    ...heapsJson(result),
    ...(result.charges !== undefined && { charges: chargesJson(result.charges) }),
    process: processJson(result.process, pictures),
    processes: result.processes.map((process) => processJson(process, pictures)),
    system: { frames: system.frames, counters: system.counters },
    ...(pictures.length > 0 && { show: pictures.map((picture) => pictureJson(picture, result)) }),
    ...(warningWords.length > 0 && { warnings: warningWords.map((words) => withNames(words, flagOf)) }),
    ...(stopped !== undefined && { stopped: stopped.renamed(flagOf).message }),
  };
}

/** `count` includes omitted entries. */
function callsJson({ count, entries }: CallList, until = Number.POSITIVE_INFINITY): object {
  return { count, calls: entries.filter(({ line }) => line < until) };
}

/** Sums over all heaps. */
function heapsJson({ processes }: RunResult): object {
  const heaps = processes.flatMap(({ heap }) => (heap === undefined ? [] : [heap]));
  const [first] = heaps;
  if (first === undefined) return {};
  return { heap: { allocator: first.allocator, taken: heaps.reduce((sum, { taken }) => sum + taken, 0) } };
}

function processJson({ cycles, heap, ...process }: ProcessResult, pictures: readonly Picture[]): unknown {
  const { worstReference: worst } = cycles;
  const isShown = ({ what, line, pid }: Picture) =>
    what === "heap" && line === undefined && pid === process.pid;
  return {
    ...process,
    maps: process.maps.map(regionJson),
    ...(heap !== undefined && { heap: heapJson(heap, pictures.find(isShown)?.heap) }),
    cycles: {
      ...cycles,
      ...(worst !== undefined && { worstReference: { ...worst, address: hex(worst.address) } }),
    },
  };
}

function heapJson(counts: HeapCounts, view: HeapView | undefined): object {
  const { allocator, committed, peakCommitted, operations, failed, taken, steps, lines } = counts;
  const { brkCalls, mmapCalls, munmapCalls, mremapCalls, mprotectCalls, madviseCalls } = counts;
  return {
    allocator,
    heapBytes: committed,
    peakHeapBytes: peakCommitted,
    operations,
    failed,
    taken,
    brkCalls,
    mmapCalls,
    munmapCalls,
    mremapCalls,
    mprotectCalls,
    madviseCalls,
    steps,
    cacheLines: lines,
    ...(view?.figures !== undefined && { figures: view.figures }),
    ...(view !== undefined && {
      lists: listsOf(view),
      chunks: view.chunks.map(({ address, next, ...chunk }) => ({
        address: hex(address),
        ...chunk,
        ...(next !== undefined && { next: hex(next) }),
      })),
    }),
  };
}

function regionJson({ measure: _, ...region }: RegionView): unknown {
  return { ...region, start: hex(region.start), end: hex(region.end) };
}

function pictureJson(picture: Picture, result: RunResult): unknown {
  const { what, line, pid, text, regions, status, pages, tables, swapped, heap } = picture;
  return {
    what,
    pid,
    ...(line !== undefined && { line, ...(line > result.lines && { beyond: true }) }),
    ...(what === "calls" && callsJson(result.answers, line)),
    ...(what === "differences" && callsJson(result.differences, line)),
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
    ...(heap !== undefined && { heap: heapJson(heap.counts, heap) }),
    ...(what === "lists" && stepsJson(result.heapSteps, line)),
    ...(what === "tlb" && {
      tlb: Object.fromEntries(result.system.tlbs.map(({ spec, tlb }) => [spec.name, tlb.counts])),
    }),
  };
}

/** Only entries before the line `until`, if it is given. */
function stepsJson(steps: RunResult["heapSteps"], until: number | undefined): object {
  const entries = steps?.entries ?? [];
  return {
    count: steps?.count ?? 0,
    calls: entries
      .filter(({ line }) => until === undefined || line < until)
      .map(({ start: _, block, lists, ...step }) => ({
        ...step,
        ...(block !== undefined && { block: hex(block) }),
        lists: lists.map(({ chunks, ...list }) => ({
          ...list,
          chunks: chunks.map(({ address, bytes }) => ({ address: hex(address), bytes })),
        })),
      })),
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
