/** The texts of `/proc/PID/maps`, `smaps`, `status`. From: proc(5); fs/proc/task_mmu.c for the columns. */
import { UsageError } from "../../errors.js";
import { shown } from "../arguments.js";
import { Process } from "../process.js";
import type { RegionView } from "./regions.js";
import { type StatusView, statusView } from "./status.js";

/** A file's device and inode, if a maps file gave them. */
export type Identity = (path: string) => string | undefined;

const NAME_COLUMN = 73;
const SHARE_SHIFT = 4096;

/** One line of maps, without the line end. */
export function mapsLine(region: RegionView, identity: Identity = () => undefined): string {
  const hex = (value: bigint | number) => value.toString(16).padStart(8, "0");
  const shown = region.name.replaceAll("\n", "\\012");
  const device = region.inode !== 0 ? `00:01 ${region.inode}` : (identity(region.name) ?? "00:00 0");
  const line = `${hex(region.start)}-${hex(region.end)} ${region.permissions} ${hex(region.offset)} ${device} `;
  return shown === "" ? line : `${line.padEnd(NAME_COLUMN)}${shown}`;
}

/** For a process now, or for its regions at an earlier time. Throws `UsageError`. */
export function mapsText(of: Process | readonly RegionView[], identity?: Identity): string {
  return regionsOf(of, "mapsText")
    .map((region) => `${mapsLine(region, identity)}\n`)
    .join("");
}

/** The text of `/proc/PID/smaps` (proc_pid_smaps(5)), of a process or of regions. */
export function smapsText(of: Process | readonly RegionView[], identity?: Identity): string {
  return regionsOf(of, "smapsText")
    .map((region) => `${mapsLine(region, identity)}\n${smapsLines(region)}`)
    .join("");
}

function smapsLines(region: RegionView): string {
  const { measure } = region;
  const share = (value: number) => value / SHARE_SHIFT;
  const lines: readonly (readonly [name: string, bytes: number])[] = [
    ["Size", Number(region.end - region.start)],
    ["KernelPageSize", region.pageBytes],
    ["MMUPageSize", region.pageBytes],
    ["Rss", measure.rss],
    ["Pss", share(measure.pss)],
    ["Pss_Dirty", share(measure.pssDirty)],
    ["Shared_Clean", measure.sharedClean],
    ["Shared_Dirty", measure.sharedDirty],
    ["Private_Clean", measure.privateClean],
    ["Private_Dirty", measure.privateDirty],
    ["Referenced", measure.referenced],
    ["Anonymous", measure.anonymous],
    ["KSM", 0],
    ["LazyFree", measure.lazyFree],
    ["AnonHugePages", measure.anonHuge],
    ["ShmemPmdMapped", 0],
    ["FilePmdMapped", 0],
    ["Shared_Hugetlb", measure.sharedHugetlb],
    ["Private_Hugetlb", measure.privateHugetlb],
    ["Swap", measure.swap],
    ["SwapPss", share(measure.swapPss)],
    ["Locked", share(measure.locked)],
  ];
  const text = lines
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`)
    .join("");
  return `${text}THPeligible:           ${Number(region.thpEligible)}\nVmFlags: ${region.vmFlags.map((flag) => `${flag} `).join("")}\n`;
}

/** The memory lines of status; empty for a process that has ended, as for a zombie. Throws `UsageError`. */
export function statusText(of: Process | StatusView): string {
  const status = statusOf(of);
  if (status === undefined) return "";
  const lines: readonly (readonly [name: string, bytes: number])[] = [
    ["VmPeak", status.peakBytes],
    ["VmSize", status.sizeBytes],
    ["VmLck", status.lockedBytes],
    ["VmPin", 0],
    ["VmHWM", status.peakResidentBytes],
    ["VmRSS", status.residentBytes],
    ["RssAnon", status.anonymousBytes],
    ["RssFile", status.fileBytes],
    ["RssShmem", status.sharedBytes],
    ["VmData", status.dataBytes],
    ["VmStk", status.stackBytes],
    ["VmExe", status.codeBytes],
    ["VmLib", status.libraryBytes],
    ["VmPTE", status.pageTableBytes],
    ["VmSwap", status.swapBytes],
  ];
  return lines
    .map(([name, bytes]) => `${name}:\t${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`)
    .join("");
}

function regionsOf(of: Process | readonly RegionView[], what: string): readonly RegionView[] {
  if (of instanceof Process) return of.regions();
  if (Array.isArray(of)) return of;
  throw new UsageError(`${shown(of)} has no regions`, "give a process, or its regions()", what);
}

/** Undefined for a process that has ended. */
function statusOf(of: Process | StatusView): StatusView | undefined {
  if (of instanceof Process) return of.isAlive ? statusView(of) : undefined;
  if (typeof of === "object" && of !== null && "peakBytes" in of) return of;
  throw new UsageError(`${shown(of)} has no status`, "give a process, or its statusView", "statusText");
}
