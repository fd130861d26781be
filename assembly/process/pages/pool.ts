/** The pool of explicit huge pages (vm.nr_hugepages): pages taken, given back and promised to mappings. */
import { NONE } from "../../abi";
import { VM_HUGETLB } from "../../abi-process";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { entryAt } from "./walk";

/** A page of the pool, `isPromised` or one that nobody was promised; NONE when there is none. */
export function allocPoolPage(system: System, isPrivate: bool, isPromised: bool): u32 {
  if (isPromised) system.hugetlbReserved--;
  else if (system.hugetlbFree == system.hugetlbReserved) return NONE;
  const machine = system.machine;
  const pfn = system.pool;
  system.pool = machine.frames.content(pfn);
  system.hugetlbFree--;
  machine.frames.clear(pfn);
  system.mark(pfn, isPrivate ? POOL_PAGE | PRIVATE_PAGE : POOL_PAGE);
  if (isPrivate) machine.frames.setContent(pfn, system.newPrivate());
  return pfn;
}

/** A mapping of the pool's page in `pfn`, or its object, has gone: the page goes back with the last of them. */
export function freePoolPage(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 0) return;
  if (!system.hasMark(pfn, PRIVATE_PAGE) && system.objects.pfn(frames.content(pfn)) == pfn) return;
  system.returnToPool(pfn);
}

/** Promises `bytes` of the pool; how many pages, NONE when so many are not left. */
export function promisePool(system: System, bytes: u64): u32 {
  const pages = bytes >> system.machine.geometry.shift(HUGE_LEVEL);
  if (pages > <u64>(system.hugetlbFree - system.hugetlbReserved)) return NONE;
  system.hugetlbReserved += <u32>pages;
  return <u32>pages;
}

/** May a region of explicit huge pages begin or end at `va`, or is it another kind of region (hugetlb_vm_op_split)? */
export function maySplit(space: Space, region: Region, va: u64): bool {
  return !region.has(VM_HUGETLB) || (va & (((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1)) == 0;
}

/** `end`, or where the last whole explicit huge page ends before it. */
export function wholeEnd(space: Space, region: Region, end: u64): u64 {
  return region.has(VM_HUGETLB) ? end & ~(((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1) : end;
}

/** Hands over what `from` was promised for its pages between `start` and `end`, as far as they are not there. */
export function handOver(space: Space, from: Region, to: Region, start: u64, end: u64): void {
  if (from.promised == 0) return;
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  let absent: u32 = 0;
  for (let va = start; va < end; va += bytes) absent += <u32>(entryAt(space, va) == 0);
  const promised = min(from.promised, absent);
  from.promised -= promised;
  to.promised += promised;
}
