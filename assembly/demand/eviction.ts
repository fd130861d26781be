/** Eviction in `replay`: a dirty page is written to swap, and its page-table entry then holds the number of its swap entry. */
import { KIND_LOAD, NONE, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { Machine } from "../machine/machine";
import { DIRTY, EXECUTE, READ, USER, WRITE } from "../mmu/entry";

export const ALL_PERMISSIONS: u32 = READ | WRITE | EXECUTE | USER;

/** Evicts the page of `victim`; false when it is dirty and swap is full, or when Wasm's memory is out. */
export function evict(machine: Machine, victim: u32): bool {
  const tables = machine.tables;
  const key = machine.replacer.base.slots.key(victim);
  const pte = machine.walkKey(key);
  const flags = tables.flags(pte);
  const pfn = tables.frame(pte);
  if ((flags & DIRTY) != 0 && !writeToSwap(machine, pfn, machine.frames.order(pfn))) return false;
  const swapEntry = swapEntryOf(machine, pfn);
  if (swapEntry == 0) return false;
  const swap = machine.swap;
  swap.setRefs(swapEntry, 1);
  swap.setPfn(swapEntry, NONE);
  swap.setPermissions(swapEntry, flags & ALL_PERMISSIONS);
  swap.setGhost(swapEntry, machine.replacer.base.slots.isGhost(victim) ? victim : NONE);
  tables.set(pte, (<u64>swapEntry) << 1);
  machine.invalidate(key);
  machine.buddy.free(pfn);
  machine.evictions++;
  return true;
}

/** Writes the page in `pfn` to swap; false when swap is full or Wasm's memory is out. */
export function writeToSwap(machine: Machine, pfn: u32, order: u32): bool {
  const swapEntry = swapEntryOf(machine, pfn);
  if (swapEntry == 0 || !machine.swap.allocPlaces(swapEntry, order)) return false;
  machine.writebacks++;
  return true;
}

/** The swap entry of the page in `pfn`, allocated if it has none; 0 when Wasm's memory is out. */
function swapEntryOf(machine: Machine, pfn: u32): u32 {
  let swapEntry = machine.frames.swapEntry(pfn);
  if (swapEntry != 0) return swapEntry;
  swapEntry = machine.swap.alloc(pfn, 0, true);
  if (swapEntry == 0) machine.status = STATUS_OUT_OF_MEMORY;
  machine.frames.setSwapEntry(pfn, swapEntry);
  return swapEntry;
}

/** Puts the page in `pfn`, a victim that cannot be evicted, back into the policy as a new page. */
export function putBack(machine: Machine, pfn: u32): void {
  const slots = machine.replacer.base.slots;
  const key = machine.frames.owner(pfn);
  const victim = machine.frames.slot(pfn);
  const isGhost = slots.isGhost(victim) && slots.key(victim) == key;
  const slot = isGhost ? victim : slots.alloc(key);
  machine.replacer.insert(slot, KIND_LOAD);
  if (machine.replacer.readsBits) machine.replacer.base.bits.place(slot, machine.walkKey(key));
  machine.frames.setSlot(pfn, slot);
  machine.filter.reset();
}
