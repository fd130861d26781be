/**
 * Unmaps the pages of a range: munmap, MADV_DONTNEED, truncation. Ranges are half-open and aligned to pages. From:
 * mm/memory.c, zap_page_range.
 */
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Space } from "../space/space";
import { POOL_PAGE } from "../system/page-flags";
import { drop } from "./drop";
import { isGuard } from "./marker";
import { splitAt } from "./split";
import { isHuge, seek, span, walk } from "./walk";

/** The entry of `va`. A huge page there that reaches out of the range is split first. */
export function walkWithin(space: Space, va: u64, start: u64, end: u64): usize {
  const pte = walk(space, va);
  if (!isHuge(space, pte) || space.system.flags.has(space.machine.tables.frame(pte), POOL_PAGE)) return pte;
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  if ((va & (bytes - 1)) == 0 && va >= start && va + bytes <= end) return pte;
  splitAt(space, va);
  return walk(space, va);
}

/** Removes the pages and guard markers of the range: munmap. Their tables stay. */
export function zap(space: Space, start: u64, end: u64): void {
  zapEntries(space, start, end, false);
}

/** Removes the pages of the range and keeps guard markers: MADV_DONTNEED, truncation. Their tables stay, too. */
export function discardPages(space: Space, start: u64, end: u64): void {
  zapEntries(space, start, end, true);
}

function zapEntries(space: Space, start: u64, end: u64, keepsGuards: bool): void {
  space.clearBytes(start, end);
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (entry != 0 && !(keepsGuards && isGuard(entry))) drop(space, va, pte);
    va += bytes;
  }
}
