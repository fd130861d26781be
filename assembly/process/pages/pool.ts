/** The pool of explicit huge pages (vm.nr_hugepages): its pages are allocated, freed, and reserved for mappings. */
import { NONE } from "../../abi/core";
import { VM_HUGETLB } from "../../abi/linux";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { entryAt } from "./walk";

/**
 * Allocates a page of the pool, from the caller's reserve if `isReserved`, otherwise one that is not reserved; NONE
 * when there is none.
 */
export function allocPoolPage(system: System, isPrivate: bool, isReserved: bool): u32 {
  const pool = system.hugetlb;
  if (isReserved) pool.reserved--;
  else if (pool.free == pool.reserved) return NONE;
  const pfn = pool.take();
  system.flags.set(pfn, isPrivate ? POOL_PAGE | PRIVATE_PAGE : POOL_PAGE);
  if (isPrivate) system.machine.frames.setContent(pfn, system.newPrivate());
  return pfn;
}

/** Returns the page in `pfn` to the pool when it has no mapping left and no object holds it. */
export function freePoolPage(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 0) return;
  if (!system.flags.has(pfn, PRIVATE_PAGE) && system.objects.pfn(frames.content(pfn)) == pfn) return;
  system.hugetlb.put(pfn);
}

/** Reserves `bytes` of the pool; the number of pages, NONE when fewer are left. */
export function reservePool(system: System, bytes: u64): u32 {
  const pages = bytes >> system.machine.geometry.shift(HUGE_LEVEL);
  if (pages > <u64>(system.hugetlb.free - system.hugetlb.reserved)) return NONE;
  system.hugetlb.reserved += <u32>pages;
  return <u32>pages;
}

/**
 * Is true when the region may be split at `va`: a region of explicit huge pages only between pages
 * (hugetlb_vm_op_split).
 */
export function maySplit(space: Space, region: Region, va: u64): bool {
  return !region.has(VM_HUGETLB) || (va & (((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1)) == 0;
}

/** `end`; in a region of explicit huge pages, rounded down to a whole page. */
export function alignEnd(space: Space, region: Region, end: u64): u64 {
  return region.has(VM_HUGETLB) ? end & ~(((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1) : end;
}

/** Moves the reserve of `from` for its absent pages between `start` and `end` to `to`. */
export function moveReserve(space: Space, from: Region, to: Region, start: u64, end: u64): void {
  if (from.reserved == 0) return;
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  let absent: u32 = 0;
  for (let va = start; va < end; va += bytes) absent += <u32>(entryAt(space, va) == 0);
  const reserved = min(from.reserved, absent);
  from.reserved -= reserved;
  to.reserved += reserved;
}
