/**
 * The system: a machine, the processes on it, and the memory behind their regions.
 *
 *   space ──> regions ──> fault ──> frame <── mappings        swap: places for private and shared memory
 *                                     │
 *                                     ├── content: private    objects: files and shared memory, by page
 *                                     └── policy's slot       policy: chooses the page to evict when frames run short
 *
 * Each part is a class in a file of this folder. System holds them, the counters, and the settings.
 */
import { NONE, STATUS_OK, STATUS_OUT_OF_MEMORY, STATUS_REFUSED } from "../../abi/core";
import { make } from "../../core/arena";
import { Swap } from "../../frames/swap";
import { Machine } from "../../machine/machine";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { FaultLog } from "./fault-log";
import { HugetlbPool } from "./hugetlb-pool";
import { Mappings } from "./mappings";
import { Objects } from "./objects";
import { PageFlags } from "./page-flags";
import { Pins } from "./pins";
import { PolicyPages } from "./policy-pages";
import { SpaceTable } from "./space-table";
import { SwapLog } from "./swap-log";
import { Watermarks } from "./watermarks";

@final
@unmanaged
export class System {
  // The host reads these, at abi/process' SYSTEM_….
  /**
   * Pages copied on write, read from files, written to files, read from swap, written to swap, read ahead, and freed
   * without a write.
   */
  copies: u64;
  fileReads: u64;
  fileWrites: u64;
  swapReads: u64;
  swapWrites: u64;
  readAhead: u64;
  discards: u64;
  /** Pages evicted in the background, and by direct reclaim. */
  backgroundReclaims: u64;
  directReclaims: u64;
  /** TLB flushes of a changed entry. */
  shootdowns: u64;
  kills: u32;
  /** The last signal, number << 8 | code, and its address. */
  signal: u32;
  signalAddress: u64;
  /** Costs of single events, in cycles. */
  tlbHitCost: u32;
  walkStepCost: u32;
  minorFaultCost: u32;
  majorFaultCost: u32;
  shootdownCost: u32;
  callCost: u32;
  /** Null when faults are not logged. */
  faultLog: FaultLog;

  machine: Machine;
  objects: Objects;
  mappings: Mappings;
  flags: PageFlags;
  policyPages: PolicyPages;
  pins: Pins;
  watermarks: Watermarks;
  hugetlb: HugetlbPool;
  spaces: SpaceTable;
  swapLog: SwapLog;
  /** The last numbers of an anon_vma and of a private page. */
  anons: u32;
  private privates: u32;
  /**
   * vm.overcommit_memory: 0 heuristic, 1 always, 2 never beyond the limit; and the pages committed by all processes.
   */
  overcommit: u32;
  committed: u64;
  /** The zero page and the huge zero page; NONE until they are first read. */
  zero: u32;
  hugeZero: u32;
  /** Files are not in memory at the start. Otherwise they count as read before, and reading them costs no wait. */
  isCold: bool;
  /** Features of the modelled version of Linux: FEATURE_… of the ABI. */
  private features: u32;
  /** The setting for transparent huge pages: HUGE_… of the ABI. */
  huge: u32;
  /** `STATUS_OUT_OF_MEMORY` once Wasm's memory is out; `STATUS_REFUSED` until the host reads it. */
  status: u32;

  /** Null when memory is out. */
  static create(machine: Machine, hugetlbPages: u32, overcommit: u32, isCold: bool, features: u32): System {
    const system = make<System>();
    if (changetype<usize>(system) == 0) return system;
    system.machine = machine;
    system.overcommit = overcommit;
    system.isCold = isCold;
    system.features = features;
    system.huge = machine.huge;
    system.zero = NONE;
    system.hugeZero = NONE;
    return system.addParts(hugetlbPages) ? system : changetype<System>(0);
  }

  private addParts(hugetlbPages: u32): bool {
    const machine = this.machine;
    this.objects = Objects.create();
    this.mappings = Mappings.create(machine.frames);
    this.flags = PageFlags.create(machine.frames);
    this.swapLog = SwapLog.create();
    this.spaces = SpaceTable.create(machine.roots.count);
    this.watermarks = Watermarks.create(
      machine.limited ? machine.frames.limit : 0,
      machine.geometry.pageShift,
    );
    if (changetype<usize>(this.objects) == 0 || changetype<usize>(this.mappings) == 0) return false;
    if (changetype<usize>(this.flags) == 0 || changetype<usize>(this.swapLog) == 0) return false;
    if (changetype<usize>(this.spaces) == 0 || changetype<usize>(this.watermarks) == 0) return false;
    this.pins = Pins.create(machine, this.mappings);
    this.policyPages = PolicyPages.create(machine, this.flags);
    this.hugetlb = HugetlbPool.create(machine, this.flags, hugetlbPages);
    if (changetype<usize>(this.pins) == 0 || changetype<usize>(this.policyPages) == 0) return false;
    if (changetype<usize>(this.hugetlb) == 0) return false;
    this.policyPages.unevictable = hugetlbPages << machine.geometry.order(HUGE_LEVEL);
    this.policyPages.updateCapacity();
    return true;
  }

  @inline
  get swap(): Swap {
    return this.machine.swap;
  }

  /** Free frames, including those by which memory may still grow. */
  get freeFrames(): u32 {
    const machine = this.machine;
    return machine.buddy.freeFrames + (machine.frames.limit - machine.frames.count);
  }

  /** Records that the current call can never be served. */
  refuse(): void {
    if (this.status == STATUS_OK) this.status = STATUS_REFUSED;
  }

  /** Records that Wasm's memory is out. */
  fail(): void {
    this.status = STATUS_OUT_OF_MEMORY;
  }

  get hasFailed(): bool {
    return this.status != STATUS_OK;
  }

  /** Is true when free frames are so few that nothing is read ahead. */
  get isLow(): bool {
    return this.machine.limited && this.freeFrames <= this.watermarks.low;
  }

  @inline
  hasFeature(feature: u32): bool {
    return (this.features & feature) != 0;
  }

  /** The number of a new private page. */
  newPrivate(): u32 {
    return ++this.privates;
  }

  /** Flushes `key` from every TLB after a change of its entry. */
  flushTlb(key: u64): void {
    this.shootdowns++;
    this.machine.invalidate(key);
  }
}
