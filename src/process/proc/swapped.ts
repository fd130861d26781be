/** Pages written to swap: the kernel's list, merged into runs of adjacent pages. */
import type { Process } from "../process.js";
import type { System } from "../system.js";

export interface SwappedRun {
  /** Undefined for shared memory that no process mapped, or a process that is forgotten. */
  readonly pid: number | undefined;
  readonly start: bigint;
  readonly end: bigint;
  /** The current or last call, or line of the log, when they were written. */
  readonly call: number;
  /** The name of the region that is there now; undefined if there is none. */
  readonly name: string | undefined;
  /** The region is locked now, so the pages were written before it was locked. */
  readonly locked: boolean;
}

/** All pages that one process wrote, in order; adjacent pages of one call are one run. */
export function swappedRuns(system: System): { total: number; runs: SwappedRun[] } {
  const { total, pages } = system.swappedPages();
  const bytes = system.layout.pageBytes;
  const runs: SwappedRun[] = [];
  const find = finder(system);
  for (const { pid, address, call } of pages) {
    const last = runs.at(-1);
    if (last !== undefined && last.pid === pid && last.call === call && last.end === address) {
      runs[runs.length - 1] = { ...last, end: address + bytes };
      continue;
    }
    const region = find(pid, address);
    const locked = region?.vmFlags.includes("lo") ?? false;
    runs.push({ pid, start: address, end: address + bytes, call, name: region?.name, locked });
  }
  return { total, runs };
}

/** Finds the current region at an address. */
function finder(system: System) {
  const regions = new Map<number, ReturnType<Process["regions"]>>();
  return (pid: number | undefined, address: bigint) => {
    const process = pid === undefined ? undefined : system.processes.get(pid);
    if (pid === undefined || process === undefined) return undefined;
    const known = regions.get(pid) ?? process.regions();
    regions.set(pid, known);
    return known.find(({ start, end }) => start <= address && address < end);
  };
}
