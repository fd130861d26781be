/**
 * Guard regions (MADV_GUARD_INSTALL and MADV_GUARD_REMOVE of madvise(2)): pages that nobody may touch, told by markers in
 * the page tables, so that no region is parted for them. A marker is software's entry like that of a page in swap, with a
 * number that no record has. It outlives all that takes pages away and leaves the region (MADV_DONTNEED, MADV_FREE), goes
 * along with mremap and fork, and ends with the region. From: mm/madvise.c of Linux 6.18, madvise_guard_install;
 * include/linux/mm.h for VM_MAYBE_GUARD.
 */
import { ENOMEM, FEATURE_GUARD_FLAG, VM_MAYBE_GUARD } from "../../abi-process";
import { isGuard, MARKER } from "../pages/marker";
import { reach, seek, walk } from "../pages/walk";
import { discardPages } from "../pages/zap";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { makeTables } from "./tables";

/** The pages of the range go, and a marker stands for each; 0, or ENOMEM without a frame for the tables. */
export function installGuards(space: Space, region: Region, start: u64, end: u64): u32 {
  const isFlagged = space.system.knows(FEATURE_GUARD_FLAG);
  if (isFlagged) region.flags |= VM_MAYBE_GUARD;
  // Fork copies the tables of regions that have the flag or an origin for private pages.
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

/** The markers of the range go; what is in memory beside them stays, and so do the tables. */
export function removeGuards(space: Space, start: u64, end: u64): void {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const tables = space.machine.tables;
    const pte = walk(space, va);
    if (isGuard(tables.read(pte))) tables.set(pte, 0);
    va += reach(space, pte, va);
  }
}
