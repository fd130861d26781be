/**
 * Explicit huge pages (MAP_HUGETLB): blocks of a pool that is allocated at the start (vm.nr_hugepages), leaves at
 * level 2. They are never split, never evicted, and not counted as resident. A mapping reserves its pages when it is
 * made, or is refused. A private mapping holds its own reserve, a shared one that of its object, and a child of fork
 * has none: its fault ends in SIGBUS when only reserved pages are left. From: mm/hugetlb.c, hugetlb_no_page. What
 * differs: one size, no surplus pages; a parent that stores to a page shared with a child does not take the child's
 * page when the pool is empty; MADV_DONTNEED gives up the reserve with the page.
 */
import { KIND_STORE, NONE } from "../../abi/core";
import { VM_SHARED } from "../../abi/linux";
import { ACCESSED, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop } from "../pages/drop";
import { isExclusive, mapPage } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { allocPoolPage } from "../pages/pool";
import { setFlags, walk } from "../pages/walk";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { FORKED_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { FAULT_MINOR, FAULT_OOM, FAULT_SIGBUS } from "./outcome";
import { makeTables } from "./tables";

/** Serves a fault in a region of explicit huge pages; the outcome. */
export function serveHugetlb(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const start = va & ~(((<u64>1) << machine.geometry.shift(HUGE_LEVEL)) - 1);
  const isStore = kind >= <u32>KIND_STORE;
  const pte = walk(space, start);
  if (machine.tables.read(pte) != 0) return serveStore(space, region, start, pte);
  if (makeTables(space, start, HUGE_LEVEL) == 0) return FAULT_OOM;
  const isShared = region.has(VM_SHARED);
  if (!isShared) assignAnon(space, region);
  const pfn = isShared ? sharedPage(system, region, start) : privatePage(system, region);
  if (pfn == NONE) return system.hasFailed ? FAULT_OOM : FAULT_SIGBUS;
  let flags = permissions(region) | ACCESSED;
  if (isStore) flags |= STORED;
  else if (isShared) flags |= WRITE;
  return mapPage(space, region, start, HUGE_LEVEL, pfn, flags) ? FAULT_MINOR : FAULT_OOM;
}

/** A store to the page at `start`, which `pte` maps read-only. */
function serveStore(space: Space, region: Region, start: u64, pte: usize): u32 {
  const system = space.system;
  const machine = space.machine;
  const pfn = machine.tables.frame(pte);
  if (region.has(VM_SHARED) || isExclusive(system, pfn)) {
    system.flags.clear(pfn, FORKED_PAGE);
    setFlags(space, start, pte, machine.tables.flags(pte) | permissions(region) | STORED);
    return FAULT_MINOR;
  }
  const own = allocPoolPage(system, true, false);
  if (own == NONE) return FAULT_SIGBUS;
  system.copies += (<u64>1) << machine.geometry.order(HUGE_LEVEL);
  drop(space, start, pte);
  return mapPage(space, region, start, HUGE_LEVEL, own, permissions(region) | STORED)
    ? FAULT_MINOR
    : FAULT_OOM;
}

function privatePage(system: System, region: Region): u32 {
  const pfn = allocPoolPage(system, true, region.reserved != 0);
  if (pfn != NONE && region.reserved != 0) region.reserved--;
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
  const reserved = objects.reserved(region.object);
  const taken = allocPoolPage(system, false, reserved != 0);
  if (taken == NONE) return NONE;
  if (reserved != 0) objects.setReserved(region.object, reserved - 1);
  system.machine.frames.setContent(taken, entry);
  objects.setPfn(entry, taken);
  return taken;
}
