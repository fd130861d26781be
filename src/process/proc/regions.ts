/** The regions of a process as data: the lines of `/proc/PID/maps` and `smaps`. */
import {
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_DROPPABLE,
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
  VM_SEALED,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SYNC,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";
import { HUGE_ALWAYS, HUGE_MADVISE } from "../../../assembly/abi/machine.js";
import {
  SPACE_BRK,
  SPACE_START_BRK,
  SPACE_START_STACK,
  SPACE_THP,
  THP_ADVISED,
  THP_DISABLED,
} from "../../../assembly/abi/process.js";
import type { RawRegion, RegionMeasure } from "../../wasm/process/structs.js";
import type { AddressSpace } from "../space.js";
import { ZERO_DEVICE } from "../system/open-file.js";

/** A region of an address space, as `/proc/PID/smaps` describes it. Sizes are in bytes. */
export interface RegionView {
  /** First address. */
  readonly start: bigint;
  /** First address behind it. */
  readonly end: bigint;
  /** `rw-p`. */
  readonly permissions: string;
  /** Offset in the file, bytes. */
  readonly offset: number;
  /** A path, `[heap]`, `[stack]` …; empty for anonymous memory. */
  readonly name: string;
  /** Number of the kernel's internal file of shared anonymous memory, in order of creation; 0 for other regions. */
  readonly inode: number;
  /** Bytes of its pages in memory (Rss of smaps). */
  readonly rssBytes: number;
  /** Bytes of its pages in memory that are locked (Locked of smaps). */
  readonly lockedBytes: number;
  /** Bytes of its pages in swap (Swap of smaps). */
  readonly swapBytes: number;
  /** Bytes of it ever written to swap. */
  readonly swappedOutBytes: number;
  /** Two letters per flag, in the order of smaps. */
  readonly vmFlags: readonly string[];
  /** May get transparent huge pages, by the system's setting and its place. */
  readonly thpEligible: boolean;
  /** Bytes of its smallest pages (KernelPageSize of smaps). */
  readonly pageBytes: number;
  /** Faults in it that were served from memory. */
  readonly minorFaults: number;
  /** Faults in it that read a page from swap or a file. */
  readonly majorFaults: number;
  /** Touches of its pages. */
  readonly references: number;
  /** Cycles of its references and faults. */
  readonly cycles: number;
  /** Cycles of the longest reference. */
  readonly worstCycles: number;
  /** The call that made it, by line of the log or number. */
  readonly call: number;
  /** Counts its pages, for smaps. */
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
  [VM_DROPPABLE, "dp"],
  [VM_SEALED, "sl"],
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

const WIDE = 1n << 32n;
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
  thpEligible: false,
  pageBytes: 4096,
  minorFaults: 0,
  majorFaults: 0,
  references: 0,
  cycles: 0,
  worstCycles: 0,
  call: 0,
  measure: NOTHING,
};

/** `huge`: the system's setting for transparent huge pages, `HUGE_…`. */
export function regionViews(space: AddressSpace, huge: number): RegionView[] {
  const { kernel, files } = space;
  const pageBytes = Number(space.pageBytes);
  const nameOf = regionNames(space);
  const own = kernel.regions().map((region, index) => {
    const measure = kernel.measure(index);
    const has = (flag: number) => (region.flags & flag) !== 0;
    return {
      start: region.start,
      end: region.end,
      permissions: permissionsOf(region.flags),
      offset: isAnonymous(region) ? 0 : Number(region.pgoff) * pageBytes,
      name: nameOf(region),
      inode: region.object === 0 ? 0 : files.inode(region.object),
      rssBytes: measure.rss,
      lockedBytes: Math.floor(measure.locked / 4096),
      swapBytes: measure.swap,
      swappedOutBytes: region.swappedOut * pageBytes,
      vmFlags: MNEMONICS.filter(([flag]) => has(flag)).map(([, letters]) => letters),
      thpEligible: isThpEligible(space, region, huge),
      pageBytes: has(VM_HUGETLB) ? HUGE_BYTES : pageBytes,
      minorFaults: region.minor,
      majorFaults: region.major,
      references: region.references,
      cycles: region.cycles,
      worstCycles: region.worst,
      call: region.call,
      measure,
    };
  });
  const { arch, taskSize } = space.layout;
  return arch.startsWith("x86-64") && taskSize > WIDE ? [...own, VSYSCALL] : own;
}

/**
 * As thp_vma_allowable_orders of Linux 6.18 for anonymous memory: a whole huge page lies in the region. The kernel looks
 * at the last one, and its subtraction wraps where the region ends below the size of a huge page; such a region counts
 * as eligible. Files and shared memory are never eligible here.
 */
function isThpEligible(space: AddressSpace, region: RawRegion, huge: number): boolean {
  const { start, end, flags, object } = region;
  const has = (some: number) => (flags & some) !== 0;
  if (object !== 0 || has(VM_SHARED | VM_HUGETLB | VM_NOHUGEPAGE | VM_IO | VM_PFNMAP | VM_DONTEXPAND))
    return false;
  const isAdvised = has(VM_HUGEPAGE);
  if (huge !== HUGE_ALWAYS && !(huge === HUGE_MADVISE && isAdvised)) return false;
  const thp = Number(space.field(SPACE_THP));
  if (thp === THP_DISABLED || (thp === THP_ADVISED && !isAdvised)) return false;
  const last = BigInt.asUintN(64, end - BigInt(HUGE_BYTES)) & -BigInt(HUGE_BYTES);
  return last >= start && BigInt.asUintN(64, last + BigInt(HUGE_BYTES)) <= end;
}

/** `rw-p` for a region's flags. */
export function permissionsOf(flags: number): string {
  const letter = (flag: number, set: string, unset = "-") => ((flags & flag) === 0 ? unset : set);
  return `${letter(VM_READ, "r")}${letter(VM_WRITE, "w")}${letter(VM_EXEC, "x")}${letter(VM_MAYSHARE, "s", "p")}`;
}

/** Names of the current regions, as in maps. */
export function regionNames(space: AddressSpace): (region: RawRegion) => string {
  const brk = space.field(SPACE_BRK);
  const startBrk = space.field(SPACE_START_BRK);
  const startStack = space.field(SPACE_START_STACK);
  return (region) => {
    if (region.object !== 0) {
      const isHuge = (region.flags & VM_HUGETLB) !== 0;
      const ownFile = isHuge ? "/anon_hugepage (deleted)" : "/dev/zero (deleted)";
      return space.files.pathOf(region.object) ?? ownFile;
    }
    if (!isAnonymous(region)) return ZERO_DEVICE;
    return space.labelled(region) ?? kernelName(region, brk, startBrk, startStack);
  };
}

/** Private anonymous memory that keeps no file: all but that of /dev/zero. */
function isAnonymous({ object, opening }: RawRegion): boolean {
  return object === 0 && opening === 0;
}

/** As in vma_is_initial_heap and vma_is_initial_stack. */
function kernelName({ start, end }: RawRegion, brk: bigint, startBrk: bigint, startStack: bigint): string {
  if (start < brk && end > startBrk) return "[heap]";
  return start <= startStack && end >= startStack && startStack !== 0n ? "[stack]" : "";
}
