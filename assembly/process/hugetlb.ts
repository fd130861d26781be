/**
 * Explicit huge pages (MAP_HUGETLB): blocks of a pool that was set aside when the system began (vm.nr_hugepages), leaves
 * at level 2. They never fall apart, are never evicted, and are not counted as resident. A mapping reserves its pages
 * from the pool; where the pool is empty all the same the fault ends in SIGBUS (mm/hugetlb.c, hugetlb_no_page). What
 * differs: one size, no surplus pages.
 */
import { KIND_STORE, NONE } from "../abi";
import { VM_SHARED } from "../abi-process";
import { PAGE } from "../frames/frames";
import { ACCESSED, WRITE } from "../mmu/entry";
import { isOwn, MINOR, NO_FRAME, NOTHING_THERE } from "./fault";
import { HUGE } from "./huge";
import { assignAnon } from "./merge";
import { drop, entryAt, flagsHere, makeTables, permissions, put, STORED, setFlags } from "./page";
import { Region } from "./region";
import { Space } from "./space";
import { FORKED_PAGE, POOL_PAGE, PRIVATE_PAGE, System } from "./system";

/** Serves a fault in a region of explicit huge pages; how it ended. */
export function serveHugetlb(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const start = va & ~(((<u64>1) << machine.geometry.shift(HUGE)) - 1);
  const isStore = kind >= <u32>KIND_STORE;
  if (entryAt(space, start) != 0) return serveStore(space, region, start);
  if (!makeTables(space, start, HUGE)) return NO_FRAME;
  const isShared = region.has(VM_SHARED);
  if (!isShared) assignAnon(space, region);
  const pfn = isShared ? sharedPage(system, region, start) : takePool(system, true);
  if (pfn == NONE) return system.hasFailed ? NO_FRAME : NOTHING_THERE;
  let flags = permissions(region) | ACCESSED;
  if (isStore) flags |= STORED;
  else if (isShared) flags |= WRITE;
  return put(space, region, start, HUGE, pfn, flags) ? MINOR : NO_FRAME;
}

/** The page is there, and not to be stored to yet. */
function serveStore(space: Space, region: Region, start: u64): u32 {
  const system = space.system;
  const machine = space.machine;
  const pfn = machine.format.frame(machine.format.read(machine.tables.entry));
  if (region.has(VM_SHARED) || isOwn(system, pfn)) {
    system.unmark(pfn, FORKED_PAGE);
    setFlags(space, start, flagsHere(space) | permissions(region) | STORED);
    return MINOR;
  }
  const own = takePool(system, true);
  if (own == NONE) return NOTHING_THERE;
  system.copies += (<u64>1) << machine.geometry.order(HUGE);
  drop(space, start);
  return put(space, region, start, HUGE, own, permissions(region) | STORED) ? MINOR : NO_FRAME;
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
  const taken = takePool(system, false);
  if (taken == NONE) return NONE;
  system.machine.frames.setContent(taken, entry);
  objects.setPfn(entry, taken);
  return taken;
}

/** A page of the pool; NONE when it is empty. */
function takePool(system: System, isPrivate: bool): u32 {
  if (system.hugetlbFree == 0) return NONE;
  const machine = system.machine;
  const pfn = machine.buddy.take(machine.geometry.order(HUGE), PAGE);
  if (pfn == NONE) return NONE;
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
  system.machine.buddy.give(pfn);
  system.hugetlbFree++;
}
