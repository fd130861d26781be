/** The address space of a process, Linux's `mm_struct`: its regions, its layout, its sums of pages and its limits. */
import { NONE } from "../../abi/core";
import { RLIMITS } from "../../abi/linux";
import { allocate, make } from "../../core/arena";
import { Machine } from "../../machine/machine";
import { System } from "../system/system";
import { Bytes } from "./bytes";
import { Regions } from "./regions";

@final
@unmanaged
export class Space {
  /** The end of addresses, and the upper end of the search for room, which goes downwards. */
  taskSize: u64;
  mmapBase: u64;
  /**
   * The lowest address of mappings without MAP_FIXED, and of all mappings of unprivileged processes (mmap_min_addr).
   */
  lowest: u64;
  startBrk: u64;
  brk: u64;
  startStack: u64;
  startCode: u64;
  endCode: u64;
  startData: u64;
  endData: u64;
  /** Pages of all regions, of locked ones, of private writable memory, of stacks, and of code. */
  totalPages: u64;
  lockedPages: u64;
  dataPages: u64;
  stackPages: u64;
  executablePages: u64;
  /** Pages charged against overcommit. */
  committedPages: u64;
  /** Pages in memory, by kind, and in swap; pages of page tables. */
  residentAnonymous: u64;
  residentFile: u64;
  residentShared: u64;
  swappedPages: u64;
  tablePages: u64;
  minor: u64;
  major: u64;
  /** Peaks of total and resident pages. */
  peakTotal: u64;
  peakResident: u64;
  /** Soft and hard limit of each resource, u64 each. */
  limits: usize;
  system: System;
  regions: Regions;
  asid: u32;
  /** VM_LOCKED and VM_LOCKONFAULT of regions to come (mlockall). */
  defaultFlags: u32;
  /** The host's number of the current call. */
  call: u32;
  /** Has CAP_IPC_LOCK and CAP_SYS_RESOURCE. */
  isPrivileged: bool;
  isAlive: bool;
  /** Mappings are searched for upwards from `mmapBase` (the legacy layout). */
  isBottomUp: bool;
  /** oom_score_adj, -1000 to 1000. */
  oomScoreAdjust: i32;
  /** The list of deposited tables of huge pages: the first, NONE for none. */
  deposits: u32;
  /** References, and modelled time in cycles: see the costs in `system.ts`. */
  references: u64;
  referenceCycles: u64;
  faultCycles: u64;
  callCycles: u64;
  shootdownCycles: u64;
  worstCycles: u64;
  worstAddress: u64;
  worstCall: u32;
  /** Distinguishes the space from earlier ones with the same asid. */
  serial: u32;
  /** Pages written to swap while they were mapped here. */
  swappedOut: u64;
  /** Those of the locked pages whose regions MREMAP_DONTUNMAP has unlocked without uncounting them. */
  staleLocks: u64;
  /** Where the next search for MAP_32BIT starts, if the host knows it; 0: at random, or at the start of the range. */
  lowStart: u64;
  /** The state of the random numbers for these searches; 0: addresses are not randomised. */
  lowRandom: u64;
  /** The known contents of memory; null when there are none. */
  bytes: Bytes;
  /** A destroyed heap, reused by the next one of this space; 0: none. See heap/heap.ts. */
  spareHeap: usize;
  /** The setting for transparent huge pages: a number `THP_…`. */
  thp: u64;

  /** An empty space with number `asid`; null when memory is out. */
  static create(system: System, asid: u32): Space {
    const nothing = changetype<Space>(0);
    const space = make<Space>();
    if (changetype<usize>(space) == 0) return nothing;
    space.system = system;
    space.asid = asid;
    space.limits = allocate(RLIMITS << 4);
    space.regions = Regions.create(system.machine.geometry.pageShift);
    if (space.limits == 0 || changetype<usize>(space.regions) == 0) return nothing;
    space.reset();
    return space;
  }

  /** Resets everything but the number. All regions were removed before. */
  reset(): void {
    const system = this.system;
    const asid = this.asid;
    const limits = this.limits;
    const regions = this.regions;
    const bytes = this.bytes;
    const spareHeap = this.spareHeap;
    memory.fill(changetype<usize>(this), 0, offsetof<Space>());
    memory.fill(limits, 0xff, RLIMITS << 4);
    this.system = system;
    this.asid = asid;
    this.limits = limits;
    this.regions = regions;
    this.bytes = bytes;
    this.spareHeap = spareHeap;
    this.deposits = NONE;
    this.serial = system.spaces.newSerial();
    this.isAlive = true;
  }

  /** Copies layout, limits and sums from the parent (kernel/fork.c), but no locks, and no regions or pages. */
  inherit(parent: Space): void {
    this.taskSize = parent.taskSize;
    this.mmapBase = parent.mmapBase;
    this.lowest = parent.lowest;
    this.isBottomUp = parent.isBottomUp;
    this.lowRandom = parent.lowRandom;
    this.startBrk = parent.startBrk;
    this.brk = parent.brk;
    this.startStack = parent.startStack;
    this.startCode = parent.startCode;
    this.endCode = parent.endCode;
    this.startData = parent.startData;
    this.endData = parent.endData;
    this.totalPages = parent.totalPages;
    this.dataPages = parent.dataPages;
    this.stackPages = parent.stackPages;
    this.executablePages = parent.executablePages;
    this.peakTotal = parent.totalPages;
    this.isPrivileged = parent.isPrivileged;
    this.oomScoreAdjust = parent.oomScoreAdjust;
    this.thp = parent.thp;
    this.call = parent.call;
    memory.copy(this.limits, parent.limits, RLIMITS << 4);
  }

  /** Pages in memory. */
  @inline
  get resident(): u64 {
    return this.residentAnonymous + this.residentFile + this.residentShared;
  }

  @inline
  get machine(): Machine {
    return this.system.machine;
  }

  @inline
  get pageShift(): u32 {
    return this.system.machine.geometry.pageShift;
  }

  @inline
  soft(resource: u32): u64 {
    return load<u64>(this.limits + ((<usize>resource) << 4));
  }

  @inline
  hard(resource: u32): u64 {
    return load<u64>(this.limits + ((<usize>resource) << 4), 8);
  }

  /** Clears the known contents between two addresses: they read as zeros. */
  clearBytes(start: u64, end: u64): void {
    if (changetype<usize>(this.bytes) != 0) this.bytes.discard(start, end);
  }

  setLimit(resource: u32, soft: u64, hard: u64): void {
    assert(resource < <u32>RLIMITS);
    store<u64>(this.limits + ((<usize>resource) << 4), soft);
    store<u64>(this.limits + ((<usize>resource) << 4), hard, 8);
  }
}

/** The space with number `asid`; null for none. */
export function spaceOf(system: System, asid: u32): Space {
  return changetype<Space>(system.spaces.at(asid));
}

/** An empty space with a free number; null when numbers or memory are out. */
export function newSpace(system: System): Space {
  const spaces = system.spaces;
  const ended = spaces.reuse();
  if (ended != NONE) {
    const space = spaceOf(system, ended);
    space.reset();
    return space;
  }
  if (spaces.isFull) return changetype<Space>(0);
  const space = Space.create(system, spaces.count);
  if (changetype<usize>(space) != 0) spaces.add(changetype<usize>(space));
  return space;
}

/** Frees the number of a space whose process has ended. */
export function freeSpace(space: Space): void {
  space.system.spaces.release(space.asid);
}
