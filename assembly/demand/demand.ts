/**
 * The operating system below the machine in `replay`: maps pages, reclaims memory, and writes to swap.
 *
 *   fault at va ──> tables down to its level ──> frame ──> entry
 *                        │                        │
 *                        └──── no frame left: the policy's victim ──> swap, if dirty
 *
 * The first touch of a page is a minor fault. A touch of an evicted page is a major fault: its contents come from swap
 * if it ever was dirty (a swap-in), otherwise from their origin, a file or zeros. The page-table entry of an
 * evicted page holds the number of its swap entry.
 *
 * Huge pages: under `always` the first touch of an empty 2 MiB-class range maps one if the buddy allocator has a block,
 * without eviction (Linux's `defrag=never`). It is evicted whole, with one swap entry and a run of places. When it is
 * touched again and no block is free, its swap entry is split into one for each base page.
 *
 * Page tables are allocated before the policy chooses victims, so the policy's capacity is what tables leave.
 */

import { NONE, STATUS_OUT_OF_MEMORY } from "../abi/core";
import {
  HUGE_ALWAYS,
  MACHINE_ALREADY_MAPPED,
  MACHINE_MEMORY_FULL,
  MACHINE_SEGMENTATION_FAULT,
  MACHINE_SWAP_FULL,
} from "../abi/machine";
import { TABLE } from "../frames/frames";
import { Faults, Machine } from "../machine/machine";
import { HUGE_LEVEL } from "../mmu/geometry";
import {
  allocForPolicy,
  allocFrame,
  EVICTED,
  evictExpired,
  evictOne,
  growTables,
  NO_VICTIM,
  Pager,
} from "../paging/pager";
import { Policy } from "../policy/contract";
import { ALL_PERMISSIONS, evict, putBack } from "./eviction";
import { Upkeep } from "./upkeep";

/** `mapsTouched` of the two. */
const ON_DEMAND: usize = memory.data<u8>([1]);
const ONLY_MAPPED: usize = memory.data<u8>([0]);

/** Serves the faults of `replay`: maps a page that is touched for the first time, and reads an evicted page back in. */
@final
@unmanaged
export class Paging extends Faults {
  /** False: only `map` maps pages, and the touch of any other is a segmentation fault. */
  private mapsTouched: bool;

  @inline
  static get onDemand(): Paging {
    return changetype<Paging>(ON_DEMAND);
  }

  @inline
  static get onlyMapped(): Paging {
    return changetype<Paging>(ONLY_MAPPED);
  }

  serve(machine: Machine, va: u64, kind: u32): bool {
    machine.failedAddress = machine.geometry.extend(va);
    const pte = machine.tables.walk(machine.root, va);
    if (machine.tables.read(pte) != 0) return swapInPage(machine, va, pte, kind);
    if (this.mapsTouched) return mapTouched(machine, va, pte, kind);
    machine.segmentation++;
    return machine.stop(MACHINE_SEGMENTATION_FAULT, va);
  }

  @inline
  mayCross(_machine: Machine, _first: u64, _last: u64, _kind: u32): bool {
    return true;
  }

  @inline
  countsStopped(): bool {
    return true;
  }

  after(machine: Machine): void {
    if (machine.replacer.readsBits) Upkeep.refresh(machine);
    if (machine.replacer.isVariable) evictExpired<DemandPager>(changetype<DemandPager>(machine));
  }

  /** The same for loops that know the policy's type. For most policies it is empty. */
  @inline
  afterHit<P extends Policy>(machine: Machine, policy: P): void {
    if (policy.readsBits() || policy.expiresAfterHits()) this.after(machine);
  }
}

/** The pager of `replay`, at the address of its machine. */
@final
@unmanaged
export class DemandPager extends Pager {
  @inline
  get machine(): Machine {
    return changetype<Machine>(this);
  }

  reclaim(): bool {
    const ended = evictOne<DemandPager>(this);
    if (ended == EVICTED) return true;
    // Wasm's memory may be out.
    if (this.hasFailed) return false;
    this.machine.status = ended == NO_VICTIM ? MACHINE_MEMORY_FULL : MACHINE_SWAP_FULL;
    return false;
  }

  evict(slot: u32): bool {
    return evict(this.machine, slot);
  }

  frameOf(slot: u32): u32 {
    return this.machine.tables.frame(this.machine.walkKey(this.machine.replacer.base.slots.key(slot)));
  }

  putBack(pfn: u32): void {
    putBack(this.machine, pfn);
  }

  afterChoice(): void {
    if (this.machine.replacer.readsBits) Upkeep.refresh(this.machine);
  }

  /** The policy's capacity is what tables leave; it is lowered before a victim is searched for. */
  allocTable(_asid: u32, level: u32): u32 {
    const machine = this.machine;
    if (machine.limited) machine.replacer.base.capacity--;
    const pfn = allocFrame<DemandPager>(this, 0, TABLE);
    if (pfn != NONE && machine.tables.init(pfn, level)) return pfn;
    if (machine.limited) machine.replacer.base.capacity++;
    if (pfn == NONE) return NONE;
    machine.buddy.free(pfn);
    this.fail();
    return NONE;
  }

  fail(): void {
    this.machine.status = STATUS_OUT_OF_MEMORY;
  }

  get hasFailed(): bool {
    return this.machine.status == STATUS_OUT_OF_MEMORY;
  }
}

/** Maps a page that is touched for the first time; `pte` is the empty entry of `va`. False when memory is full. */
function mapTouched(machine: Machine, va: u64, pte: usize, kind: u32): bool {
  const level = canMapHuge(machine, pte) ? HUGE_LEVEL : 1;
  if (!mapNewPage(machine, va, level, ALL_PERMISSIONS, kind)) return false;
  machine.minor++;
  if (changetype<usize>(machine.seen) == 0) machine.distinctPages++;
  return true;
}

/**
 * Is true when a huge page can be mapped: nothing is mapped in the range of `pte`, an empty entry, and a block is
 * free.
 */
function canMapHuge(machine: Machine, pte: usize): bool {
  if (machine.huge != HUGE_ALWAYS) return false;
  if (pte != 0 && machine.tables.level(pte) < HUGE_LEVEL) return false;
  return machine.buddy.has(machine.geometry.order(HUGE_LEVEL));
}

/** Maps a new page of `level`'s size at `va`; false when memory is full or the range is in use. */
export function mapNewPage(machine: Machine, va: u64, level: u32, flags: u32, kind: u32): bool {
  machine.failedAddress = machine.geometry.extend(va);
  const pte = growTables<DemandPager>(changetype<DemandPager>(machine), machine.asid, va, level);
  if (pte == 0) return false;
  if (machine.tables.read(pte) != 0) return machine.stop(MACHINE_ALREADY_MAPPED, va);
  return install(machine, va, pte, flags, kind, 0);
}

/** Reads the evicted page at `va` back in; the entry at `pte` holds its swap entry. */
function swapInPage(machine: Machine, va: u64, pte: usize, kind: u32): bool {
  const tables = machine.tables;
  const swapEntry = <u32>tables.read(pte) >> 1;
  const level = tables.level(pte);
  if (level > 1 && !machine.buddy.has(machine.geometry.order(level))) {
    if (!split(machine, pte, swapEntry)) return false;
    return swapInPage(machine, va, tables.walk(machine.root, va), kind);
  }
  const swap = machine.swap;
  if (!install(machine, va, pte, swap.permissions(swapEntry), kind, swapEntry)) return false;
  machine.major++;
  if (swap.place(swapEntry) != NONE) machine.swapIns++;
  return true;
}

/** Allocates a frame for the page and writes its entry at `pte`. `swapEntry`: 0 for none. */
function install(machine: Machine, va: u64, pte: usize, flags: u32, kind: u32, swapEntry: u32): bool {
  const tables = machine.tables;
  const level = tables.level(pte);
  const key = machine.tlbs.key(machine.space, va, level);
  let slot = NONE;
  if (machine.limited) {
    slot = swapEntry == 0 ? NONE : ghostOf(machine, swapEntry, key);
    machine.replacer.miss(slot, key);
  }
  const pfn = allocForPolicy<DemandPager>(changetype<DemandPager>(machine), machine.geometry.order(level));
  if (pfn == NONE) return false;
  if (machine.limited) {
    if (slot == NONE) slot = machine.replacer.base.slots.alloc(key);
    machine.replacer.insert(slot, kind);
    if (machine.replacer.readsBits) machine.replacer.base.bits.place(slot, pte);
  }
  machine.frames.setOwner(pfn, key);
  machine.frames.setSlot(pfn, slot);
  machine.frames.setSwapEntry(pfn, swapEntry);
  if (swapEntry != 0) {
    machine.swap.setPfn(swapEntry, pfn);
    machine.swap.setRefs(swapEntry, 0);
  }
  tables.set(pte, machine.format.leaf(pfn, level, flags));
  machine.tlbs.sizes |= (<u32>1) << level;
  machine.faulted = true;
  return true;
}

/** The slot under which the policy still remembers the page; NONE when it does not. */
function ghostOf(machine: Machine, swapEntry: u32, key: u64): u32 {
  const slot = machine.swap.ghost(swapEntry);
  const known =
    slot != NONE && machine.replacer.base.slots.isGhost(slot) && machine.replacer.base.slots.key(slot) == key;
  return known ? slot : NONE;
}

/**
 * Splits the swap entry of an evicted huge page at `pte`: puts a table in its place, with a swap entry for each page of
 * the next smaller size.
 */
function split(machine: Machine, pte: usize, swapEntry: u32): bool {
  const tables = machine.tables;
  const level = tables.level(pte) - 1;
  const partOrder = machine.geometry.order(level);
  const table = changetype<DemandPager>(machine).allocTable(machine.asid, level);
  if (table == NONE) return false;
  const pages = (<u32>1) << machine.geometry.indexBits;
  const entries = <usize>machine.frames.owner(table);
  for (let page: u32 = 0; page < pages; page++) {
    const part = machine.swap.splitOff(swapEntry, page << partOrder, partOrder);
    if (part == 0) {
      machine.status = STATUS_OUT_OF_MEMORY;
      return false;
    }
    tables.set(entries + ((<usize>page) << machine.geometry.entryShift), (<u64>part) << 1);
  }
  machine.swap.freeSplit(swapEntry);
  tables.attach(pte, table);
  return true;
}
