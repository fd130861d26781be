/** Structs of processes in kernel memory, read into objects and written: the layouts are in assembly/abi. */

import { CALL_ARGUMENTS, CALL_OP } from "../../../assembly/abi/call.js";
import { NONE, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND, RECORD_SIZE } from "../../../assembly/abi/core.js";
import { PAGE_CONTENTS } from "../../../assembly/abi/names.js";
import {
  MEASURE_ANON_HUGE,
  MEASURE_ANONYMOUS,
  MEASURE_LAZY_FREE,
  MEASURE_LOCKED,
  MEASURE_PRIVATE_CLEAN,
  MEASURE_PRIVATE_DIRTY,
  MEASURE_PRIVATE_HUGETLB,
  MEASURE_PSS,
  MEASURE_PSS_DIRTY,
  MEASURE_REFERENCED,
  MEASURE_RSS,
  MEASURE_SHARED_CLEAN,
  MEASURE_SHARED_DIRTY,
  MEASURE_SHARED_HUGETLB,
  MEASURE_SWAP,
  MEASURE_SWAP_PSS,
  PAGE_CONTENT,
  PAGE_FLAGS,
  PAGE_LEVEL,
  PAGE_MAPPED,
  PAGE_PFN,
  PAGE_PLACE,
} from "../../../assembly/abi/page.js";
import {
  FAULT_ADDRESS,
  FAULT_ASID,
  FAULT_CALL,
  FAULT_MADE_BY,
  FAULT_MAJOR,
  FAULT_REFERENCE,
  FAULT_REGION,
  REGION_ANON,
  REGION_CALL,
  REGION_CYCLES,
  REGION_END,
  REGION_FLAGS,
  REGION_LABEL,
  REGION_MAJOR,
  REGION_MINOR,
  REGION_OBJECT,
  REGION_OPENING,
  REGION_PGOFF,
  REGION_REFERENCES,
  REGION_START,
  REGION_SWAPPED_OUT,
  REGION_WORST,
  SYSTEM_BACKGROUND,
  SYSTEM_COPIES,
  SYSTEM_DIRECT,
  SYSTEM_DISCARDS,
  SYSTEM_FILE_READS,
  SYSTEM_FILE_WRITES,
  SYSTEM_KILLS,
  SYSTEM_READ_AHEAD,
  SYSTEM_SHOOTDOWNS,
  SYSTEM_SWAP_READS,
  SYSTEM_SWAP_WRITES,
} from "../../../assembly/abi/process.js";

/** A signal by its numbers. */
export interface RawSignal {
  readonly number: number;
  readonly code: number;
  readonly address: bigint;
}

/** Result of a call. */
export interface CallOutcome {
  /** A value, or -errno. */
  readonly result: bigint;
  /** The signal of a load, store or fetch; undefined: none. */
  readonly signal: RawSignal | undefined;
}

/** How many references of a batch succeeded, and the signal that stopped the next one. */
export interface BatchOutcome {
  readonly done: number;
  readonly signal: RawSignal | undefined;
}

export interface RawRegion {
  start: bigint;
  end: bigint;
  /** In pages. */
  pgoff: bigint;
  flags: number;
  object: number;
  anon: number;
  label: number;
  call: number;
  minor: number;
  major: number;
  references: number;
  /** Cycles of its references and their faults, and of the longest one. */
  cycles: number;
  worst: number;
  /** Pages written to swap. */
  swappedOut: number;
  /** The open file that it keeps; 0: none. */
  opening: number;
}

/** A fault in the kernel's log. */
export interface RawFault {
  asid: number;
  address: bigint;
  isMajor: boolean;
  /** The start of its region. */
  region: bigint;
  /** The current or last call, and the one that made the region. */
  call: number;
  madeBy: number;
  /** References of the process before it. */
  reference: number;
}

/** Bytes, except for the shares, which are in units of 1/4096 byte. */
export interface RegionMeasure {
  rss: number;
  pss: number;
  pssDirty: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  referenced: number;
  anonymous: number;
  lazyFree: number;
  anonHuge: number;
  sharedHugetlb: number;
  privateHugetlb: number;
  swap: number;
  swapPss: number;
  locked: number;
}

export type PageContent = (typeof PAGE_CONTENTS)[number];

export interface RawPage {
  pfn: number | undefined;
  flags: number;
  level: number;
  mapped: number;
  place: number | undefined;
  content: PageContent;
}

/** Pages, except for shootdowns and kills. */
export interface SystemCounters {
  /** Copied on write. */
  copies: number;
  fileReads: number;
  fileWrites: number;
  swapReads: number;
  swapWrites: number;
  readAhead: number;
  /** Discarded without being written (MADV_FREE). */
  discards: number;
  backgroundReclaims: number;
  directReclaims: number;
  /** Translations invalidated because their entry changed. */
  shootdowns: number;
  /** Processes that the OOM killer ended. */
  kills: number;
}

export function readRegion(view: DataView, region: number): RawRegion {
  return {
    start: view.getBigUint64(region + REGION_START, true),
    end: view.getBigUint64(region + REGION_END, true),
    pgoff: view.getBigUint64(region + REGION_PGOFF, true),
    flags: view.getUint32(region + REGION_FLAGS, true),
    object: view.getUint32(region + REGION_OBJECT, true),
    anon: view.getUint32(region + REGION_ANON, true),
    label: view.getUint32(region + REGION_LABEL, true),
    call: view.getUint32(region + REGION_CALL, true),
    minor: view.getUint32(region + REGION_MINOR, true),
    major: view.getUint32(region + REGION_MAJOR, true),
    references: Number(view.getBigUint64(region + REGION_REFERENCES, true)),
    cycles: Number(view.getBigUint64(region + REGION_CYCLES, true)),
    worst: view.getUint32(region + REGION_WORST, true),
    swappedOut: view.getUint32(region + REGION_SWAPPED_OUT, true),
    opening: view.getUint32(region + REGION_OPENING, true),
  };
}

export function readFault(view: DataView, fault: number): RawFault {
  return {
    asid: view.getUint32(fault + FAULT_ASID, true),
    address: view.getBigUint64(fault + FAULT_ADDRESS, true),
    isMajor: view.getUint32(fault + FAULT_MAJOR, true) !== 0,
    region: view.getBigUint64(fault + FAULT_REGION, true),
    call: view.getUint32(fault + FAULT_CALL, true),
    madeBy: view.getUint32(fault + FAULT_MADE_BY, true),
    reference: Number(view.getBigUint64(fault + FAULT_REFERENCE, true)),
  };
}

/** The result of `measureRegion` at `at`. */
export function readMeasure(view: DataView, at: number): RegionMeasure {
  const value = (offset: number) => Number(view.getBigUint64(at + offset, true));
  return {
    rss: value(MEASURE_RSS),
    pss: value(MEASURE_PSS),
    pssDirty: value(MEASURE_PSS_DIRTY),
    sharedClean: value(MEASURE_SHARED_CLEAN),
    sharedDirty: value(MEASURE_SHARED_DIRTY),
    privateClean: value(MEASURE_PRIVATE_CLEAN),
    privateDirty: value(MEASURE_PRIVATE_DIRTY),
    referenced: value(MEASURE_REFERENCED),
    anonymous: value(MEASURE_ANONYMOUS),
    lazyFree: value(MEASURE_LAZY_FREE),
    anonHuge: value(MEASURE_ANON_HUGE),
    sharedHugetlb: value(MEASURE_SHARED_HUGETLB),
    privateHugetlb: value(MEASURE_PRIVATE_HUGETLB),
    swap: value(MEASURE_SWAP),
    swapPss: value(MEASURE_SWAP_PSS),
    locked: value(MEASURE_LOCKED),
  };
}

/** The result of `pageAt` at `at`. */
export function readPage(view: DataView, at: number): RawPage {
  const value = (offset: number) => view.getUint32(at + offset, true);
  const known = (number: number) => (number === NONE ? undefined : number);
  return {
    pfn: known(value(PAGE_PFN)),
    flags: value(PAGE_FLAGS),
    level: value(PAGE_LEVEL),
    mapped: value(PAGE_MAPPED),
    place: known(value(PAGE_PLACE)),
    content: PAGE_CONTENTS[value(PAGE_CONTENT)] ?? "nothing",
  };
}

/** The counters of the system at `at`. */
export function readCounters(view: DataView, at: number): SystemCounters {
  const counter = (offset: number) => Number(view.getBigUint64(at + offset, true));
  return {
    copies: counter(SYSTEM_COPIES),
    fileReads: counter(SYSTEM_FILE_READS),
    fileWrites: counter(SYSTEM_FILE_WRITES),
    swapReads: counter(SYSTEM_SWAP_READS),
    swapWrites: counter(SYSTEM_SWAP_WRITES),
    readAhead: counter(SYSTEM_READ_AHEAD),
    discards: counter(SYSTEM_DISCARDS),
    backgroundReclaims: counter(SYSTEM_BACKGROUND),
    directReclaims: counter(SYSTEM_DIRECT),
    shootdowns: counter(SYSTEM_SHOOTDOWNS),
    kills: view.getUint32(at + SYSTEM_KILLS, true),
  };
}

/** Writes a call at `at`. */
export function writeCall(view: DataView, at: number, op: number, args: readonly bigint[]): void {
  view.setUint32(at + CALL_OP, op, true);
  for (let n = 0; n < 6; n++) view.setBigUint64(at + CALL_ARGUMENTS + n * 8, args[n] ?? 0n, true);
}

/** Writes references to `count` of the addresses as records at `at`. `kind`: `KIND_…`. */
export function writeReferences(
  view: DataView,
  at: number,
  addresses: ArrayLike<bigint>,
  from: number,
  count: number,
  kind: number,
  bytes: number,
): void {
  for (let n = 0; n < count; n++) {
    const record = at + n * RECORD_BYTES;
    view.setBigUint64(record + RECORD_ADDRESS, addresses[from + n] ?? 0n, true);
    view.setUint32(record + RECORD_SIZE, bytes, true);
    view.setUint32(record + RECORD_KIND, kind, true);
  }
}

/** The signal at `at`, number << 8 | code, or 0 for none; its address is at `address`. */
export function readSignal(view: DataView, at: number, address: number): RawSignal | undefined {
  const signal = view.getUint32(at, true);
  if (signal === 0) return undefined;
  return { number: signal >>> 8, code: signal & 0xff, address: view.getBigUint64(address, true) };
}
