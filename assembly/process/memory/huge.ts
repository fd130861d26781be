/**
 * Transparent huge pages, which the kernel gives by itself and takes apart again: leaves at level 2 of the page tables,
 * 2 MiB on x86-64.
 *
 * A transparent one is given at the first fault in an aligned range that lies wholly in one private region, has no table
 * yet and finds a free block; reads get the huge page of zeros (mm/huge_memory.c, do_huge_pmd_anonymous_page). With it a
 * page table is kept (a deposit), so that it can always be split: when part of it is unmapped, protected or moved,
 * when a shared one is stored to, and when it is to be evicted. From: Linux's Documentation/mm/transhuge.rst. What
 * differs: khugepaged does not collapse pages in the background (MADV_COLLAPSE does when asked: `collapse.ts`), no
 * compaction makes room, there are no sizes between, and a page that several processes share falls apart for all of
 * them at once.
 */
import { HUGE_ALWAYS, HUGE_MADVISE, KIND_STORE, NONE } from "../../abi";
import { VM_HUGEPAGE, VM_NOHUGEPAGE, VM_SHARED } from "../../abi-process";
import { ACCESSED } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { deposit, freeDeposit } from "../pages/deposit";
import { put } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { MINOR, NO_FRAME, NOTHING_THERE } from "./outcome";
import { allocKernelFrame, allocPage } from "./reclaim";
import { allocTable, makeTables } from "./tables";

/** Serves the fault with a transparent huge page; `NOTHING_THERE` where none is to be had. `pte` is `va`'s empty entry. */
export function serveHuge(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const bytes = (<u64>1) << machine.geometry.shift(HUGE_LEVEL);
  const start = va & ~(bytes - 1);
  if (!wantsHuge(system, region) || start < region.start || start + bytes > region.end) return NOTHING_THERE;
  if (pte != 0 && machine.tables.level(pte) < HUGE_LEVEL) return NOTHING_THERE;
  const order = machine.geometry.order(HUGE_LEVEL);
  const isStore = kind >= <u32>KIND_STORE;
  const needsBlock = isStore || system.hugeZero == NONE;
  if (needsBlock && !hasBlock(system)) return NOTHING_THERE;
  if (makeTables(space, start, HUGE_LEVEL) == 0 || !makeDeposit(space)) return NO_FRAME;
  // The tables may have taken a piece of the last block.
  if (needsBlock && !hasBlock(system)) {
    freeDeposit(space);
    return NOTHING_THERE;
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
  if (pfn == NONE) return NO_FRAME;
  return put(space, region, start, HUGE_LEVEL, pfn, flags) ? MINOR : NO_FRAME;
}

function wantsHuge(system: System, region: Region): bool {
  if (region.object != 0 || region.has(VM_NOHUGEPAGE | VM_SHARED)) return false;
  return system.huge == HUGE_ALWAYS || (system.huge == HUGE_MADVISE && region.has(VM_HUGEPAGE));
}

/** Is a block for a huge page free, without reclaim for it? */
export function hasBlock(system: System): bool {
  const order = system.machine.geometry.order(HUGE_LEVEL);
  if (system.machine.limited && system.freeFrames < system.low + ((<u32>1) << order)) return false;
  return system.machine.buddy.has(order);
}

/** Keeps a new table for a huge page; false when memory is out. */
export function makeDeposit(space: Space): bool {
  const table = allocTable(space, HUGE_LEVEL - 1);
  if (table == NONE) return false;
  deposit(space, table);
  return true;
}
