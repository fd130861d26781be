/** What /proc shows of a process, as data: regions (maps, smaps), its sums (status), its pages (pagemap). */
import * as abi from "../../../assembly/abi-process.js";
import type { PageContent, RawRegion, RegionMeasure } from "../../wasm/process-structs.js";
import type { Process } from "../process.js";
import { mustBeProcess } from "./subject.js";

export interface RegionView {
  readonly start: bigint;
  readonly end: bigint;
  /** `rw-p`. */
  readonly permissions: string;
  /** In the file, bytes. */
  readonly offset: number;
  /** A path, `[heap]`, `[stack]` …; empty for anonymous memory. */
  readonly name: string;
  /** Of shared anonymous memory, which has a file of the kernel's own: they are numbered as they are made; 0 for others. */
  readonly inode: number;
  readonly rssBytes: number;
  readonly lockedBytes: number;
  readonly swapBytes: number;
  /** Of it was written to swap, ever. */
  readonly swappedOutBytes: number;
  /** Two letters a flag, in smaps' order. */
  readonly vmFlags: readonly string[];
  readonly pageBytes: number;
  /** Faults taken in it. */
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly references: number;
  /** Cycles of its references and their faults, and of the one that took longest. */
  readonly cycles: number;
  readonly worstCycles: number;
  /** The call that made it, by its line in the log or its number. */
  readonly call: number;
  readonly measure: RegionMeasure;
}

// In smaps' order, fs/proc/task_mmu.c.
const MNEMONICS: readonly (readonly [flag: number, letters: string])[] = [
  [abi.VM_READ, "rd"],
  [abi.VM_WRITE, "wr"],
  [abi.VM_EXEC, "ex"],
  [abi.VM_SHARED, "sh"],
  [abi.VM_MAYREAD, "mr"],
  [abi.VM_MAYWRITE, "mw"],
  [abi.VM_MAYEXEC, "me"],
  [abi.VM_MAYSHARE, "ms"],
  [abi.VM_GROWSDOWN, "gd"],
  [abi.VM_PFNMAP, "pf"],
  [abi.VM_MAYBE_GUARD, "gu"],
  [abi.VM_LOCKED, "lo"],
  [abi.VM_IO, "io"],
  [abi.VM_SEQ_READ, "sr"],
  [abi.VM_RAND_READ, "rr"],
  [abi.VM_DONTCOPY, "dc"],
  [abi.VM_DONTEXPAND, "de"],
  [abi.VM_LOCKONFAULT, "lf"],
  [abi.VM_ACCOUNT, "ac"],
  [abi.VM_NORESERVE, "nr"],
  [abi.VM_HUGETLB, "ht"],
  [abi.VM_SYNC, "sf"],
  [abi.VM_WIPEONFORK, "wf"],
  [abi.VM_DONTDUMP, "dd"],
  [abi.VM_MIXEDMAP, "mm"],
  [abi.VM_HUGEPAGE, "hg"],
  [abi.VM_NOHUGEPAGE, "nh"],
  [abi.VM_MERGEABLE, "mg"],
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

/** The page above all addresses that old programs ask for the time; it belongs to no process, and every one has it. */
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
      pageBytes: has(abi.VM_HUGETLB) ? HUGE_BYTES : Number(process.pageBytes),
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
  return `${letter(abi.VM_READ, "r")}${letter(abi.VM_WRITE, "w")}${letter(abi.VM_EXEC, "x")}${letter(abi.VM_MAYSHARE, "s", "p")}`;
}

/** What maps calls the regions of a process as it is now. */
export function regionNames(process: Process): (region: RawRegion) => string {
  const brk = process.field(abi.SPACE_BRK);
  const startBrk = process.field(abi.SPACE_START_BRK);
  const startStack = process.field(abi.SPACE_START_STACK);
  return (region) => {
    if (region.object !== 0) {
      const isHuge = (region.flags & abi.VM_HUGETLB) !== 0;
      const ownFile = isHuge ? "/anon_hugepage (deleted)" : "/dev/zero (deleted)";
      return process.system.pathOf(region.object) ?? ownFile;
    }
    return process.labels[region.label - 1] ?? kernelName(region, brk, startBrk, startStack);
  };
}

/** As vma_is_initial_heap and vma_is_initial_stack tell. */
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
  /** Was written to swap, ever, of regions that are gone too. */
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

/** All 0 of a process that has ended. Throws `UsageError`. */
export function statusView(process: Process): StatusView {
  mustBeProcess(process, "statusView");
  if (!process.isAlive) return NO_STATUS;
  const bytes = (offset: number) => Number(process.field(offset) * process.pageBytes);
  const up = (address: bigint) => (address + process.pageBytes - 1n) & ~(process.pageBytes - 1n);
  const code = Number(
    up(process.field(abi.SPACE_END_CODE)) - (process.field(abi.SPACE_START_CODE) & ~(process.pageBytes - 1n)),
  );
  const executable = bytes(abi.SPACE_EXECUTABLE);
  const anonymousBytes = bytes(abi.SPACE_ANONYMOUS);
  const fileBytes = bytes(abi.SPACE_FILE);
  const sharedBytes = bytes(abi.SPACE_SHARED);
  return {
    peakBytes: bytes(abi.SPACE_PEAK_TOTAL),
    sizeBytes: bytes(abi.SPACE_TOTAL),
    lockedBytes: bytes(abi.SPACE_LOCKED),
    peakResidentBytes: bytes(abi.SPACE_PEAK_RESIDENT),
    residentBytes: anonymousBytes + fileBytes + sharedBytes,
    anonymousBytes,
    fileBytes,
    sharedBytes,
    dataBytes: bytes(abi.SPACE_DATA),
    stackBytes: bytes(abi.SPACE_STACK),
    codeBytes: Math.min(code, executable),
    libraryBytes: executable - Math.min(code, executable),
    pageTableBytes: bytes(abi.SPACE_TABLES),
    swapBytes: bytes(abi.SPACE_SWAPPED),
    swappedOutBytes: bytes(abi.SPACE_SWAPPED_OUT),
  };
}

/** A page that is in memory or in swap: what pagemap tells of it. */
export interface PageView {
  readonly address: bigint;
  readonly pfn: number | undefined;
  readonly content: PageContent;
  /** How many entries map its frame, or hold its place in swap. */
  readonly mapped: number;
  readonly swapPlace: number | undefined;
  readonly dirty: boolean;
  readonly accessed: boolean;
  readonly writable: boolean;
  readonly pageBytes: number;
}
