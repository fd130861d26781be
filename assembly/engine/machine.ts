/**
 * The machine, and the way of one access through it. A fault is served by whoever drives the machine, a `Faults`: by
 * `paging.ts` in `replay`, by the layer of processes in `run`. What drives it is compiled with it, so nothing is dispatched.
 *
 *   access ──> level 1 ──> level 2 ──> … ──> walk ──> Faults ──> frame, table, policy, swap
 *               TLBs        TLBs           (mmu/walk)
 *
 * One reference is one lookup at level 1, one at level 2 if level 1 missed, and so on, also when it crosses into
 * further pages: then each level that is asked at all is asked for all of its pages, in order, and has missed once if
 * any of them was missing. That is cachegrind's `cachesim_ref_is_miss` (valgrind, cg_sim.c) for two levels. A page
 * that some level had needs no walk, whatever the levels below it lack.
 */
import {
  KIND_FETCH,
  KIND_STORE,
  MACHINE_PROTECTION_FAULT,
  NONE,
  SIDE_DATA,
  SIDE_FETCH,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from "../abi";
import { PageSet } from "../core/page-set";
import { Buddy } from "../frames/buddy";
import { Evicted } from "../frames/evicted";
import { Frames } from "../frames/frames";
import { ACCESSED, DIRTY, EntryFormat, EXECUTE, READ, USER, WRITE } from "../mmu/entry";
import { Geometry } from "../mmu/geometry";
import { ASID_SHIFT, Key } from "../mmu/key";
import { PageTables } from "../mmu/tables";
import { Tlb } from "../mmu/tlb";
import { Tlbs } from "../mmu/tlbs";
import { Walker } from "../mmu/walk";
import { AnyPolicy } from "../policy/any-policy";
import { Ready } from "./ready";

const PERMISSIONS: u32 = READ | WRITE | EXECUTE | USER;
/** Five kinds; an entry lies behind them. */
const FILTER_BYTES: usize = 40;
const ASID_TO_VPN: u64 = 3;
/** What an access needs, a byte for each kind. */
const NEEDS: u32 =
  EXECUTE | USER | ((READ | USER) << 8) | ((WRITE | USER) << 16) | ((READ | WRITE | USER) << 24);
const STORABLE: u32 = WRITE | DIRTY;

/** Who serves a machine's faults: functions without state, called on a null of the concrete type. */
@unmanaged
export abstract class Faults {
  /** Brings in the page at `va`; false, with `machine.status` set, when the access stops there. */
  abstract serve(machine: Machine, va: u64, kind: u32): bool;
  /** May a reference to base pages `first` to `last` begin? False, with `machine.status` set, when it is to be repeated. */
  abstract mayCross(machine: Machine, first: u64, last: u64, kind: u32): bool;
  /** Does an access that was stopped count? One that is repeated does not. */
  abstract countsStopped(): bool;
  /** Called after an access under limited memory. */
  abstract after(machine: Machine): void;
}

@final
@unmanaged
export class Machine {
  walks: u64; // the counters and what the last call met, in abi's order
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

  geometry: Geometry;
  format: EntryFormat;
  frames: Frames;
  buddy: Buddy;
  tables: PageTables;
  walker: Walker;
  tlbs: Tlbs;
  evicted: Evicted;
  /** Pages seen, by bit; null where pages are all of one size, since then the first fault of each tells. */
  seen: PageSet;

  /** Roots of the address spaces, u32 by asid; NONE until a page is mapped. */
  roots: usize;
  spaces: u32;
  /** The space that runs: its asid in a key's place, and its root. */
  space: u64;
  root: u32;

  huge: u32;
  /** Pages come into being when they are touched; otherwise only `map` makes them. */
  demand: bool;
  /** Memory has a limit, so a policy chooses victims; its number and address. */
  limited: bool;
  policyId: u32;
  policy: usize;
  /** Victims that cannot go, key and slot of each, 16 bytes: while the machine looks for one that can. */
  skipped: usize;
  /** The same policy for whatever is not compiled for it; null without a limit. */
  replacer: AnyPolicy;
  /** What stopped the access: a status; `STATUS_OK` while none did. */
  status: u32;
  /** The access just made faulted a page in, so the policy has heard of it. */
  faulted: bool;
  /** Level-1 TLBs differ by page size, so each access counts in the one that it met. */
  countsEach: bool;
  /** One level-1 TLB serves both sides. */
  unified: bool;

  // The filter: the page that the last access of a kind's side touched, by kind, when an access of that kind to the
  // same page would change nothing. NOTHING when there is no such page; calls (kind 4) never have one.
  //
  //   0        8       16      24         32       40
  //   ├ fetch ─┼ load ─┼ store ┼ modify ──┼ call ──┤  vpn of base pages
  filter: usize;
  /** The policy's slots of those pages, u32 by kind. */
  slots: usize;

  /** Of the page block that runs: its dictionary, and what `machine-blocks.ts` made ready of it. */
  dictionary: usize;
  ready: Ready;

  /** Pages are of one size, so level 1 has them in one place, and nobody counts the touched ones by bit. */
  @inline
  get isPlain(): bool {
    return changetype<usize>(this.seen) == 0 && !this.countsEach;
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

  @inline
  rootOf(asid: u32): u32 {
    return load<u32>(this.roots + (asid << 2));
  }

  setRoot(asid: u32, root: u32): void {
    store<u32>(this.roots + (asid << 2), root);
    if (asid == <u32>(this.space >> ASID_SHIFT)) this.root = root;
  }

  /** The entry of the page that `key` names, or of what has taken its place; 0 where its space has no tables. */
  walkKey(key: u64): usize {
    return this.tables.walk(this.rootOf(Key.asid(key)), Key.vpn(key) << this.geometry.shift(Key.level(key)));
  }

  /** Forgets the filter: something that it relies on has changed. */
  resetFilter(): void {
    memory.fill(this.filter, 0xff, FILTER_BYTES);
  }

  private resetDataFilter(): void {
    store<u64>(this.filter, <u64>-1, 8);
    store<u64>(this.filter, <u64>-1, 16);
    store<u64>(this.filter, <u64>-1, 24);
  }

  /** The translation of `key` is gone or narrower: every TLB and the upper levels forget it. */
  invalidate(key: u64): void {
    this.tlbs.drop(key);
    this.walker.forget();
    this.resetFilter();
  }

  /** Runs another address space from now on. */
  switchTo(asid: u32, flush: bool): void {
    this.space = (<u64>asid) << ASID_SHIFT;
    this.root = this.rootOf(asid);
    if (flush) {
      this.tlbs.dropAll();
      this.walker.forget();
    }
    this.resetFilter();
  }

  /**
   * One access within a page: the entry at level 1 that has it now (at the first level that can have it), 0 when it
   * was stopped. Costs an indexed compare where way 0 has it.
   */
  @inline
  reach<F extends Faults>(va: u64, kind: u32): usize {
    const side = Machine.side(kind);
    const entry = this.tlbs.touch(side, 1, this.space, va);
    if (entry == 0) return this.reachFurther<F>(va, kind);
    this.hitLevel = 1;
    if (this.countsEach) this.tlbs.at(side, 1, Key.level(load<u64>(entry))).lookups++;
    return this.use(entry, va, kind) ? entry : 0;
  }

  /** Level 1 has missed: counts that, and what the further levels are asked. */
  private reachFurther<F extends Faults>(va: u64, kind: u32): usize {
    const side = Machine.side(kind);
    const tlbs = this.tlbs;
    let level: u32 = 2;
    let entry: usize = 0;
    for (; level <= tlbs.levels; level++) {
      entry = tlbs.touch(side, level, this.space, va);
      if (entry != 0) break;
    }
    if (entry == 0) {
      const stopped = !this.translate<F>(va, kind);
      if (stopped && !changetype<F>(0).countsStopped()) return 0;
      this.count(side, stopped ? 1 : this.walker.level, level);
      return stopped ? 0 : this.fillFromWalk(side, level, va);
    }
    this.hitLevel = level;
    const key = load<u64>(entry) & ~1;
    const used = this.use(entry, va, kind);
    if (used || changetype<F>(0).countsStopped()) this.count(side, Key.level(key), level);
    if (!used) return 0;
    return this.fillAbove(side, level, key, entry);
  }

  /** A lookup missed at the levels before `found`, and hit there. */
  private count(side: u32, size: u32, found: u32): void {
    for (let level: u32 = 1; level <= min(found, this.tlbs.levels); level++) {
      const tlb = this.tlbs.at(side, level, size);
      if (changetype<usize>(tlb) == 0) continue;
      if (level > 1 || this.countsEach) tlb.lookups++;
      if (level < found) tlb.misses++;
    }
  }

  /** Copies the entry found at `level` into the levels before it; the first of them. */
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

  /** Fills the levels before `level` with what the last walk found; the first of them. */
  private fillFromWalk(side: u32, level: u32, va: u64): usize {
    const entry = this.walkedEntry(va);
    return this.fillAbove(side, level, load<u64>(entry) & ~1, entry);
  }

  /** What the last walk found, as a TLB's entry, outside all TLBs. */
  walkedEntry(va: u64): usize {
    return this.entryOf(va, this.walker.entry, this.walker.level);
  }

  /** The page-table leaf at `address` as a TLB's entry, in a place that the next call takes over. */
  entryOf(va: u64, address: usize, level: u32): usize {
    const leaf = this.format.read(address);
    const flags = this.format.flags(leaf, level);
    const dirty = (flags & STORABLE) == STORABLE;
    const entry = this.filter + FILTER_BYTES;
    store<u64>(entry, this.tlbs.key(this.space, va, level) | <u64>dirty);
    store<u64>(entry, Tlb.data(this.format.frame(leaf), flags & PERMISSIONS), 8);
    return entry;
  }

  /** Walks, having faults served; false when the access is stopped. The entry is used from then on. */
  translate<F extends Faults>(va: u64, kind: u32): bool {
    const walker = this.walker;
    this.hitLevel = 0;
    if (!walker.walk(this.root, this.space, va)) {
      if (!changetype<F>(0).serve(this, va, kind)) return false;
      walker.walk(this.root, this.space, va);
    }
    this.walks++;
    this.entriesRead += walker.reads;
    if (walker.skipped) this.cacheHits++;
    const entry = this.format.read(walker.entry);
    const flags = this.format.flags(entry, walker.level);
    if (!this.isAllowed(flags, va, kind)) return false;
    const used = flags | ACCESSED | (Machine.writes(kind) ? DIRTY : 0);
    if (used != flags) this.format.write(walker.entry, this.format.with(entry, used));
    return true;
  }

  /** A TLB has the page: may it be used so, and does the page table know that it is stored to? */
  @inline
  use(entry: usize, va: u64, kind: u32): bool {
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

  /** Stops the access at `va`; false, as what stops it answers. */
  stop(status: u32, va: u64): bool {
    this.status = status;
    this.failedAddress = this.geometry.extend(va);
    return false;
  }

  /** The first store through a TLB entry sets D in the page table: not a miss, not a walk that counts. */
  private makeDirty(entry: usize, va: u64): void {
    Tlb.setDirty(entry);
    const pte = this.tables.walk(this.root, va);
    this.tables.setFlags(pte, this.tables.flags(pte) | DIRTY);
  }

  /** Remembers that the page of `entry` was touched last, for accesses that may be passed over. */
  @inline
  setFilter(entry: usize, vpn: u64, kind: u32, slot: u32): void {
    const filter = this.filter;
    if (kind == KIND_FETCH) {
      store<u64>(filter, vpn);
      store<u32>(this.slots, slot);
      if (this.unified) this.resetDataFilter();
      return;
    }
    const stored = Tlb.isDirty(entry) ? vpn : <u64>-1;
    store<u64>(filter, vpn, 8);
    store<u64>(filter, stored, 16);
    store<u64>(filter, stored, 24);
    store<u32>(this.slots, slot, 4);
    store<u32>(this.slots, slot, 8);
    store<u32>(this.slots, slot, 12);
    if (this.unified) store<u64>(filter, <u64>-1);
  }

  /** With pages of several sizes, the base pages seen are kept by bit. */
  @inline
  see(vpn: u64): void {
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

  /** After an access: the policy hears of it, unless it has already, and the filter remembers it. */
  @inline
  touched<F extends Faults>(entry: usize, vpn: u64, kind: u32): void {
    const slot = this.slotOf(entry);
    // Locked pages and the zero page are in no policy's hands.
    const isManaged = this.limited && slot != NONE;
    if (isManaged && !this.faulted) this.replacer.hit(slot, kind);
    this.faulted = false;
    this.see(vpn);
    if (!this.countsEach && isManaged == this.limited) this.setFilter(entry, vpn, kind, slot);
    if (this.limited) changetype<F>(0).after(this);
  }

  /** Adds the level-1 lookups of that many references, where they are not counted one by one. */
  countReferences(fetches: u32, data: u32): void {
    if (this.countsEach) return;
    this.tlbs.at(SIDE_FETCH, 1, 1).lookups += fetches;
    this.tlbs.at(SIDE_DATA, 1, 1).lookups += data;
  }

  @inline
  begin(): void {
    this.status = STATUS_OK;
    this.faulted = false;
  }
}
