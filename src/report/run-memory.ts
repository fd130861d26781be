/** Tables of `run` on memory: waiting, locking, swap. */
import type { RunResult } from "../process/log/run/result.js";
import type { RegionView } from "../process/proc/regions.js";
import type { SwappedRun } from "../process/proc/swapped.js";
import { ABSENT, formatBytes, formatCount } from "./numbers.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;

/** A call by its number: `line 12` of a log, `call 12` of a time line. */
export function callNumber(call: number, unit: Unit): string {
  return call === 0 ? "-" : `${unit} ${call}`;
}

function describe(region: RegionView, unit: Unit): string[] {
  const made = callNumber(region.call, unit);
  return [`${hex(region.start)}-${hex(region.end)}`, region.permissions, region.name, made];
}

type Unit = RunResult["unit"];

const REGION = ["region", "", "name", "made by"];

/** Regions by cost; untouched ones are left out. */
export function costTable(regions: readonly RegionView[], unit: Unit): string[][] {
  const rows = regions
    .filter(({ references, cycles }) => references > 0 || cycles > 0)
    .sort((one, other) => other.cycles - one.cycles)
    .map((region) => [
      ...describe(region, unit),
      ...[region.references, region.minorFaults, region.majorFaults, region.cycles, region.worstCycles].map(
        formatCount,
      ),
      formatBytes(region.swappedOutBytes),
    ]);
  return [[...REGION, "references", "minor", "major", "cycles", "worst", "to swap"], ...rows];
}

/**
 * Compares locked memory with the rest: waiting times, and whether it was ever written to swap. Empty if nothing is
 * locked.
 */
export function lockTable(regions: readonly RegionView[], unit: Unit): string[][] {
  const isLocked = ({ vmFlags }: RegionView) => vmFlags.includes("lo");
  const locked = regions.filter(isLocked);
  if (locked.length === 0) return [];
  const others = regions.filter((region) => !isLocked(region));
  const sum = (key: "lockedBytes" | "majorFaults" | "swappedOutBytes") =>
    others.reduce((total, region) => total + region[key], 0);
  const worst = Math.max(0, ...others.map(({ worstCycles }) => worstCycles));
  const toSwap = (bytes: number) => (bytes === 0 ? "never" : formatBytes(bytes));
  return [
    [...REGION, "locked", "major", "worst wait", "to swap"],
    ...locked.map((region) => [
      ...describe(region, unit),
      formatBytes(region.lockedBytes),
      formatCount(region.majorFaults),
      formatCount(region.worstCycles),
      toSwap(region.swappedOutBytes),
    ]),
    [
      "all else",
      "",
      "",
      "",
      ABSENT,
      formatCount(sum("majorFaults")),
      formatCount(worst),
      toSwap(sum("swappedOutBytes")),
    ],
  ];
}

export function swappedTable(runs: readonly SwappedRun[], pageBytes: number, unit: Unit): string[][] {
  const rows = runs.map(({ pid, start, end, call, name, locked }) => [
    `${hex(start)}-${hex(end)}`,
    pid === undefined ? ABSENT : String(pid),
    formatCount(Number(end - start) / pageBytes),
    callNumber(call, unit),
    name === undefined ? ABSENT : `${name || "anonymous"}${locked ? ", locked since" : ""}`,
  ]);
  return [["written to swap", "process", "pages", "in", "region now"], ...rows];
}
