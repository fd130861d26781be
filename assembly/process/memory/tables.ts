/** Page tables of a space: allocated on the way to an entry, and copied. */
import { HUGE_LEVEL } from "../../mmu/geometry";
import { growTables } from "../../paging/pager";
import { walk } from "../pages/walk";
import { Space } from "../space/space";
import { SystemPager } from "./reclaim";

/**
 * Makes the tables on the way to `va`'s entry at `level` (`growTables`). The result is that entry, or a huge leaf above
 * it; 0 when memory is out. The allocation may evict pages, so entries found before the call must be looked up again.
 */
export function makeTables(space: Space, va: u64, level: u32): usize {
  const pager = changetype<SystemPager>(space.system);
  return growTables<SystemPager>(pager, space.asid, space.machine.geometry.truncate(va), level);
}

/**
 * Makes the tables of `source` from `from` on also in `target` from `to` on, empty or not: fork and mremap allocate
 * the tables before they look for pages (copy_page_range in mm/memory.c, move_page_tables in mm/mremap.c). False when
 * memory is out.
 */
export function copyTables(source: Space, from: u64, target: Space, to: u64, bytes: u64): bool {
  for (let done: u64 = 0; done < bytes; ) {
    const pte = walk(source, from + done);
    if (pte == 0) return true;
    const level = source.machine.tables.level(pte);
    const mask = ((<u64>1) << source.machine.geometry.shift(max(level, HUGE_LEVEL))) - 1;
    if (makeTables(target, to + done, level) == 0) return false;
    done += min(mask - ((from + done) & mask), mask - ((to + done) & mask)) + 1;
  }
  return true;
}

/** Makes the tables to map the page in `pfn`, which is pinned meanwhile. False when memory is out. */
export function makeTablesFor(space: Space, va: u64, pfn: u32): bool {
  const system = space.system;
  const pinned = system.pins.frame;
  system.pins.frame = pfn;
  const isMade = makeTables(space, va, 1) != 0;
  system.pins.frame = pinned;
  return isMade;
}

/** Allocates an empty table of `level`; its frame, or NONE when memory is out. */
export function allocTable(space: Space, level: u32): u32 {
  return changetype<SystemPager>(space.system).allocTable(space.asid, level);
}
