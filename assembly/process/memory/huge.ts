/**
 * Transparent huge pages, which the kernel allocates and splits by itself: leaves at level 2 of the page tables, 2
 * MiB on x86-64.
 *
 * A fault gets a huge page when the aligned range around it lies wholly in one private region, has no page table yet,
 * and a free block exists; reads get the huge zero page (mm/huge_memory.c, do_huge_pmd_anonymous_page). A page table
 * is deposited with each huge page, so that a split never needs a frame. A huge page is split when part of it is
 * unmapped, protected or moved, when a shared one is stored to, and when it is to be evicted. From: Linux's
 * Documentation/mm/transhuge.rst. Differences: khugepaged does not collapse pages in the background (MADV_COLLAPSE
 * does: `collapse.ts`), no compaction makes room, there are no intermediate sizes, and a shared huge page is split
 * for all its processes at once.
 */
import { KIND_STORE, NONE } from "../../abi/core";
import { VM_HUGEPAGE, VM_NOHUGEPAGE, VM_SHARED } from "../../abi/linux";
import { HUGE_ALWAYS, HUGE_MADVISE } from "../../abi/machine";
import { THP_ADVISED, THP_BY_SETTING } from "../../abi/process";
import { ACCESSED } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { deposit, freeDeposit } from "../pages/deposit";
import { mapPage } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { FAULT_FALLBACK, FAULT_MINOR, FAULT_OOM } from "./outcome";
import { allocKernelFrame, allocPage } from "./reclaim";
import { allocTable, makeTables } from "./tables";

/**
 * Serves the fault with a transparent huge page; `FAULT_FALLBACK` when that is not possible. `pte` is the empty entry
 * of `va`.
 */
export function serveHuge(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const bytes = (<u64>1) << machine.geometry.shift(HUGE_LEVEL);
  const start = va & ~(bytes - 1);
  if (!wantsHuge(space, region) || start < region.start || start + bytes > region.end) return FAULT_FALLBACK;
  if (pte != 0 && machine.tables.level(pte) < HUGE_LEVEL) return FAULT_FALLBACK;
  const order = machine.geometry.order(HUGE_LEVEL);
  const isStore = kind >= <u32>KIND_STORE;
  const needsBlock = isStore || system.hugeZero == NONE;
  if (needsBlock && !hasFreeBlock(system)) return FAULT_FALLBACK;
  if (makeTables(space, start, HUGE_LEVEL) == 0 || !makeDeposit(space)) return FAULT_OOM;
  // The tables may have used part of the last free block.
  if (needsBlock && !hasFreeBlock(system)) {
    freeDeposit(space);
    return FAULT_FALLBACK;
  }
  assignAnon(space, region);
  let flags = permissions(region) | ACCESSED;
  let pfn: u32;
  if (isStore) {
    pfn = allocPage(system, system.newPrivate(), PRIVATE_PAGE, NONE, kind, order);
    flags |= STORED;
  } else {
    if (system.hugeZero == NONE) system.hugeZero = allocKernelFrame(system, order);
    pfn = system.hugeZero;
  }
  if (pfn == NONE) return FAULT_OOM;
  return mapPage(space, region, start, HUGE_LEVEL, pfn, flags) ? FAULT_MINOR : FAULT_OOM;
}

function wantsHuge(space: Space, region: Region): bool {
  if (region.object != 0 || region.has(VM_NOHUGEPAGE | VM_SHARED) || isDisabled(space, region)) return false;
  const system = space.system;
  return system.huge == HUGE_ALWAYS || (system.huge == HUGE_MADVISE && region.has(VM_HUGEPAGE));
}

/** Is true when PR_SET_THP_DISABLE forbids huge pages here (vma_thp_disabled). */
function isDisabled(space: Space, region: Region): bool {
  if (space.thp == THP_BY_SETTING) return false;
  return space.thp != THP_ADVISED || !region.has(VM_HUGEPAGE);
}

/** Is true when a block for a huge page is free without reclaim. */
export function hasFreeBlock(system: System): bool {
  const order = system.machine.geometry.order(HUGE_LEVEL);
  if (system.machine.limited && system.freeFrames < system.watermarks.low + ((<u32>1) << order)) return false;
  return system.machine.buddy.has(order);
}

/** Allocates and deposits a page table for a huge page; false when memory is out. */
export function makeDeposit(space: Space): bool {
  const table = allocTable(space, HUGE_LEVEL - 1);
  if (table == NONE) return false;
  deposit(space, table);
  return true;
}
