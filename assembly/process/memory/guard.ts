/**
 * Guard regions (MADV_GUARD_INSTALL and MADV_GUARD_REMOVE of madvise(2)): pages that no access may touch, marked in
 * the page tables, so that the region need not be split. A marker is a non-present entry, like that of a swapped
 * page, with a number that no swap entry has. It survives calls that remove pages but keep the region
 * (MADV_DONTNEED, MADV_FREE), is carried along by mremap and fork, and ends with the region. From: mm/madvise.c of
 * Linux 6.18, madvise_guard_install; include/linux/mm.h for VM_MAYBE_GUARD.
 */
import { ENOMEM, VM_MAYBE_GUARD } from "../../abi/linux";
import { FEATURE_GUARD_FLAG } from "../../abi/process";
import { isGuard, MARKER } from "../pages/marker";
import { seek, span, walk } from "../pages/walk";
import { discardPages } from "../pages/zap";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { makeTables } from "./tables";

/** Removes the pages of the range and sets a marker for each; 0, or ENOMEM without a frame for the tables. */
export function installGuards(space: Space, region: Region, start: u64, end: u64): u32 {
  const isFlagged = space.system.hasFeature(FEATURE_GUARD_FLAG);
  if (isFlagged) region.flags |= VM_MAYBE_GUARD;
  // fork copies the tables of regions that have the flag or an anon_vma.
  if (region.object == 0 || !isFlagged) assignAnon(space, region);
  discardPages(space, start, end);
  const tables = space.machine.tables;
  for (let va = start; va < end; va += (<u64>1) << space.pageShift) {
    const pte = makeTables(space, va, 1);
    if (pte == 0) return ENOMEM;
    tables.set(pte, MARKER);
  }
  return 0;
}

/** Removes the markers of the range. Pages in memory and page tables stay. */
export function removeGuards(space: Space, start: u64, end: u64): void {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const tables = space.machine.tables;
    const pte = walk(space, va);
    if (isGuard(tables.read(pte))) tables.set(pte, 0);
    va += span(space, pte, va);
  }
}
