/**
 * The system: a machine, the processes on it, and the memory behind their regions.
 *
 *   space ──> regions ──> fault ──> frame <── mappings        swap: places for private and shared memory
 *                                     │
 *                                     ├── content: private    objects: files and shared memory, by page
 *                                     └── policy's slot       policy: chooses the page to evict when frames run short
 *
 * A page's content has a number that survives eviction, by which the policy's ghosts identify it: a private page has a
 * number of its own, a page of an object that of its entry. Locked pages, the zero page and the kernel's own pages are
 * not in the policy.
 */
import { KIND_LOAD, NONE, STATUS_OK, STATUS_OUT_OF_MEMORY, STATUS_REFUSED } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { PAGE } from "../../frames/frames";
import { Swap } from "../../frames/swap";
import { Machine } from "../../machine/machine";
import { Key } from "../../mmu/key";
import { FaultLog } from "./fault-log";
import { Mappings } from "./mappings";
import { Objects } from "./objects";
import {
  ACTIVE_PAGE,
  KERNEL_PAGE,
  LOCKED_PAGE,
  POOL_PAGE,
  PRIVATE_PAGE,
  REFERENCED_PAGE,
} from "./page-flags";
import { SwapLog } from "./swap-log";

/** Distinguishes the key of a private page from that of an entry. */
const PRIVATE_KEY: u64 = (<u64>1) << 32;

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
  swapLog: SwapLog;
  mappings: Mappings;
  spaces: usize; // u32 by asid: a Space, 0: none
  /** Spaces ever made. The number of an ended process is used again. */
  spaceCount: u32;
  /** The space that ended last, its asid plus 1; 0: none. */
  endedSpaces: u32;
  /** The last serial number of a space. */
  serials: u32;
  /** The last numbers of an anon_vma and of a private page. */
  anons: u32;
  privates: u32;
  /**
   * vm.overcommit_memory: 0 heuristic, 1 always, 2 never beyond the limit; and the pages committed by all processes.
   */
  overcommit: u32;
  committed: u64;
  /** The zero page and the huge zero page; NONE until they are first read. */
  zero: u32;
  hugeZero: u32;
  /** Free explicit huge pages of the pool, reserved ones included. */
  hugetlbFree: u32;
  /** The first free one, linked to the next by its frame's content; NONE when there is none. */
  pool: u32;
  /** Explicit huge pages reserved for mappings and not allocated yet. */
  hugetlbReserved: u32;
  /** Watermarks in frames: background reclaim starts below `low` and stops at `high`. */
  minimum: u32;
  low: u32;
  high: u32;
  /** A frame that is not evicted while the fault that reads it is served; NONE for none. */
  pinned: u32;
  /** Files are not in memory at the start. Otherwise they count as read before, and reading them costs no wait. */
  isCold: bool;
  /** Features of the modelled version of Linux: FEATURE_… of the ABI. */
  features: u32;
  /** The setting for transparent huge pages: HUGE_… of the ABI. */
  huge: u32;
  /** Frames in use that are not in the policy, page tables apart. */
  unevictable: u32;
  /** u32 by slot: the frame of the page in the policy's slot. */
  framesOfSlots: usize;
  /** `STATUS_OUT_OF_MEMORY` once Wasm's memory is out; `STATUS_REFUSED` until the host reads it. */
  status: u32;
  /** The last background reclaim could not evict anything. */
  hasReclaimFailed: bool;
  /** Page numbers of the running space that are pinned until the current reference is done; none when first > last. */
  private pinnedFirst: u64;
  private pinnedLast: u64;

  /** Null when memory is out. */
  static create(machine: Machine, hugetlbPages: u32, overcommit: u32, isCold: bool, features: u32): System {
    const nothing = changetype<System>(0);
    const system = make<System>();
    if (changetype<usize>(system) == 0) return nothing;
    system.machine = machine;
    system.overcommit = overcommit;
    system.pinned = NONE;
    system.unpin();
    system.isCold = isCold;
    system.features = features;
    system.huge = machine.huge;
    system.zero = NONE;
    system.hugeZero = NONE;
    system.objects = Objects.create();
    system.swapLog = SwapLog.create();
    system.mappings = Mappings.create(machine.frames);
    system.spaces = allocate((<u64>machine.spaces) << 2);
    if (changetype<usize>(system.objects) == 0) return nothing;
    if (changetype<usize>(system.mappings) == 0 || system.spaces == 0) return nothing;
    if (changetype<usize>(system.swapLog) == 0) return nothing;
    if (machine.limited && !system.setWatermarks()) return nothing;
    return system.fillPool(hugetlbPages) ? system : nothing;
  }

  /**
   * Watermarks as Linux sets them (mm/page_alloc.c): min is 4 sqrt(KiB) KiB, here at most a sixteenth of all frames.
   * False when memory is out.
   */
  private setWatermarks(): bool {
    const machine = this.machine;
    const replacer = machine.replacer;
    if (replacer.readsBits) replacer.base.bits.detach();
    this.framesOfSlots = allocate((<u64>replacer.base.slots.count) << 2);
    const frames = machine.frames.limit;
    const frameKib = (<u64>1) << (machine.geometry.pageShift - 10);
    const kib = <u64>frames * frameKib;
    const minimum = <u32>(<u64>max(128, min(262144, Math.sqrt(<f64>(kib * 16)))) / frameKib);
    this.minimum = min(minimum, frames >> 4);
    const gap = max(this.minimum >> 2, frames / 1000);
    this.low = this.minimum + gap;
    this.high = this.low + gap;
    return this.framesOfSlots != 0;
  }

  private fillPool(pages: u32): bool {
    const machine = this.machine;
    const order = machine.geometry.order(2);
    if (pages != 0 && (<u64>pages) << order > <u64>machine.frames.limit / 2) return false;
    this.pool = NONE;
    for (let n: u32 = 0; n < pages; n++) {
      const pfn = machine.buddy.alloc(order, PAGE);
      if (pfn == NONE) return false;
      this.returnToPool(pfn);
    }
    this.unevictable = pages << order;
    this.updateCapacity();
    return true;
  }

  /** Adds the block at `pfn` to the pool as a free page. */
  returnToPool(pfn: u32): void {
    const frames = this.machine.frames;
    frames.clear(pfn);
    frames.setContent(pfn, this.pool);
    this.mark(pfn, POOL_PAGE);
    this.pool = pfn;
    this.hugetlbFree++;
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

  /** Sets the policy's capacity to the frames that tables and unevictable pages leave. */
  updateCapacity(): void {
    const machine = this.machine;
    if (!machine.limited) return;
    const taken = machine.tables.count + this.unevictable;
    const frames = machine.frames.limit;
    machine.replacer.base.capacity = taken < frames ? frames - taken : 1;
  }

  @inline
  marks(pfn: u32): u32 {
    return this.machine.frames.used(pfn);
  }

  @inline
  hasMark(pfn: u32, mark: u32): bool {
    return (this.marks(pfn) & mark) != 0;
  }

  mark(pfn: u32, marks: u32): void {
    this.machine.frames.setUsed(pfn, this.marks(pfn) | marks);
  }

  unmark(pfn: u32, marks: u32): void {
    this.machine.frames.setUsed(pfn, this.marks(pfn) & ~marks);
  }

  /** The kernel itself used the page in `pfn` (folio_mark_accessed). */
  markAccessed(pfn: u32): void {
    if (!this.hasMark(pfn, REFERENCED_PAGE)) {
      this.mark(pfn, REFERENCED_PAGE);
    } else if (!this.hasMark(pfn, LOCKED_PAGE | ACTIVE_PAGE)) {
      this.mark(pfn, ACTIVE_PAGE);
      this.unmark(pfn, REFERENCED_PAGE);
    }
  }

  @inline
  hasFeature(feature: u32): bool {
    return (this.features & feature) != 0;
  }

  /** The number of a new private page. */
  newPrivate(): u32 {
    return ++this.privates;
  }

  /** The key by which the policy identifies a content. */
  private static key(content: u32, marks: u32): u64 {
    return (marks & PRIVATE_PAGE) != 0 ? <u64>content | PRIVATE_KEY : <u64>content;
  }

  /** `ghost`, if the policy still remembers that content in this slot; otherwise NONE. */
  ghostFor(ghost: u32, content: u32, marks: u32): u32 {
    const machine = this.machine;
    if (!machine.limited || ghost == NONE) return NONE;
    const slots = machine.replacer.base.slots;
    return slots.isGhost(ghost) && slots.key(ghost) == System.key(content, marks) ? ghost : NONE;
  }

  /** Adds the page in `pfn` to the policy, which has processed the miss. `slot`: its ghost's, or NONE. */
  addToPolicy(pfn: u32, slot: u32, kind: u32): void {
    const machine = this.machine;
    if (!machine.limited) return;
    const key = System.key(machine.frames.content(pfn), this.marks(pfn));
    if (slot == NONE) slot = machine.replacer.base.slots.alloc(key);
    machine.replacer.insert(slot, kind);
    this.setFrameOf(slot, pfn);
  }

  setFrameOf(slot: u32, pfn: u32): void {
    store<u32>(this.framesOfSlots + ((<usize>slot) << 2), pfn);
    this.machine.frames.setSlot(pfn, slot);
  }

  @inline
  frameOf(slot: u32): u32 {
    return load<u32>(this.framesOfSlots + ((<usize>slot) << 2));
  }

  /** Removes the page in `pfn` from the policy, if it is there. */
  removeFromPolicy(pfn: u32): void {
    const machine = this.machine;
    const slot = machine.frames.slot(pfn);
    if (!machine.limited || slot == NONE) return;
    machine.replacer.remove(slot);
    machine.frames.setSlot(pfn, NONE);
    machine.resetFilter();
  }

  /** Marks the page in `pfn` as the kernel's own, which is never evicted. */
  markKernel(pfn: u32): void {
    this.mark(pfn, KERNEL_PAGE);
    this.unevictable += (<u32>1) << this.machine.frames.order(pfn);
    this.updateCapacity();
  }

  /** Locks the page in `pfn`: it is not evicted. */
  lock(pfn: u32): void {
    if (this.hasMark(pfn, LOCKED_PAGE | KERNEL_PAGE)) return;
    this.removeFromPolicy(pfn);
    this.mark(pfn, LOCKED_PAGE);
    this.unevictable += (<u32>1) << this.machine.frames.order(pfn);
    this.updateCapacity();
  }

  /** Unlocks the page in `pfn`: it may be evicted again. */
  unlock(pfn: u32): void {
    this.clearLock(pfn);
    this.readmit(pfn);
  }

  /** Adds the page in `pfn` to the policy as a new one. */
  readmit(pfn: u32): void {
    if (this.machine.limited) this.machine.replacer.miss(NONE);
    this.addToPolicy(pfn, NONE, KIND_LOAD);
  }

  /** Clears the lock of a page that is freed, or that is about to be added to the policy. */
  clearLock(pfn: u32): void {
    this.unmark(pfn, LOCKED_PAGE | KERNEL_PAGE);
    this.unevictable -= (<u32>1) << this.machine.frames.order(pfn);
    this.updateCapacity();
  }

  /** Pins the pages of the running space that contain `bytes` at `va`, so that they are not evicted. */
  pin(va: u64, bytes: u64): void {
    const shift = this.machine.geometry.pageShift;
    const first = this.machine.geometry.truncate(va) >> shift;
    this.pinnedFirst = first;
    this.pinnedLast = first + (((va & (((<u64>1) << shift) - 1)) + max(bytes, 1) - 1) >> shift);
  }

  unpin(): void {
    this.pinnedFirst = 1;
    this.pinnedLast = 0;
  }

  /** Is true when the base page in `pfn` must not be evicted now. */
  isPinned(pfn: u32): bool {
    if (pfn == this.pinned) return true;
    const frames = this.machine.frames;
    if (this.pinnedFirst > this.pinnedLast || frames.mapped(pfn) == 0) return false;
    if (this.isInPinnedRange(frames.owner(pfn))) return true;
    for (let node = frames.chain(pfn); node != 0; node = this.mappings.next(node)) {
      if (this.isInPinnedRange(this.mappings.key(node))) return true;
    }
    return false;
  }

  private isInPinnedRange(key: u64): bool {
    if (Key.asid(key) != Key.asid(this.machine.space)) return false;
    return Key.vpn(key) >= this.pinnedFirst && Key.vpn(key) <= this.pinnedLast;
  }

  /** Frees the frame of a page that nothing maps, and removes it from the policy. */
  freeFrame(pfn: u32): void {
    if (this.hasMark(pfn, LOCKED_PAGE | KERNEL_PAGE)) this.clearLock(pfn);
    else this.removeFromPolicy(pfn);
    this.machine.buddy.free(pfn);
  }

  /** Flushes `key` from every TLB after a change of its entry. */
  flushTlb(key: u64): void {
    this.shootdowns++;
    this.machine.invalidate(key);
  }

  /** Is true when the frame is in use as a page. */
  isPage(pfn: u32): bool {
    return this.machine.frames.state(pfn) == PAGE;
  }
}
