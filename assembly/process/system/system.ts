/**
 * The system: a machine, the processes on it, and the memory behind their regions.
 *
 *   space ──> regions ──> fault ──> frame <── mappings        swap: places for private and shared memory
 *                                     │
 *                                     ├── content: private    objects: files and shared memory, by page
 *                                     └── policy's slot       policy: what goes when frames run short
 *
 * A page's content has a number that outlives its stay in memory, by which ghosts know it: of a private page its own,
 * of a page of an object its entry's. Locked pages, the zero page and the kernel's own are in no policy's hands.
 */
import { KIND_LOAD, NONE, STATUS_OK, STATUS_OUT_OF_MEMORY, STATUS_REFUSED } from "../../abi";
import { allocate, make } from "../../core/arena";
import { PAGE } from "../../frames/frames";
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
import { Swap } from "./swap";
import { SwapLog } from "./swap-log";

/** Sets a private page's key apart from an entry's. */
const PRIVATE_KEY: u64 = (<u64>1) << 32;

@final
@unmanaged
export class System {
  // The host reads these, at abi-process' SYSTEM_….
  /** Pages: copied on write, read from files and swap, written to them, read ahead, thrown away unwritten. */
  copies: u64;
  fileReads: u64;
  fileWrites: u64;
  swapReads: u64;
  swapWrites: u64;
  readAhead: u64;
  discards: u64;
  /** Pages evicted in the background, and while somebody waited. */
  backgroundReclaims: u64;
  directReclaims: u64;
  /** Translations dropped for a change of an entry. */
  shootdowns: u64;
  kills: u32;
  /** The last signal, number << 8 | code, and where it came from. */
  signal: u32;
  signalAddress: u64;
  /** Cycles for one of each. */
  tlbHitCost: u32;
  walkStepCost: u32;
  minorFaultCost: u32;
  majorFaultCost: u32;
  shootdownCost: u32;
  callCost: u32;
  /** Null: faults are not written down. */
  faultLog: FaultLog;

  machine: Machine;
  objects: Objects;
  swap: Swap;
  swapLog: SwapLog;
  mappings: Mappings;
  spaces: usize; // u32 by asid: a Space, 0: none
  /** Spaces ever made; numbers are used again when a process has ended. */
  spaceCount: u32;
  /** The space that ended last, its asid plus 1; 0: none. */
  endedSpaces: u32;
  /** The last serial number of a space. */
  serials: u32;
  /** The last number given to an anon_vma, and to a private page. */
  anons: u32;
  privates: u32;
  /** 0: heuristic, 1: always, 2: never beyond the limit (vm.overcommit_memory); pages charged so far, of all. */
  overcommit: u32;
  committed: u64;
  /** The frame of zeros, and the huge one; NONE until somebody reads what was never written. */
  zero: u32;
  hugeZero: u32;
  /** Explicit huge pages: those of the pool that nobody has, and those promised to regions. */
  hugetlbFree: u32;
  /** The first free one, which leads to the next by its frame's content; NONE: none. */
  pool: u32;
  hugetlbReserved: u32;
  /** Watermarks in frames: reclaim in the background begins below `low` and ends at `high`. */
  minimum: u32;
  low: u32;
  high: u32;
  /** A frame that must stay while the fault that reads it is being served; NONE: none. */
  pinned: u32;
  /** Files begin outside memory; otherwise they have been read before, and no read of them is waited for. */
  isCold: bool;
  /** What this version of Linux knows: abi's FEATURE_…. */
  features: u32;
  /** Transparent huge pages: abi's HUGE_…. */
  huge: u32;
  /** Frames that no policy has in hand. */
  unevictable: u32;
  /** Address of u32 by slot: the frame of a page that the policy has in hand. */
  homes: usize;
  /** `STATUS_OUT_OF_MEMORY` once Wasm's memory was out; `STATUS_REFUSED` until the host has been told of it. */
  status: u32;
  /** Nothing could go when the background looked last. */
  hasReclaimFailed: bool;
  /** Pages of the space that runs, by number, which stay until the reference that needs them all has been made. */
  private heldFirst: u64;
  private heldLast: u64;

  /** Null when memory is out. */
  static create(
    machine: Machine,
    swapPages: u32,
    hugetlbPages: u32,
    overcommit: u32,
    isCold: bool,
    features: u32,
  ): System {
    const nothing = changetype<System>(0);
    const system = make<System>();
    if (changetype<usize>(system) == 0) return nothing;
    system.machine = machine;
    system.overcommit = overcommit;
    system.pinned = NONE;
    system.releaseHold();
    system.isCold = isCold;
    system.features = features;
    system.huge = machine.huge;
    system.zero = NONE;
    system.hugeZero = NONE;
    system.objects = Objects.create();
    system.swap = Swap.create(swapPages);
    system.swapLog = SwapLog.create();
    system.mappings = Mappings.create(machine.frames);
    system.spaces = allocate((<u64>machine.spaces) << 2);
    if (changetype<usize>(system.objects) == 0 || changetype<usize>(system.swap) == 0) return nothing;
    if (changetype<usize>(system.mappings) == 0 || system.spaces == 0) return nothing;
    if (changetype<usize>(system.swapLog) == 0) return nothing;
    if (machine.limited && !system.limit()) return nothing;
    return system.fillPool(hugetlbPages) ? system : nothing;
  }

  /** Watermarks as Linux sets them (mm/page_alloc.c): min is 4 sqrt(KiB) KiB, but no more than a sixteenth here. */
  private limit(): bool {
    const machine = this.machine;
    const replacer = machine.replacer;
    if (replacer.readsBits) replacer.base.bits.detach();
    this.homes = allocate((<u64>replacer.base.slots.count) << 2);
    const frames = machine.frames.limit;
    const frameKib = (<u64>1) << (machine.geometry.pageShift - 10);
    const kib = <u64>frames * frameKib;
    const minimum = <u32>(<u64>max(128, min(262144, Math.sqrt(<f64>(kib * 16)))) / frameKib);
    this.minimum = min(minimum, frames >> 4);
    const gap = max(this.minimum >> 2, frames / 1000);
    this.low = this.minimum + gap;
    this.high = this.low + gap;
    return this.homes != 0;
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
    this.resize();
    return true;
  }

  /** The block at `pfn` is a free page of the pool. */
  returnToPool(pfn: u32): void {
    const frames = this.machine.frames;
    frames.clear(pfn);
    frames.setContent(pfn, this.pool);
    this.mark(pfn, POOL_PAGE);
    this.pool = pfn;
    this.hugetlbFree++;
  }

  /** Frames nobody has, those that memory may still grow into included. */
  get freeFrames(): u32 {
    const machine = this.machine;
    return machine.buddy.freeFrames + (machine.frames.limit - machine.frames.count);
  }

  /** The call that runs could never be served. */
  refuse(): void {
    if (this.status == STATUS_OK) this.status = STATUS_REFUSED;
  }

  fail(): void {
    this.status = STATUS_OUT_OF_MEMORY;
  }

  get hasFailed(): bool {
    return this.status != STATUS_OK;
  }

  /** The policy's capacity is what tables and unevictable frames leave. */
  resize(): void {
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
  knows(feature: u32): bool {
    return (this.features & feature) != 0;
  }

  /** The number of a new private page. */
  newPrivate(): u32 {
    return ++this.privates;
  }

  /** What policies know a content by. */
  private static key(content: u32, marks: u32): u64 {
    return (marks & PRIVATE_PAGE) != 0 ? <u64>content | PRIVATE_KEY : <u64>content;
  }

  /** The slot under which the policy still remembers that content; NONE: it does not. */
  rememberedAs(ghost: u32, content: u32, marks: u32): u32 {
    const machine = this.machine;
    if (!machine.limited || ghost == NONE) return NONE;
    const slots = machine.replacer.base.slots;
    return slots.isGhost(ghost) && slots.key(ghost) == System.key(content, marks) ? ghost : NONE;
  }

  /** Hands the page in `pfn` to the policy, which has been told of the miss; `slot`: its ghost's, or NONE. */
  manage(pfn: u32, slot: u32, kind: u32): void {
    const machine = this.machine;
    if (!machine.limited) return;
    const key = System.key(machine.frames.content(pfn), this.marks(pfn));
    if (slot == NONE) slot = machine.replacer.base.slots.take(key);
    machine.replacer.insert(slot, kind);
    this.setHome(slot, pfn);
  }

  setHome(slot: u32, pfn: u32): void {
    store<u32>(this.homes + ((<usize>slot) << 2), pfn);
    this.machine.frames.setSlot(pfn, slot);
  }

  @inline
  home(slot: u32): u32 {
    return load<u32>(this.homes + ((<usize>slot) << 2));
  }

  /** Takes the page in `pfn` out of the policy's hands, if it is there. */
  unmanage(pfn: u32): void {
    const machine = this.machine;
    const slot = machine.frames.slot(pfn);
    if (!machine.limited || slot == NONE) return;
    machine.replacer.remove(slot);
    machine.frames.setSlot(pfn, NONE);
    machine.resetFilter();
  }

  /** The page in `pfn` is the kernel's own. */
  markKernel(pfn: u32): void {
    this.mark(pfn, KERNEL_PAGE);
    this.unevictable += (<u32>1) << this.machine.frames.order(pfn);
    this.resize();
  }

  /** The page in `pfn` stays from now on. */
  lock(pfn: u32): void {
    if (this.hasMark(pfn, LOCKED_PAGE | KERNEL_PAGE)) return;
    this.unmanage(pfn);
    this.mark(pfn, LOCKED_PAGE);
    this.unevictable += (<u32>1) << this.machine.frames.order(pfn);
    this.resize();
  }

  /** It may go again. */
  unlock(pfn: u32): void {
    this.forgetLock(pfn);
    this.readmit(pfn);
  }

  /** The policy takes the page in `pfn` in hand, as one that comes in. */
  readmit(pfn: u32): void {
    if (this.machine.limited) this.machine.replacer.miss(NONE);
    this.manage(pfn, NONE, KIND_LOAD);
  }

  /** Takes the mark away of a page that stays, with the page or before the policy has it. */
  forgetLock(pfn: u32): void {
    this.unmark(pfn, LOCKED_PAGE | KERNEL_PAGE);
    this.unevictable -= (<u32>1) << this.machine.frames.order(pfn);
    this.resize();
  }

  /** Keeps the pages that `bytes` at `va` are in, of the space that runs, from being evicted. */
  hold(va: u64, bytes: u64): void {
    const shift = this.machine.geometry.pageShift;
    const first = this.machine.geometry.truncate(va) >> shift;
    this.heldFirst = first;
    this.heldLast = first + (((va & (((<u64>1) << shift) - 1)) + max(bytes, 1) - 1) >> shift);
  }

  releaseHold(): void {
    this.heldFirst = 1;
    this.heldLast = 0;
  }

  /** May the base page in `pfn` not go now? */
  isHeld(pfn: u32): bool {
    if (pfn == this.pinned) return true;
    const frames = this.machine.frames;
    if (this.heldFirst > this.heldLast || frames.mapped(pfn) == 0) return false;
    if (this.holds(frames.owner(pfn))) return true;
    for (let node = frames.chain(pfn); node != 0; node = this.mappings.next(node)) {
      if (this.holds(this.mappings.key(node))) return true;
    }
    return false;
  }

  private holds(key: u64): bool {
    if (Key.asid(key) != Key.asid(this.machine.space)) return false;
    return Key.vpn(key) >= this.heldFirst && Key.vpn(key) <= this.heldLast;
  }

  /** Gives the frame back, whose page nobody maps and nothing remembers. */
  freeFrame(pfn: u32): void {
    if (this.hasMark(pfn, LOCKED_PAGE | KERNEL_PAGE)) this.forgetLock(pfn);
    else this.unmanage(pfn);
    this.machine.buddy.free(pfn);
  }

  /** Every TLB forgets `key`: its entry has changed. */
  flushTlb(key: u64): void {
    this.shootdowns++;
    this.machine.invalidate(key);
  }

  /** Is a frame in use as a page? */
  isPage(pfn: u32): bool {
    return this.machine.frames.state(pfn) == PAGE;
  }
}
