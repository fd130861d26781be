/** /proc's views of a process as data: regions (maps, smaps), sums (status), pages (pagemap). */
import {
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_MIXEDMAP,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SYNC,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";
import {
  SPACE_ANONYMOUS,
  SPACE_BRK,
  SPACE_DATA,
  SPACE_END_CODE,
  SPACE_EXECUTABLE,
  SPACE_FILE,
  SPACE_LOCKED,
  SPACE_PEAK_RESIDENT,
  SPACE_PEAK_TOTAL,
  SPACE_SHARED,
  SPACE_STACK,
  SPACE_START_BRK,
  SPACE_START_CODE,
  SPACE_START_STACK,
  SPACE_SWAPPED,
  SPACE_SWAPPED_OUT,
  SPACE_TABLES,
  SPACE_TOTAL,
} from "../../../assembly/abi/process.js";
import type { PageContent, RawRegion, RegionMeasure } from "../../wasm/process-structs.js";
import type { Process } from "../process.js";
import { mustBeProcess } from "./subject.js";

export interface RegionView {
  readonly start: bigint;
  readonly end: bigint;
  /** `rw-p`. */
  readonly permissions: string;
  /** Offset in the file, bytes. */
  readonly offset: number;
  /** A path, `[heap]`, `[stack]` …; empty for anonymous memory. */
  readonly name: string;
  /** Number of the kernel's internal file of shared anonymous memory, in order of creation; 0 for other regions. */
  readonly inode: number;
  readonly rssBytes: number;
  readonly lockedBytes: number;
  readonly swapBytes: number;
  /** Bytes of it ever written to swap. */
  readonly swappedOutBytes: number;
  /** Two letters per flag, in the order of smaps. */
  readonly vmFlags: readonly string[];
  readonly pageBytes: number;
  /** Faults taken in it. */
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly references: number;
  /** Cycles of its references and faults, and of the longest reference. */
  readonly cycles: number;
  readonly worstCycles: number;
  /** The call that made it, by line of the log or number. */
  readonly call: number;
  readonly measure: RegionMeasure;
}

// In the order of smaps, fs/proc/task_mmu.c.
const MNEMONICS: readonly (readonly [flag: number, letters: string])[] = [
  [VM_READ, "rd"],
  [VM_WRITE, "wr"],
  [VM_EXEC, "ex"],
  [VM_SHARED, "sh"],
  [VM_MAYREAD, "mr"],
  [VM_MAYWRITE, "mw"],
  [VM_MAYEXEC, "me"],
  [VM_MAYSHARE, "ms"],
  [VM_GROWSDOWN, "gd"],
  [VM_PFNMAP, "pf"],
  [VM_MAYBE_GUARD, "gu"],
  [VM_LOCKED, "lo"],
  [VM_IO, "io"],
  [VM_SEQ_READ, "sr"],
  [VM_RAND_READ, "rr"],
  [VM_DONTCOPY, "dc"],
  [VM_DONTEXPAND, "de"],
  [VM_LOCKONFAULT, "lf"],
  [VM_ACCOUNT, "ac"],
  [VM_NORESERVE, "nr"],
  [VM_HUGETLB, "ht"],
  [VM_SYNC, "sf"],
  [VM_WIPEONFORK, "wf"],
  [VM_DONTDUMP, "dd"],
  [VM_MIXEDMAP, "mm"],
  [VM_HUGEPAGE, "hg"],
  [VM_NOHUGEPAGE, "nh"],
  [VM_MERGEABLE, "mg"],
];

const HUGE_BYTES = 2 ** 21;

const NOTHING: RegionMeasure = {
  rss: 0,
  pss: 0,
  pssDirty: 0,
  sharedClean: 0,
  sharedDirty: 0,
  privateClean: 0,
  privateDirty: 0,
  referenced: 0,
  anonymous: 0,
  lazyFree: 0,
  anonHuge: 0,
  sharedHugetlb: 0,
  privateHugetlb: 0,
  swap: 0,
  swapPss: 0,
  locked: 0,
};

/** The vsyscall page above all user addresses; it belongs to no process, and every process has it. */
const VSYSCALL: RegionView = {
  start: 0xffffffffff600000n,
  end: 0xffffffffff601000n,
  permissions: "--xp",
  offset: 0,
  name: "[vsyscall]",
  inode: 0,
  rssBytes: 0,
  lockedBytes: 0,
  swapBytes: 0,
  swappedOutBytes: 0,
  vmFlags: ["ex"],
  pageBytes: 4096,
  minorFaults: 0,
  majorFaults: 0,
  references: 0,
  cycles: 0,
  worstCycles: 0,
  call: 0,
  measure: NOTHING,
};

export function regionViews(process: Process): RegionView[] {
  const nameOf = regionNames(process);
  const own = process.rawRegions().map((region, index) => {
    const measure = process.system.kernel.measure(process.asid, index);
    const has = (flag: number) => (region.flags & flag) !== 0;
    return {
      start: region.start,
      end: region.end,
      permissions: permissionsOf(region.flags),
      offset: region.object === 0 ? 0 : Number(region.pgoff * process.pageBytes),
      name: nameOf(region),
      inode: region.object === 0 ? 0 : process.system.kernel.inode(region.object),
      rssBytes: measure.rss,
      lockedBytes: Math.floor(measure.locked / 4096),
      swapBytes: measure.swap,
      swappedOutBytes: region.swappedOut * Number(process.pageBytes),
      vmFlags: MNEMONICS.filter(([flag]) => has(flag)).map(([, letters]) => letters),
      pageBytes: has(VM_HUGETLB) ? HUGE_BYTES : Number(process.pageBytes),
      minorFaults: region.minor,
      majorFaults: region.major,
      references: region.references,
      cycles: region.cycles,
      worstCycles: region.worst,
      call: region.call,
      measure,
    };
  });
  return process.system.layout.arch.startsWith("x86-64") ? [...own, VSYSCALL] : own;
}

/** `rw-p` for a region's flags. */
export function permissionsOf(flags: number): string {
  const letter = (flag: number, set: string, unset = "-") => ((flags & flag) === 0 ? unset : set);
  return `${letter(VM_READ, "r")}${letter(VM_WRITE, "w")}${letter(VM_EXEC, "x")}${letter(VM_MAYSHARE, "s", "p")}`;
}

/** Names in maps of the process's current regions. */
export function regionNames(process: Process): (region: RawRegion) => string {
  const brk = process.field(SPACE_BRK);
  const startBrk = process.field(SPACE_START_BRK);
  const startStack = process.field(SPACE_START_STACK);
  return (region) => {
    if (region.object !== 0) {
      const isHuge = (region.flags & VM_HUGETLB) !== 0;
      const ownFile = isHuge ? "/anon_hugepage (deleted)" : "/dev/zero (deleted)";
      return process.system.pathOf(region.object) ?? ownFile;
    }
    return process.labels[region.label - 1] ?? kernelName(region, brk, startBrk, startStack);
  };
}

/** As in vma_is_initial_heap and vma_is_initial_stack. */
function kernelName({ start, end }: RawRegion, brk: bigint, startBrk: bigint, startStack: bigint): string {
  if (start < brk && end > startBrk) return "[heap]";
  return start <= startStack && end >= startStack && startStack !== 0n ? "[stack]" : "";
}

/** The sums of `/proc/PID/status`, bytes. */
export interface StatusView {
  readonly peakBytes: number;
  readonly sizeBytes: number;
  readonly lockedBytes: number;
  readonly peakResidentBytes: number;
  readonly residentBytes: number;
  readonly anonymousBytes: number;
  readonly fileBytes: number;
  readonly sharedBytes: number;
  readonly dataBytes: number;
  readonly stackBytes: number;
  readonly codeBytes: number;
  readonly libraryBytes: number;
  readonly pageTableBytes: number;
  readonly swapBytes: number;
  /** Bytes ever written to swap, also from regions that are unmapped. */
  readonly swappedOutBytes: number;
}

const NO_STATUS: StatusView = {
  peakBytes: 0,
  sizeBytes: 0,
  lockedBytes: 0,
  peakResidentBytes: 0,
  residentBytes: 0,
  anonymousBytes: 0,
  fileBytes: 0,
  sharedBytes: 0,
  dataBytes: 0,
  stackBytes: 0,
  codeBytes: 0,
  libraryBytes: 0,
  pageTableBytes: 0,
  swapBytes: 0,
  swappedOutBytes: 0,
};

/** All 0 for a process that has ended. Throws `UsageError`. */
export function statusView(process: Process): StatusView {
  mustBeProcess(process, "statusView");
  if (!process.isAlive) return NO_STATUS;
  const bytes = (offset: number) => Number(process.field(offset) * process.pageBytes);
  const up = (address: bigint) => (address + process.pageBytes - 1n) & ~(process.pageBytes - 1n);
  const code = Number(
    up(process.field(SPACE_END_CODE)) - (process.field(SPACE_START_CODE) & ~(process.pageBytes - 1n)),
  );
  const executable = bytes(SPACE_EXECUTABLE);
  const anonymousBytes = bytes(SPACE_ANONYMOUS);
  const fileBytes = bytes(SPACE_FILE);
  const sharedBytes = bytes(SPACE_SHARED);
  return {
    peakBytes: bytes(SPACE_PEAK_TOTAL),
    sizeBytes: bytes(SPACE_TOTAL),
    lockedBytes: bytes(SPACE_LOCKED),
    peakResidentBytes: bytes(SPACE_PEAK_RESIDENT),
    residentBytes: anonymousBytes + fileBytes + sharedBytes,
    anonymousBytes,
    fileBytes,
    sharedBytes,
    dataBytes: bytes(SPACE_DATA),
    stackBytes: bytes(SPACE_STACK),
    codeBytes: Math.min(code, executable),
    libraryBytes: executable - Math.min(code, executable),
    pageTableBytes: bytes(SPACE_TABLES),
    swapBytes: bytes(SPACE_SWAPPED),
    swappedOutBytes: bytes(SPACE_SWAPPED_OUT),
  };
}

/** A page in memory or swap, as in pagemap. */
export interface PageView {
  readonly address: bigint;
  readonly pfn: number | undefined;
  readonly content: PageContent;
  /** Number of entries that map its frame, or refer to its place in swap. */
  readonly mapped: number;
  readonly swapPlace: number | undefined;
  readonly dirty: boolean;
  readonly accessed: boolean;
  readonly writable: boolean;
  readonly pageBytes: number;
}
