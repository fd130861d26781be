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
  const hasDeposit = tables.level(pte) > 1 && !space.system.flags.has(tables.frame(pte), POOL_PAGE);
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
  if (system.flags.has(pfn, KERNEL_PAGE)) return;
  countPage(space, pfn, -1);
  // A private page without a copy in swap needs no mark: it is written when it is evicted for the first time in any
  // case.
  const isWrittenLater = system.flags.has(pfn, PRIVATE_PAGE) && machine.frames.swapEntry(pfn) == 0;
  if (isDirty && !isWrittenLater) system.flags.set(pfn, DIRTY_PAGE);
  system.mappings.remove(pfn, key);
  release(system, pfn);
}

/**
 * Called after a mapping of `pfn` was removed: frees a private page without mappings, and unlocks a page that no
 * locked region maps.
 */
export function release(system: System, pfn: u32): void {
  if (system.flags.has(pfn, POOL_PAGE)) {
    freePoolPage(system, pfn);
  } else if (system.machine.frames.mapped(pfn) == 0 && system.flags.has(pfn, PRIVATE_PAGE)) {
    const swapEntry = system.machine.frames.swapEntry(pfn);
    if (swapEntry == 0 || system.swap.refs(swapEntry) == 0 || system.flags.has(pfn, LOCKED_PAGE)) {
      freeSwapCopy(system, pfn);
      system.policyPages.free(pfn);
    }
  } else if (system.flags.has(pfn, LOCKED_PAGE) && !isLocked(system, pfn)) {
    system.policyPages.unlock(pfn);
  }
}

function dropSwapped(space: Space, swapEntry: u32): void {
  space.swappedPages--;
  dropSwapRef(space.system, swapEntry);
}

/** Drops the reference of one page-table entry, or object, to the swap entry, and frees it with the last one. */
export function dropSwapRef(system: System, swapEntry: u32): void {
  const swap = system.swap;
  const refs = swap.refs(swapEntry) - 1;
  swap.setRefs(swapEntry, refs);
  if (refs != 0) return;
  const pfn = swap.pfn(swapEntry);
  if (pfn == NONE) {
    swap.free(swapEntry);
  } else if (system.machine.frames.mapped(pfn) == 0) {
    // The page is in memory by readahead, or was swapped in for a process that has ended.
    freeSwapCopy(system, pfn);
    system.policyPages.free(pfn);
  }
}

/** Frees the page's copy in swap (folio_free_swap). Its swap entry is freed when nothing refers to it. */
export function freeSwapCopy(system: System, pfn: u32): void {
  const swapEntry = system.machine.frames.swapEntry(pfn);
  if (swapEntry == 0) return;
  system.machine.frames.setSwapEntry(pfn, 0);
  if (system.swap.refs(swapEntry) == 0) system.swap.free(swapEntry);
  else system.swap.setPfn(swapEntry, NONE);
}

/** Frees the pages of an object, which nothing maps any more, in memory and in swap. */
export function dropObject(system: System, object: u32): void {
  const objects = system.objects;
  system.hugetlb.reserved -= objects.reserved(object);
  objects.setReserved(object, 0);
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry))
    dropEntry(system, entry);
}

/** Frees a page of an object, which nothing maps, in memory and in swap. */
export function dropEntry(system: System, entry: u32): void {
  const objects = system.objects;
  const pfn = objects.pfn(entry);
  if (pfn != NONE) {
    const swapEntry = system.machine.frames.swapEntry(pfn);
    if (swapEntry != 0) system.swap.free(swapEntry);
    objects.setPfn(entry, NONE);
    if (system.flags.has(pfn, POOL_PAGE)) freePoolPage(system, pfn);
    else system.policyPages.free(pfn);
  }
  const swapEntry = objects.swapEntry(entry);
  if (swapEntry == 0) return;
  objects.setSwapEntry(entry, 0);
  dropSwapRef(system, swapEntry);
}
