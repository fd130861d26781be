/** Frees page tables that are empty. */
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Space } from "../space/space";
import { walk } from "./walk";

/** Frees the empty tables on the way to `va` that reach no further than `floor` and `ceiling`. */
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
  machine.walker.flush();
  space.system.policyPages.updateCapacity();
}

/**
 * Frees the tables of a removed region from `start` to `end` that no other region uses (free_pgtables in
 * mm/memory.c). `floor`: the end of the region below; `ceiling`: the start of the region above. Shared tables stay,
 * even when they are empty.
 */
export function freeTables(space: Space, start: u64, end: u64, floor: u64, ceiling: u64): void {
  const machine = space.machine;
  for (let va = start; va < end; ) {
    const pte = walk(space, va);
    if (pte == 0) return;
    // A table of the lowest level is handled whole.
    const level = max(machine.tables.level(pte), HUGE_LEVEL);
    prune(space, va, floor, ceiling);
    va = (va | (((<u64>1) << machine.geometry.shift(level)) - 1)) + 1;
  }
}

/**
 * Frees the tables of the lowest level that lie wholly in the range and are empty (try_to_free_pte in
 * mm/pt_reclaim.c).
 */
export function freeEmptyTables(space: Space, start: u64, end: u64): void {
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  for (let va = (start + bytes - 1) & ~(bytes - 1); va + bytes <= end; va += bytes)
    freeTables(space, va, va + bytes, va, va + bytes);
}
