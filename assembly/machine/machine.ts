/**
 * The machine, and the path of one access through it. A `Faults` serves its faults: demand/demand.ts in `replay`, the
 * layer of processes in `run`. The loops are compiled for each, so there is no dispatch.
 *
 *   access ──> level 1 ──> level 2 ──> … ──> walk ──> Faults ──> frame, table, policy, swap
 *               TLBs        TLBs           (mmu/walk)
 *
 * One reference counts as one lookup at level 1, one at level 2 if level 1 missed, and so on. A reference that crosses
 * into further pages counts the same: each level that is looked up at all is looked up for all pages, in order, and
 * counts one miss if any page was missing. That is cachegrind's `cachesim_ref_is_miss` (valgrind, cg_sim.c) for two
 * levels. A page that any level has needs no walk.
 */
import {
  KIND_FETCH,
  KIND_STORE,
  NONE,
  SIDE_DATA,
  SIDE_FETCH,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from "../abi/core";
import { MACHINE_PROTECTION_FAULT } from "../abi/machine";
import { PageSet } from "../core/page-set";
import { Buddy } from "../frames/buddy";
import { Frames } from "../frames/frames";
import { Swap } from "../frames/swap";
import { ACCESSED, DIRTY, EntryFormat, EXECUTE, READ, USER, WRITE } from "../mmu/entry";
import { Geometry } from "../mmu/geometry";
import { ASID_SHIFT, Key } from "../mmu/key";
import { PageTables } from "../mmu/tables";
import { Tlb } from "../mmu/tlb";
import { Tlbs } from "../mmu/tlbs";
import { Walker } from "../mmu/walk";
import { AnyPolicy } from "../policy/any-policy";
import { Filter } from "./filter";
import { RangeSums } from "./range-sums";
import { Ready } from "./ready";
import { Roots } from "./roots";

const PERMISSIONS: u32 = READ | WRITE | EXECUTE | USER;
const ASID_TO_VPN: u64 = 3;
/** The permissions that an access needs, a byte for each kind. */
const NEEDS: u32 =
  EXECUTE | USER | ((READ | USER) << 8) | ((WRITE | USER) << 16) | ((READ | WRITE | USER) << 24);
const STORABLE: u32 = WRITE | DIRTY;

/** The service of a machine's faults, passed by the caller of an access. The access is compiled for its concrete type. */
@unmanaged
export abstract class Faults {
  /** Maps the page at `va`; false, with `machine.status` set, when the access stops there. */
  abstract serve(machine: Machine, va: u64, kind: u32): bool;
  /**
   * Is true when a reference to base pages `first` to `last` may start. False, with `machine.status` set, when it
   * must be repeated.
   */
  abstract mayCross(machine: Machine, first: u64, last: u64, kind: u32): bool;
  /** Is true when a stopped access counts. An access that is repeated does not. */
  abstract countsStopped(): bool;
  /** Called after an access under limited memory. */
  abstract after(machine: Machine): void;
}

@final
@unmanaged
export class Machine {
  walks: u64; // the counters and the results of the last call, in the order of the ABI
  entriesRead: u64;
  cacheHits: u64;
  minor: u64;
  major: u64;
  protection: u64;
  segmentation: u64;
  evictions: u64;
  writebacks: u64;
  swapIns: u64;
  distinctPages: u64;
  failedIndex: u32;
  hitLevel: u32;
  failedAddress: u64;
  shootdowns: u64;
  interrupts: u64;

  geometry: Geometry;
  format: EntryFormat;
  frames: Frames;
  buddy: Buddy;
  tables: PageTables;
  walker: Walker;
  tlbs: Tlbs;
  swap: Swap;
  /** The set of pages touched; null when pages have one size, since then the first fault of each counts. */
  seen: PageSet;

  /** The page tables of every address space. */
  roots: Roots;
  /** The running space: its asid, at its position in a key, and its root. */
  space: u64;
  root: u32;

  huge: u32;
  /** Memory has a limit, so a policy chooses victims; its number and address. */
  limited: bool;
  policyId: u32;
  policy: usize;
  /** Victims that cannot be evicted, during the search for one that can: key and slot, 16 bytes each. */
  skipped: usize;
  /** The same policy for code that is not compiled for its type; null without a limit. */
  replacer: AnyPolicy;
  /** The status that stopped the access; `STATUS_OK` for none. */
  status: u32;
  /** The current access has faulted a page in, so the policy has already counted it. */
  faulted: bool;
  /** Level-1 TLBs differ by page size, so each access is counted in the one that it used. */
  countsSingly: bool;

  filter: Filter;
  /** The result of the last walk as a TLB entry, outside all TLBs. */
  walkedTag: u64;
  walkedData: u64;

  /** The dictionary of the current page block, and its state in `ready.ts`. */
  dictionary: usize;
  ready: Ready;

  /** Counters by range of addresses, of the exact loop; null if they are not asked for. */
  ranges: RangeSums;

  /**
   * Is true when pages have one size, so that level 1 has them in one place and the set of touched pages is not
   * needed.
   */
  @inline
  get hasOnePageSize(): bool {
    return changetype<usize>(this.seen) == 0 && !this.countsSingly;
  }

  @inline
  static side(kind: u32): u32 {
    return kind == KIND_FETCH ? SIDE_FETCH : SIDE_DATA;
  }

  @inline
  static writes(kind: u32): bool {
    return kind >= <u32>KIND_STORE;
  }

  @inline
  static needs(kind: u32): u32 {
    return (NEEDS >> (kind << 3)) & 0xff;
  }

  /** The number of the space that runs. */
  @inline
  get asid(): u32 {
    return <u32>(this.space >> ASID_SHIFT);
  }

  @inline
  rootOf(asid: u32): u32 {
    return this.roots.at(asid);
  }

  setRoot(asid: u32, root: u32): void {
    this.roots.set(asid, root);
    if (asid == this.asid) this.root = root;
  }

  /** The entry that decides about the page of `key`; 0 when its space has no tables. */
  walkKey(key: u64): usize {
    return this.tables.walk(this.rootOf(Key.asid(key)), Key.vpn(key) << this.geometry.shift(Key.level(key)));
  }

  /**
   * Drops the translation of `key`, which was removed or narrowed, from every TLB, and clears the paging-structure
   * caches.
   */
  invalidate(key: u64): void {
    this.tlbs.flush(key);
    this.shootDown(Key.asid(key));
    this.walker.flush();
    this.filter.reset();
  }

  /** Counts the interrupts of the other CPUs that have run the space, whose TLBs an invalidation flushes. */
  private shootDown(asid: u32): void {
    const others = this.roots.otherCpus(asid, this.tlbs.cpu);
    this.shootdowns += <u64>(others != 0);
    this.interrupts += others;
  }

  /** Switches to a CPU and the address space that it runs. False when memory is out. */
  runOn(cpu: u32, asid: u32): bool {
    if (asid >= this.roots.count && !this.roots.growTo(asid + 1, this.tlbs.cpus)) return false;
    this.roots.markRun(asid, cpu);
    if (this.tlbs.cpus > 1) this.tlbs.switchTo(cpu);
    this.switchTo(asid, false);
    return true;
  }

  /** Switches to another address space. */
  switchTo(asid: u32, flush: bool): void {
    this.space = (<u64>asid) << ASID_SHIFT;
    this.root = this.rootOf(asid);
    if (flush) {
      this.tlbs.flushAll();
      this.walker.flush();
    }
    this.filter.reset();
  }

  /**
   * Makes one access within a page; its entry at level 1 (at the first level that can have it), 0 when it was
   * stopped. Costs an indexed compare when way 0 has it.
   */
  @inline
  accessPage<F extends Faults>(va: u64, kind: u32, faults: F): usize {
    const side = Machine.side(kind);
    const entry = this.tlbs.touch(side, 1, this.space, va);
    if (entry == 0) return this.accessFurther<F>(va, kind, faults);
    this.hitLevel = 1;
    if (this.countsSingly) this.tlbs.at(side, 1, Key.level(load<u64>(entry))).lookups++;
    return this.useEntry(entry, va, kind) ? entry : 0;
  }

  /** Continues after a miss at level 1, and counts the lookups and misses. */
  private accessFurther<F extends Faults>(va: u64, kind: u32, faults: F): usize {
    const side = Machine.side(kind);
    const tlbs = this.tlbs;
    let level: u32 = 2;
    let entry: usize = 0;
    for (; level <= tlbs.levels; level++) {
      entry = tlbs.touch(side, level, this.space, va);
      if (entry != 0) break;
    }
    if (entry == 0) {
      const stopped = !this.translate<F>(va, kind, faults);
      if (stopped && !faults.countsStopped()) return 0;
      this.count(side, stopped ? 1 : this.walker.level, level);
      return stopped ? 0 : this.fillFromWalk(side, level, va);
    }
    this.hitLevel = level;
    const key = load<u64>(entry) & ~1;
    const used = this.useEntry(entry, va, kind);
    if (used || faults.countsStopped()) this.count(side, Key.level(key), level);
    if (!used) return 0;
    return this.fillAbove(side, level, key, entry);
  }

  /** Counts a lookup that missed at the levels before `found` and hit there. */
  private count(side: u32, size: u32, found: u32): void {
    for (let level: u32 = 1; level <= min(found, this.tlbs.levels); level++) {
      const tlb = this.tlbs.at(side, level, size);
      if (changetype<usize>(tlb) == 0) continue;
      if (level > 1 || this.countsSingly) tlb.lookups++;
      if (level < found) tlb.misses++;
    }
  }

  /** Copies the entry found at `level` into the levels before it; the entry at the first of them. */
  private fillAbove(side: u32, level: u32, key: u64, entry: usize): usize {
    const dirty = Tlb.isDirty(entry);
    const pfn = Tlb.pfn(entry);
    const flags = Tlb.flags(entry);
    let first = entry;
    for (let n = level - 1; n >= 1; n--) {
      const filled = this.tlbs.fill(side, n, key, dirty, pfn, flags);
      if (filled != 0) first = filled;
    }
    return first;
  }

  /** Fills the levels before `level` with the result of the last walk; the entry at the first of them. */
  private fillFromWalk(side: u32, level: u32, va: u64): usize {
    const entry = this.walkedEntry(va);
    return this.fillAbove(side, level, load<u64>(entry) & ~1, entry);
  }

  /** The result of the last walk as a TLB entry, outside all TLBs. */
  walkedEntry(va: u64): usize {
    return this.tlbEntryOf(va, this.walker.entry, this.walker.level);
  }

  /** The page-table leaf at `address` as a TLB entry, in a buffer that the next call overwrites. */
  tlbEntryOf(va: u64, address: usize, level: u32): usize {
    const leaf = this.format.read(address);
    const flags = this.format.flags(leaf, level);
    const dirty = (flags & STORABLE) == STORABLE;
    const entry = changetype<usize>(this) + offsetof<Machine>("walkedTag");
    store<u64>(entry, this.tlbs.key(this.space, va, level) | <u64>dirty);
    store<u64>(entry, Tlb.data(this.format.frame(leaf), flags & PERMISSIONS), 8);
    return entry;
  }

  /** Walks the page tables and has faults served; false when the access is stopped. Sets A, and D for a store. */
  translate<F extends Faults>(va: u64, kind: u32, faults: F): bool {
    const walker = this.walker;
    this.hitLevel = 0;
    if (!walker.walk(this.root, this.space, va)) {
      if (!faults.serve(this, va, kind)) return false;
      walker.walk(this.root, this.space, va);
    }
    this.walks++;
    this.entriesRead += walker.reads;
    if (walker.usedCache) this.cacheHits++;
    const entry = this.format.read(walker.entry);
    const flags = this.format.flags(entry, walker.level);
    if (!this.isAllowed(flags, va, kind)) return false;
    const used = flags | ACCESSED | (Machine.writes(kind) ? DIRTY : 0);
    if (used != flags) this.format.write(walker.entry, this.format.with(entry, used));
    return true;
  }

  /**
   * Checks the permissions of a TLB entry for an access, and sets D in the page table on the first store; false when
   * the access is stopped.
   */
  @inline
  useEntry(entry: usize, va: u64, kind: u32): bool {
    if (!this.isAllowed(Tlb.flags(entry), va, kind)) return false;
    if (Machine.writes(kind) && !Tlb.isDirty(entry)) this.makeDirty(entry, va);
    return true;
  }

  @inline
  private isAllowed(flags: u32, va: u64, kind: u32): bool {
    const needs = Machine.needs(kind);
    return (flags & needs) == needs || this.refuse(va);
  }

  private refuse(va: u64): bool {
    this.protection++;
    return this.stop(MACHINE_PROTECTION_FAULT, va);
  }

  /** Stops the access at `va`; always false. */
  stop(status: u32, va: u64): bool {
    this.status = status;
    this.failedAddress = this.geometry.extend(va);
    return false;
  }

  /** Sets D in the page table on the first store through a TLB entry. This counts neither as a miss nor as a walk. */
  private makeDirty(entry: usize, va: u64): void {
    Tlb.setDirty(entry);
    const pte = this.tables.walk(this.root, va);
    this.tables.setFlags(pte, this.tables.flags(pte) | DIRTY);
  }

  /** With pages of several sizes, adds the base page to the set of touched pages. */
  @inline
  markSeen(vpn: u64): void {
    if (changetype<usize>(this.seen) == 0) return;
    const shift = this.geometry.pageShift;
    const page = this.geometry.truncate(vpn << shift) >> shift;
    if (!this.seen.add((this.space >> ASID_TO_VPN) | page)) this.status = STATUS_OUT_OF_MEMORY;
    this.distinctPages = this.seen.count;
  }

  @inline
  slotOf(entry: usize): u32 {
    return this.limited ? this.frames.slot(Tlb.pfn(entry)) : NONE;
  }

  /** After an access: passes the hit to the policy, unless the access faulted, and enters the page in the filter. */
  @inline
  recordTouch<F extends Faults>(entry: usize, vpn: u64, kind: u32, faults: F): void {
    const slot = this.slotOf(entry);
    // Locked pages and the zero page are not in the policy.
    const isInPolicy = this.limited && slot != NONE;
    if (isInPolicy && !this.faulted) this.replacer.hit(slot, kind);
    this.faulted = false;
    this.markSeen(vpn);
    if (!this.countsSingly && isInPolicy == this.limited)
      this.filter.enter(vpn, kind, Tlb.isDirty(entry), slot);
    if (this.limited) faults.after(this);
  }

  /** Adds the level-1 lookups of these references, unless they are counted singly. */
  countReferences(fetches: u32, data: u32): void {
    if (this.countsSingly) return;
    this.tlbs.at(SIDE_FETCH, 1, 1).lookups += fetches;
    this.tlbs.at(SIDE_DATA, 1, 1).lookups += data;
  }

  @inline
  begin(): void {
    this.status = STATUS_OK;
    this.faulted = false;
  }
}
