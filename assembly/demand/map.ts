/**
 * Explicit mappings, one page per call; an address may lie anywhere in its page. All functions return `STATUS_OK` or
 * the reason for the failure. A mapped page is present: its first access does not fault.
 */
import { KIND_LOAD, STATUS_OK } from "../abi/core";
import { MACHINE_ADDRESS_TOO_WIDE, MACHINE_SEGMENTATION_FAULT } from "../abi/machine";
import { Machine } from "../machine/machine";
import { ACCESSED, DIRTY, EntryFormat } from "../mmu/entry";
import { mapNewPage, Paging } from "./demand";

/** Maps a new page of `level`'s size, with `flags` of mmu/entry. */
export function map(machine: Machine, address: u64, level: u32, flags: u32): u32 {
  machine.begin();
  if (!machine.geometry.isCanonical(address)) return MACHINE_ADDRESS_TOO_WIDE;
  const mapped = mapNewPage(machine, machine.geometry.truncate(address), level, flags, KIND_LOAD);
  if (machine.limited) Paging.onDemand.after(machine);
  return mapped ? STATUS_OK : machine.status;
}

/** Unmaps the page, resident or evicted, and frees the tables that are empty then. */
export function unmap(machine: Machine, address: u64): u32 {
  const tables = machine.tables;
  const va = machine.geometry.truncate(address);
  const pte = tables.walk(machine.root, va);
  const entry = tables.read(pte);
  if (entry == 0 || !machine.geometry.isCanonical(address)) return MACHINE_SEGMENTATION_FAULT;
  const level = tables.level(pte);
  tables.set(pte, 0);
  if (EntryFormat.isPresent(entry)) {
    const pfn = machine.format.frame(entry);
    const swapEntry = machine.frames.swapEntry(pfn);
    if (swapEntry != 0) machine.swap.free(swapEntry);
    if (machine.limited) machine.replacer.remove(machine.frames.slot(pfn));
    machine.invalidate(machine.tlbs.key(machine.space, va, level));
    machine.buddy.free(pfn);
  } else {
    machine.swap.setRefs(<u32>entry >> 1, 0);
    machine.swap.free(<u32>entry >> 1);
  }
  const pruned = tables.prune(machine.root, va);
  if (machine.limited) machine.replacer.base.capacity += pruned;
  return STATUS_OK;
}

/** Changes the permissions of the page. */
export function protect(machine: Machine, address: u64, flags: u32): u32 {
  const tables = machine.tables;
  const va = machine.geometry.truncate(address);
  const pte = tables.walk(machine.root, va);
  const entry = tables.read(pte);
  if (entry == 0 || !machine.geometry.isCanonical(address)) return MACHINE_SEGMENTATION_FAULT;
  if (!EntryFormat.isPresent(entry)) {
    machine.swap.setPermissions(<u32>entry >> 1, flags);
    return STATUS_OK;
  }
  const used = tables.flags(pte) & (ACCESSED | DIRTY);
  tables.setFlags(pte, flags | used);
  machine.invalidate(machine.tlbs.key(machine.space, va, tables.level(pte)));
  return STATUS_OK;
}

/** Drops the translation of the page at `address`. */
export function invalidate(machine: Machine, address: u64): void {
  const va = machine.geometry.truncate(address);
  for (let level: u32 = 1; level <= machine.geometry.leafLevels; level++) {
    machine.tlbs.flush(machine.tlbs.key(machine.space, va, level));
  }
  machine.walker.flush();
  machine.filter.reset();
}
