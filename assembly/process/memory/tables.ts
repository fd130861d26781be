import { HUGE_LEVEL } from "../../mmu/geometry";
import { growTables } from "../../paging/pager";
import { walk } from "../pages/walk";
import { Space } from "../space/space";
import { SystemPager } from "./reclaim";

/** Makes the tables on the way to `va`'s entry at `level`: `growTables` of the space; 0 when there is no frame. */
export function makeTables(space: Space, va: u64, level: u32): usize {
  const pager = changetype<SystemPager>(space.system);
  return growTables<SystemPager>(pager, space.asid, space.machine.geometry.truncate(va), level);
}

/**
 * Makes tables from `to` on as `source` has them from `from` on, whatever is in them: fork and mremap find one and make
 * the other before they look for pages (copy_page_range in mm/memory.c, move_page_tables in mm/mremap.c). False when
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

/** Makes the tables for the page in `pfn`, which stays meanwhile, whoever else has to go. */
export function makeTablesFor(space: Space, va: u64, pfn: u32): bool {
  const system = space.system;
  const pinned = system.pinned;
  system.pinned = pfn;
  const isMade = makeTables(space, va, 1) != 0;
  system.pinned = pinned;
  return isMade;
}

/** A frame with an empty table of `level`; NONE when there is none. */
export function allocTable(space: Space, level: u32): u32 {
  return changetype<SystemPager>(space.system).allocTable(space.asid, level);
}
