/**
 * Clears entries of page tables. A frame or a place in swap is freed with the last entry that refers to it. Likewise
 * for pages of objects.
 */
import { NONE } from "../../abi/core";
import { DIRTY, EntryFormat } from "../../mmu/entry";
import { Space } from "../space/space";
import { DIRTY_PAGE, KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { freeDeposit } from "./deposit";
import { isGuard } from "./marker";
import { countPage, isLocked } from "./page";
import { freePoolPage } from "./pool";
import { keyOf } from "./walk";

/** Clears the entry at `pte`, which decides about `va`: a leaf, a swapped page or a guard marker. */
export function drop(space: Space, va: u64, pte: usize): void {
  const tables = space.machine.tables;
  const entry = tables.read(pte);
  if (!EntryFormat.isPresent(entry)) {
    tables.set(pte, 0);
    if (!isGuard(entry)) dropSwapped(space, <u32>(entry >> 1));
    return;
  }
  const hasDeposit = tables.level(pte) > 1 && !space.system.hasMark(tables.frame(pte), POOL_PAGE);
  dropLeaf(space, va, pte);
  if (hasDeposit) freeDeposit(space);
}

function dropLeaf(space: Space, va: u64, pte: usize): void {
  const system = space.system;
  const machine = space.machine;
  const pfn = machine.tables.frame(pte);
  const key = keyOf(space, va, machine.tables.level(pte));
  const isDirty = (machine.tables.flags(pte) & DIRTY) != 0;
  machine.tables.set(pte, 0);
  system.flushTlb(key);
  if (system.hasMark(pfn, KERNEL_PAGE)) return;
  countPage(space, pfn, -1);
  // A private page without a copy in swap needs no mark: it is written when it is evicted for the first time in any
  // case.
  const isWrittenLater = system.hasMark(pfn, PRIVATE_PAGE) && machine.frames.evicted(pfn) == 0;
  if (isDirty && !isWrittenLater) system.mark(pfn, DIRTY_PAGE);
  system.mappings.remove(pfn, key);
  release(system, pfn);
}

/**
 * Called after a mapping of `pfn` was removed: frees a private page without mappings, and unlocks a page that no
 * locked region maps.
 */
export function release(system: System, pfn: u32): void {
  if (system.hasMark(pfn, POOL_PAGE)) {
    freePoolPage(system, pfn);
  } else if (system.machine.frames.mapped(pfn) == 0 && system.hasMark(pfn, PRIVATE_PAGE)) {
    const record = system.machine.frames.evicted(pfn);
    if (record == 0 || system.swap.refs(record) == 0 || system.hasMark(pfn, LOCKED_PAGE)) {
      dropRecord(system, pfn);
      system.freeFrame(pfn);
    }
  } else if (system.hasMark(pfn, LOCKED_PAGE) && !isLocked(system, pfn)) {
    system.unlock(pfn);
  }
}

function dropSwapped(space: Space, record: u32): void {
  space.swappedPages--;
  dropSwapRef(space.system, record);
}

/** Drops one entry's reference to the record, and frees it with the last one. */
export function dropSwapRef(system: System, record: u32): void {
  const swap = system.swap;
  const refs = swap.refs(record) - 1;
  swap.setRefs(record, refs);
  if (refs != 0) return;
  const pfn = swap.pfn(record);
  if (pfn == NONE) {
    swap.free(record);
  } else if (system.machine.frames.mapped(pfn) == 0) {
    // The page is in memory by readahead, or was swapped in for a process that has ended.
    dropRecord(system, pfn);
    system.freeFrame(pfn);
  }
}

/** Drops the page's copy in swap. Its place is freed when no entry refers to it. */
export function dropRecord(system: System, pfn: u32): void {
  const record = system.machine.frames.evicted(pfn);
  if (record == 0) return;
  system.machine.frames.setEvicted(pfn, 0);
  if (system.swap.refs(record) == 0) system.swap.free(record);
  else system.swap.setPfn(record, NONE);
}

/** Frees the pages of an object, which nothing maps any more, in memory and in swap. */
export function dropObject(system: System, object: u32): void {
  const objects = system.objects;
  system.hugetlbReserved -= objects.reserved(object);
  objects.setReserved(object, 0);
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry))
    dropEntry(system, entry);
}

/** Frees a page of an object, which nothing maps, in memory and in swap. */
export function dropEntry(system: System, entry: u32): void {
  const objects = system.objects;
  const pfn = objects.pfn(entry);
  if (pfn != NONE) {
    const record = system.machine.frames.evicted(pfn);
    if (record != 0) system.swap.free(record);
    objects.setPfn(entry, NONE);
    if (system.hasMark(pfn, POOL_PAGE)) freePoolPage(system, pfn);
    else system.freeFrame(pfn);
  }
  const record = objects.swap(entry);
  if (record == 0) return;
  objects.setSwap(entry, 0);
  dropSwapRef(system, record);
}
