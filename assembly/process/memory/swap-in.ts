/**
 * Swap-in of private pages. A swap entry says whether its page is already in memory, mapped by another process or read
 * ahead (Linux's swap cache); then the fault waits for no disk and is minor.
 *
 * Readahead: a major fault also reads the pages in the aligned group of 2^3 places around it (vm.page-cluster = 3,
 * mm/swap_state.c, swap_cluster_readahead), while free frames last. Differences: the group is always whole; Linux
 * shrinks it when earlier groups were not used.
 */
import { KIND_LOAD, KIND_STORE, NONE } from "../../abi/core";
import { VM_LOCKED, VM_WRITE } from "../../abi/linux";
import { ACCESSED, WRITE } from "../../mmu/entry";
import { freeSwapCopy } from "../pages/drop";
import { isExclusive, mapPage } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { walk } from "../pages/walk";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { DIRTY_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { copy } from "./copy";
import { FAULT_MAJOR, FAULT_MINOR, FAULT_OOM } from "./outcome";
import { allocPage } from "./reclaim";

const CLUSTER: u32 = 8;

/** Serves a fault on the page-table entry that holds `swapEntry`; the outcome. */
export function swapIn(space: Space, region: Region, va: u64, kind: u32, swapEntry: u32): u32 {
  const system = space.system;
  const swap = system.swap;
  let pfn = swap.pfn(swapEntry);
  const ended = pfn == NONE ? FAULT_MAJOR : FAULT_MINOR;
  if (pfn == NONE) {
    pfn = readIn(system, swapEntry, kind);
    if (pfn == NONE) return FAULT_OOM;
    const pinned = system.pins.frame;
    system.pins.frame = pfn;
    readAhead(system, swap.place(swapEntry));
    system.pins.frame = pinned;
  }
  const tables = space.machine.tables;
  tables.set(walk(space, va), 0);
  space.swappedPages--;
  swap.setRefs(swapEntry, swap.refs(swapEntry) - 1);
  assignAnon(space, region);
  if (!mapPage(space, region, va, 1, pfn, permissions(region) | ACCESSED)) return FAULT_OOM;
  const isStore = kind >= <u32>KIND_STORE;
  if (!isExclusive(system, pfn)) return !isStore || copy(space, region, va, pfn, kind) ? ended : FAULT_OOM;
  // The copy in swap is kept while swap is less than half full, unless a store is about to make it stale.
  if (isStore || region.has(VM_LOCKED) || swap.used << 1 > swap.limit) {
    freeSwapCopy(system, pfn);
    system.flags.set(pfn, DIRTY_PAGE);
  }
  if (!region.has(VM_WRITE)) return ended;
  const flags = permissions(region) | (isStore ? STORED : ACCESSED | WRITE);
  tables.set(walk(space, va), space.machine.format.leaf(pfn, 1, flags));
  return ended;
}

/** Reads the swap entry's page into a frame; NONE without a frame. */
export function readIn(system: System, swapEntry: u32, kind: u32): u32 {
  const swap = system.swap;
  const pfn = allocPage(system, swap.content(swapEntry), PRIVATE_PAGE, swap.ghost(swapEntry), kind, 0);
  if (pfn == NONE) return NONE;
  swap.setPfn(swapEntry, pfn);
  system.machine.frames.setSwapEntry(pfn, swapEntry);
  system.swapReads++;
  system.machine.swapIns++;
  return pfn;
}

/** Reads the private pages at nearby places, while free frames last. */
function readAhead(system: System, place: u32): void {
  const swap = system.swap;
  const first = place & ~(CLUSTER - 1);
  for (let near = first; near < first + CLUSTER; near++) {
    const swapEntry = swap.entryAt(near);
    if (near == place || swapEntry == 0 || swap.pfn(swapEntry) != NONE || !swap.isPrivate(swapEntry))
      continue;
    if (system.isLow) return;
    if (readIn(system, swapEntry, KIND_LOAD) == NONE) return;
    system.readAhead++;
  }
}
