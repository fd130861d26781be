/** The signals of a run: the access and the cause of each. */
import type { RunResult } from "../process/log/run/result.js";
import type { SignalEntry } from "../process/log/run/signal-log.js";
import type { RegionOutline, Surroundings } from "../process/proc/surroundings.js";
import { cut } from "./layout.js";
import { formatBytes } from "./numbers.js";

type Unit = RunResult["unit"];

const hex = (value: bigint) => `0x${value.toString(16)}`;
/** vm.mmap_min_addr: the lowest address that can be mapped. */
const LOWEST = 65536n;
/** -1, the result of mmap(2) when it fails (MAP_FAILED). */
const MAP_FAILED = 2n ** 64n - 1n;

/** Two lines for each signal: the call, cut to `width` columns, and the cause. */
export function signalLines(signals: readonly SignalEntry[], unit: Unit, width: number): string[] {
  return signals.flatMap((entry) => {
    const { line, pid, signal, code, address, call, deadly, message } = entry;
    const name = code === undefined ? signal : `${signal} ${code}`;
    const why = message ?? reasonOf(entry, unit);
    // A sent signal has no address.
    const isSent = code === undefined || (code.startsWith("SI_") && code !== "SI_KERNEL");
    const what = [
      isSent ? name : `${name} at ${hex(address)}`,
      ...(why === undefined ? [] : [`: ${why}`]),
    ].join("");
    return [
      cut(`  ${unit} ${line}: ${call}`, width),
      `    ${what}${deadly ? `; it ended process ${pid}` : ""}`,
    ];
  });
}

function reasonOf(entry: SignalEntry, unit: Unit): string | undefined {
  const { signal, code, address, access, surroundings: about } = entry;
  if (signal === "SIGKILL") return "there was no memory left";
  if (address === 0n && code === undefined) return undefined;
  if (code === "SI_KERNEL") return "the architecture has no such address";
  if (about === undefined) return undefined;
  if (about.region === undefined) return reasonUnmapped(address, about, unit);
  const { region } = about;
  if (code === "SEGV_MAPERR") return `${nameOf(region, unit)} has a guard there`;
  if (signal === "SIGBUS") return `${nameOf(region, unit)} ends there before its region does`;
  const action = actionOf(access, region.permissions);
  return `${nameOf(region, unit)} is ${region.permissions}${action === undefined ? "" : ` and may not be ${action}`}`;
}

/** An access that is not known is a store if the region may only be read: an allocator executes nothing. */
function actionOf(access: SignalEntry["access"], permissions: string): string | undefined {
  if (access === "load") return "read";
  if (access === "fetch") return "executed";
  if (access !== undefined) return "written";
  return permissions.startsWith("r-") ? "written" : undefined;
}

function reasonUnmapped(
  address: bigint,
  { below, above, wanted, stackLimit }: Surroundings,
  unit: Unit,
): string {
  if (address < LOWEST) return "nothing is mapped there: a null pointer";
  if (address === MAP_FAILED) return "nothing is mapped there: the result of a call that failed";
  const up = below === undefined ? undefined : address - below.end;
  const down = above === undefined ? undefined : above.start - address;
  if (above !== undefined && down !== undefined && (up === undefined || down <= up)) {
    if (!above.growsDown) return `nothing is mapped there, ${distance(down)} below ${nameOf(above, unit)}`;
    return wanted > stackLimit
      ? `${nameOf(above, unit)} would pass its limit of ${formatBytes(Number(stackLimit))} by ${formatBytes(Number(wanted - stackLimit))}`
      : `${nameOf(above, unit)} cannot grow so close to the region below it`;
  }
  if (below === undefined || up === undefined) return "nothing is mapped there";
  return `nothing is mapped there, ${distance(up)} above ${nameOf(below, unit)}`;
}

function distance(bytes: bigint): string {
  return bytes === 0n ? "right" : formatBytes(Number(bytes));
}

/** The region's name; for a region without a name, the line that made it, or its address. */
function nameOf({ name, start, call }: RegionOutline, unit: Unit): string {
  if (name !== "") return name;
  return call === 0 ? `the region at ${hex(start)}` : `the region of ${unit} ${call}`;
}
