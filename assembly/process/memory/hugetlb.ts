/**
 * Explicit huge pages (MAP_HUGETLB): blocks of a pool that was set aside when the system began (vm.nr_hugepages), leaves
 * at level 2. They never fall apart, are never evicted, and are not counted as resident. A mapping is promised its pages
 * when it is made, or refused; a private one promises itself, a shared one its object, and a child of fork has no
 * promise: where nothing is left that nobody was promised, its fault ends in SIGBUS (mm/hugetlb.c, hugetlb_no_page).
 * What differs: one size, no surplus pages; a parent that stores to a page it shares with a child does not take the
 * child's away when the pool is empty, and MADV_DONTNEED gives a page's promise back with the page.
 */
import { KIND_STORE, NONE } from "../../abi";
import { VM_HUGETLB, VM_SHARED } from "../../abi-process";
import { ACCESSED, WRITE } from "../../mmu/entry";
import { assignAnon } from "../space/merge";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { FORKED_PAGE, POOL_PAGE, PRIVATE_PAGE, System } from "../system";
import { isOwn, MINOR, NO_FRAME, NOTHING_THERE } from "./fault";
import { HUGE } from "./huge";
import { drop, entryAt, makeTables, permissions, put, STORED, setFlags, walk } from "./page";

/** Serves a fault in a region of explicit huge pages; how it ended. */
export function serveHugetlb(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const start = va & ~(((<u64>1) << machine.geometry.shift(HUGE)) - 1);
  const isStore = kind >= <u32>KIND_STORE;
  const pte = walk(space, start);
  if (machine.tables.read(pte) != 0) return serveStore(space, region, start, pte);
  if (makeTables(space, start, HUGE) == 0) return NO_FRAME;
  const isShared = region.has(VM_SHARED);
  if (!isShared) assignAnon(space, region);
  const pfn = isShared ? sharedPage(system, region, start) : privatePage(system, region);
  if (pfn == NONE) return system.hasFailed ? NO_FRAME : NOTHING_THERE;
  let flags = permissions(region) | ACCESSED;
  if (isStore) flags |= STORED;
  else if (isShared) flags |= WRITE;
  return put(space, region, start, HUGE, pfn, flags) ? MINOR : NO_FRAME;
}

/** The page at `start` is there, mapped by `pte`, and not to be stored to yet. */
function serveStore(space: Space, region: Region, start: u64, pte: usize): u32 {
  const system = space.system;
  const machine = space.machine;
  const pfn = machine.tables.frame(pte);
  if (region.has(VM_SHARED) || isOwn(system, pfn)) {
    system.unmark(pfn, FORKED_PAGE);
    setFlags(space, start, pte, machine.tables.flags(pte) | permissions(region) | STORED);
    return MINOR;
  }
  const own = takePool(system, true, false);
  if (own == NONE) return NOTHING_THERE;
  system.copies += (<u64>1) << machine.geometry.order(HUGE);
  drop(space, start, pte);
  return put(space, region, start, HUGE, own, permissions(region) | STORED) ? MINOR : NO_FRAME;
}

function privatePage(system: System, region: Region): u32 {
  const pfn = takePool(system, true, region.promised != 0);
  if (pfn != NONE && region.promised != 0) region.promised--;
  return pfn;
}

function sharedPage(system: System, region: Region, start: u64): u32 {
  const objects = system.objects;
  const entry = objects.entry(region.object, region.index(start, system.machine.geometry.pageShift));
  if (entry == NONE) {
    system.fail();
    return NONE;
  }
  const pfn = objects.pfn(entry);
  if (pfn != NONE) return pfn;
  const promised = objects.promised(region.object);
  const taken = takePool(system, false, promised != 0);
  if (taken == NONE) return NONE;
  if (promised != 0) objects.setPromised(region.object, promised - 1);
  system.machine.frames.setContent(taken, entry);
  objects.setPfn(entry, taken);
  return taken;
}

/** A page of the pool, `isPromised` or one that nobody was promised; NONE when there is none. */
function takePool(system: System, isPrivate: bool, isPromised: bool): u32 {
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
export function releasePool(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 0) return;
  if (!system.hasMark(pfn, PRIVATE_PAGE) && system.objects.pfn(frames.content(pfn)) == pfn) return;
  system.givePool(pfn);
}

/** Promises `bytes` of the pool; how many pages, NONE when so many are not left. */
export function promisePool(system: System, bytes: u64): u32 {
  const pages = bytes >> system.machine.geometry.shift(HUGE);
  if (pages > <u64>(system.hugetlbFree - system.hugetlbReserved)) return NONE;
  system.hugetlbReserved += <u32>pages;
  return <u32>pages;
}

/** May a region of explicit huge pages begin or end at `va`, or is it another kind of region (hugetlb_vm_op_split)? */
export function mayPart(space: Space, region: Region, va: u64): bool {
  return !region.has(VM_HUGETLB) || (va & (((<u64>1) << space.machine.geometry.shift(HUGE)) - 1)) == 0;
}

/** `end`, or where the last whole explicit huge page ends before it. */
export function wholeEnd(space: Space, region: Region, end: u64): u64 {
  return region.has(VM_HUGETLB) ? end & ~(((<u64>1) << space.machine.geometry.shift(HUGE)) - 1) : end;
}

/** Hands over what `from` was promised for its pages between `start` and `end`, as far as they are not there. */
export function handOver(space: Space, from: Region, to: Region, start: u64, end: u64): void {
  if (from.promised == 0) return;
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE);
  let absent: u32 = 0;
  for (let va = start; va < end; va += bytes) absent += <u32>(entryAt(space, va) == 0);
  const promised = min(from.promised, absent);
  from.promised -= promised;
  to.promised += promised;
}
