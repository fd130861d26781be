/** Page tables that nothing needs any more are freed. */
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Space } from "../space/space";
import { walk } from "./walk";

/** Takes away the tables that hold nothing around `va` and reach no further than `floor` and `ceiling`. */
function prune(space: Space, va: u64, floor: u64, ceiling: u64): void {
  const machine = space.machine;
  const pruned = machine.tables.prune(
    machine.rootOf(space.asid),
    machine.geometry.truncate(va),
    floor,
    ceiling,
  );
  if (pruned == 0) return;
  space.tablePages -= pruned;
  machine.walker.forget();
  space.system.resize();
}

/**
 * A region from `start` to `end` has gone: so do the tables that no other one needs, of which `floor` is the end of the
 * one below and `ceiling` the start of the one above (free_pgtables in mm/memory.c). Others stay, with nothing in them.
 */
export function freeTables(space: Space, start: u64, end: u64, floor: u64, ceiling: u64): void {
  const machine = space.machine;
  for (let va = start; va < end; ) {
    const pte = walk(space, va);
    if (pte == 0) return;
    // A table of the lowest level is looked at as a whole.
    const level = max(machine.tables.level(pte), HUGE_LEVEL);
    prune(space, va, floor, ceiling);
    va = (va | (((<u64>1) << machine.geometry.shift(level)) - 1)) + 1;
  }
}

/** Tables of the lowest level whose every entry the range has emptied go (try_to_free_pte in mm/pt_reclaim.c). */
export function freeWholeTables(space: Space, start: u64, end: u64): void {
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  for (let va = (start + bytes - 1) & ~(bytes - 1); va + bytes <= end; va += bytes)
    freeTables(space, va, va + bytes, va, va + bytes);
}
