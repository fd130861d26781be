/** The document of `run --json`. */
import type { CallList } from "../process/log/answer-log.js";
import type { ProcessResult, RunResult } from "../process/log/run-result.js";
import type { TableView } from "../process/proc/page-tables.js";
import { pagemapEntry } from "../process/proc/pagemap.js";
import type { Picture } from "../process/proc/show.js";
import type { RegionView } from "../process/proc/views.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;

export function runJson(result: RunResult, pictures: readonly Picture[]): object {
  const { system, calls, checked, matched, mismatched, firstMismatch, skipped, warnings, stopped } = result;
  return {
    calls,
    checked,
    matched,
    mismatched,
    ...(firstMismatch !== undefined && { firstMismatch }),
    skipped,
    refused: callsJson(result.refused),
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

/** `count` tells of those that were left out, too. */
function callsJson({ count, entries }: CallList, until = Number.POSITIVE_INFINITY): object {
  return { count, calls: entries.filter(({ line }) => line < until) };
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
