/**
 * Explicit huge pages (MAP_HUGETLB): blocks of a pool that was set aside when the system began (vm.nr_hugepages), leaves
 * at level 2. They never fall apart, are never evicted, and are not counted as resident. A mapping is promised its pages
 * when it is made, or refused; a private one promises itself, a shared one its object, and a child of fork has no
 * promise: where nothing is left that nobody was promised, its fault ends in SIGBUS (mm/hugetlb.c, hugetlb_no_page).
 * What differs: one size, no surplus pages; a parent that stores to a page it shares with a child does not take the
 * child's away when the pool is empty, and MADV_DONTNEED gives a page's promise back with the page.
 */
import { KIND_STORE, NONE } from "../../abi";
import { VM_SHARED } from "../../abi-process";
import { ACCESSED, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop } from "../pages/drop";
import { isOwn, put } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { allocPoolPage } from "../pages/pool";
import { setFlags, walk } from "../pages/walk";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { FORKED_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { MINOR, NO_FRAME, NOTHING_THERE } from "./outcome";
import { makeTables } from "./tables";

/** Serves a fault in a region of explicit huge pages; how it ended. */
export function serveHugetlb(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const start = va & ~(((<u64>1) << machine.geometry.shift(HUGE_LEVEL)) - 1);
  const isStore = kind >= <u32>KIND_STORE;
  const pte = walk(space, start);
  if (machine.tables.read(pte) != 0) return serveStore(space, region, start, pte);
  if (makeTables(space, start, HUGE_LEVEL) == 0) return NO_FRAME;
  const isShared = region.has(VM_SHARED);
  if (!isShared) assignAnon(space, region);
  const pfn = isShared ? sharedPage(system, region, start) : privatePage(system, region);
  if (pfn == NONE) return system.hasFailed ? NO_FRAME : NOTHING_THERE;
  let flags = permissions(region) | ACCESSED;
  if (isStore) flags |= STORED;
  else if (isShared) flags |= WRITE;
  return put(space, region, start, HUGE_LEVEL, pfn, flags) ? MINOR : NO_FRAME;
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
  const own = allocPoolPage(system, true, false);
  if (own == NONE) return NOTHING_THERE;
  system.copies += (<u64>1) << machine.geometry.order(HUGE_LEVEL);
  drop(space, start, pte);
  return put(space, region, start, HUGE_LEVEL, own, permissions(region) | STORED) ? MINOR : NO_FRAME;
}

function privatePage(system: System, region: Region): u32 {
  const pfn = allocPoolPage(system, true, region.promised != 0);
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
  const taken = allocPoolPage(system, false, promised != 0);
  if (taken == NONE) return NONE;
  if (promised != 0) objects.setPromised(region.object, promised - 1);
  system.machine.frames.setContent(taken, entry);
  objects.setPfn(entry, taken);
  return taken;
}
