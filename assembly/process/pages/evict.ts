/**
 * Eviction of a page: a dirty page is written to swap or to its file, then every entry that maps it is changed and
 * flushed from every TLB. From: mm/vmscan.c, shrink_folio_list; Gorman (2004), chapter 11.
 */
import { NONE } from "../../abi/core";
import { VM_DROPPABLE, VM_LOCKED } from "../../abi/linux";
import { Key } from "../../mmu/key";
import { spaceOf } from "../space/space";
import { DIRTY_PAGE, LAZY_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { freeSwapCopy } from "./drop";
import { addressOf, countPage, isPageDirty } from "./page";

/** Evicts the base page in `pfn`, which is not in the policy; false when swap has no room for it. */
export function evictFrame(system: System, pfn: u32, ghost: u32): bool {
  const machine = system.machine;
  const isDirty = isPageDirty(system, pfn);
  if (system.flags.has(pfn, PRIVATE_PAGE)) {
    if ((!isDirty && system.flags.has(pfn, LAZY_PAGE)) || isDroppable(system, pfn)) discard(system, pfn);
    else if (!swapOut(system, pfn, isDirty, ghost)) return false;
  } else if (!evictCached(system, pfn, isDirty, ghost)) {
    return false;
  }
  machine.buddy.free(pfn);
  machine.evictions++;
  return true;
}

/** Unmaps `pfn` everywhere: its page-table entries become empty (`swapEntry` 0), or hold `swapEntry`. */
export function unmapAll(system: System, pfn: u32, swapEntry: u32): void {
  const frames = system.machine.frames;
  while (frames.mapped(pfn) != 0) {
    const key = frames.owner(pfn);
    const space = spaceOf(system, Key.asid(key));
    system.machine.tables.set(system.machine.walkKey(key), (<u64>swapEntry) << 1);
    system.flushTlb(key);
    countPage(space, pfn, -1);
    if (swapEntry != 0) {
      space.swappedPages++;
      system.swap.setRefs(swapEntry, system.swap.refs(swapEntry) + 1);
    }
    system.mappings.remove(pfn, key);
  }
}

/** Is true for a page of a MAP_DROPPABLE region, which no fork shares. */
function isDroppable(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 1) return false;
  const key = frames.owner(pfn);
  const region = spaceOf(system, Key.asid(key)).regions.at(addressOf(system, key));
  return changetype<usize>(region) != 0 && region.has(VM_DROPPABLE);
}

/** Frees a page of MADV_FREE or MAP_DROPPABLE without a write. */
function discard(system: System, pfn: u32): void {
  unmapAll(system, pfn, 0);
  freeSwapCopy(system, pfn);
  system.discards++;
}

function swapOut(system: System, pfn: u32, isDirty: bool, ghost: u32): bool {
  const swapEntry = writeToSwap(system, pfn, isDirty);
  if (swapEntry == 0) return false;
  unmapAll(system, pfn, swapEntry);
  system.swap.setPfn(swapEntry, NONE);
  system.swap.setGhost(swapEntry, ghost);
  if (system.swap.refs(swapEntry) == 0) system.swap.free(swapEntry); // read ahead, and its processes have ended
  return true;
}

/**
 * The page's swap entry, allocated if it has none, and the page is written if its copy is missing or stale; 0 when swap
 * is full.
 */
function writeToSwap(system: System, pfn: u32, isDirty: bool): u32 {
  const frames = system.machine.frames;
  let swapEntry = frames.swapEntry(pfn);
  const isNew = swapEntry == 0;
  if (isNew && system.swap.isFull) freePlace(system);
  if (isNew) swapEntry = allocSwapEntry(system, pfn);
  if (swapEntry == 0) return 0;
  frames.setSwapEntry(pfn, swapEntry);
  if (isNew || isDirty) {
    system.swapWrites++;
    system.machine.writebacks++;
    logWrite(system, pfn);
  }
  return swapEntry;
}

/** A new swap entry with a place for the page in `pfn`; 0 when swap is full, or Wasm's memory is out. */
function allocSwapEntry(system: System, pfn: u32): u32 {
  const swap = system.swap;
  if (swap.isFull) return 0;
  const swapEntry = swap.alloc(pfn, system.machine.frames.content(pfn), system.flags.has(pfn, PRIVATE_PAGE));
  if (swapEntry == 0 || swap.allocPlaces(swapEntry, 0)) return swapEntry;
  swap.free(swapEntry);
  return 0;
}

/** When swap is full, frees the place of a page that is in memory (Linux's __try_to_reclaim_swap). */
function freePlace(system: System): void {
  const pfn = system.swap.idlePage();
  if (pfn == NONE) return;
  freeSwapCopy(system, pfn);
  system.flags.set(pfn, DIRTY_PAGE);
}

function evictCached(system: System, pfn: u32, isDirty: bool, ghost: u32): bool {
  const objects = system.objects;
  const entry = system.machine.frames.content(pfn);
  if (objects.isSwappedEntry(entry)) {
    // A page of shared memory that was never stored to is all zeros and needs no place in swap.
    const isZero = !isDirty && system.machine.frames.swapEntry(pfn) == 0;
    const swapEntry = isZero ? 0 : writeToSwap(system, pfn, isDirty);
    if (swapEntry == 0 && !isZero) return false;
    if (swapEntry != 0) system.swap.setPfn(swapEntry, NONE);
    unmapAll(system, pfn, 0);
    objects.setSwapEntry(entry, swapEntry);
    if (swapEntry != 0) system.swap.setRefs(swapEntry, 1);
  } else {
    if (isDirty) {
      system.fileWrites++;
      system.machine.writebacks++;
    }
    unmapAll(system, pfn, 0);
    objects.setEvicted(entry);
  }
  objects.setPfn(entry, NONE);
  objects.setGhost(entry, ghost);
  return true;
}

/** Logs the write of the page in `pfn` to swap, while its mappings still exist. */
export function logWrite(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  const running = spaceOf(system, Key.asid(system.machine.space));
  const call = changetype<usize>(running) == 0 ? 0 : running.call;
  if (frames.mapped(pfn) == 0) {
    if (!system.swapLog.add(NONE, call, 0)) system.fail();
    return;
  }
  logMapping(system, frames.owner(pfn), call);
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    logMapping(system, system.mappings.key(node), call);
  }
}

function logMapping(system: System, key: u64, call: u32): void {
  const space = spaceOf(system, Key.asid(key));
  const va = addressOf(system, key);
  const region = space.regions.at(va);
  assert(changetype<usize>(region) != 0, "a mapped page lies in no region");
  assert(!region.has(VM_LOCKED), "a locked page is written to swap");
  region.swappedOut++;
  space.swappedOut++;
  if (!system.swapLog.add(space.serial, call, va)) system.fail();
}
