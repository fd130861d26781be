/** Page tables of a space: made on the way to an entry, and copied. */
import { NONE } from "../../abi";
import { TABLE } from "../../frames/frames";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { walk } from "../pages/walk";
import { Space } from "../space/space";
import { allocFrame } from "./reclaim";

/**
 * Makes the tables on the way to `va`'s entry at `level`; that entry, or the one in its way; 0 when memory is out. An
 * entry found before may be another's when it returns, since pages may be evicted for it.
 */
export function makeTables(space: Space, va: u64, level: u32): usize {
  const machine = space.machine;
  const tables = machine.tables;
  if (machine.rootOf(space.asid) == NONE) {
    const root = allocTable(space, machine.geometry.levels);
    if (root == NONE) return 0;
    machine.setRoot(space.asid, root);
  }
  let pte = walk(space, va, level);
  while (tables.level(pte) > level && tables.read(pte) == 0) {
    const table = allocTable(space, tables.level(pte) - 1);
    if (table == NONE) return 0;
    tables.attach(pte, table);
    pte = walk(space, va, level);
  }
  return pte;
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

/** A frame with an empty table of `level`; NONE when memory is out. */
export function allocTable(space: Space, level: u32): u32 {
  const system = space.system;
  const machine = system.machine;
  const pfn = allocFrame(system, 0, TABLE);
  if (pfn == NONE) return NONE;
  if (!machine.tables.begin(pfn, level)) {
    machine.buddy.free(pfn);
    system.fail();
    return NONE;
  }
  space.tablePages++;
  system.resize();
  return pfn;
}
