/** Entries are cleared one by one; with the last one that holds it, a frame or a place in swap is freed. Objects likewise. */
import { NONE } from "../../abi";
import { DIRTY, EntryFormat } from "../../mmu/entry";
import { Space } from "../space/space";
import { DIRTY_PAGE, KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { freeDeposit } from "./deposit";
import { isGuard } from "./marker";
import { countPage, isLocked } from "./page";
import { freePoolPage } from "./pool";
import { keyOf } from "./walk";

/** Clears the entry at `pte`, which is `va`'s, whatever it is. */
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
  // Of a private page that is nowhere else only entries tell; it is written for the first time in any case.
  const isKnown = system.hasMark(pfn, PRIVATE_PAGE) && machine.frames.evicted(pfn) == 0;
  if (isDirty && !isKnown) system.mark(pfn, DIRTY_PAGE);
  system.mappings.remove(pfn, key);
  release(system, pfn);
}

/** A mapping of `pfn` has gone: a private page that nobody maps goes with it; a lock may have. */
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
  forgetSwapped(space.system, record);
}

/** One entry less holds the record. */
export function forgetSwapped(system: System, record: u32): void {
  const swap = system.swap;
  const refs = swap.refs(record) - 1;
  swap.setRefs(record, refs);
  if (refs != 0) return;
  const pfn = swap.pfn(record);
  if (pfn == NONE) {
    swap.free(record);
  } else if (system.machine.frames.mapped(pfn) == 0) {
    // In memory by readahead alone, or for one who has gone.
    dropRecord(system, pfn);
    system.freeFrame(pfn);
  }
}

/** The page's copy in swap, if it has one that nobody else needs, is no more. */
export function dropRecord(system: System, pfn: u32): void {
  const record = system.machine.frames.evicted(pfn);
  if (record == 0) return;
  system.machine.frames.setEvicted(pfn, 0);
  if (system.swap.refs(record) == 0) system.swap.free(record);
  else system.swap.setPfn(record, NONE);
}

/** The object goes: its pages leave memory and swap. Nobody maps it any more. */
export function dropObject(system: System, object: u32): void {
  const objects = system.objects;
  system.hugetlbReserved -= objects.promised(object);
  objects.setPromised(object, 0);
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry))
    dropEntry(system, entry);
}

/** A page of an object that nobody maps leaves memory and swap, its contents with it. */
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
  forgetSwapped(system, record);
}
