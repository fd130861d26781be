/**
 * Looks up entries of a space's page tables by address. A range is walked with `seek`, which skips addresses without
 * a table. Allocating tables or evicting may change any entry, so an entry found before must be looked up again.
 */
import { ASID_SHIFT } from "../../mmu/key";
import { Space } from "../space/space";

/**
 * The entry that decides about `va`: a leaf, a non-present entry, or the entry at level `lowest`; 0 when the space
 * has no tables.
 */
export function walk(space: Space, va: u64, lowest: u32 = 1): usize {
  const machine = space.machine;
  return machine.tables.walk(machine.rootOf(space.asid), machine.geometry.truncate(va), lowest);
}

/** The contents of the entry that decides about `va`; 0 when it is empty or missing. */
export function entryAt(space: Space, va: u64): u64 {
  return space.machine.tables.read(walk(space, va));
}

/** The number of bytes from `va` to the end of the range that the entry at `pte` covers. */
export function span(space: Space, pte: usize, va: u64): u64 {
  const bytes = (<u64>1) << space.machine.geometry.shift(space.machine.tables.level(pte));
  return bytes - (va & (bytes - 1));
}

/** The first address from `va` on with a non-empty entry; `end` when there is none. */
export function seek(space: Space, va: u64, end: u64): u64 {
  while (va < end) {
    const pte = walk(space, va);
    if (pte == 0) return end;
    if (space.machine.tables.read(pte) != 0) return va;
    va += span(space, pte, va);
  }
  return end;
}

/** The key of the space's page at `va` of `level`'s size. */
export function keyOf(space: Space, va: u64, level: u32): u64 {
  const machine = space.machine;
  return machine.tlbs.key((<u64>space.asid) << ASID_SHIFT, machine.geometry.truncate(va), level);
}

/** Sets the flags of the leaf at `pte`, which maps `va`, and flushes it from every TLB. */
export function setFlags(space: Space, va: u64, pte: usize, flags: u32): void {
  const tables = space.machine.tables;
  tables.setFlags(pte, flags);
  space.system.flushTlb(keyOf(space, va, tables.level(pte)));
}

/** Is true when the entry at `pte` is a huge leaf. */
export function isHuge(space: Space, pte: usize): bool {
  return pte != 0 && space.machine.tables.level(pte) > 1 && space.machine.tables.isLeaf(pte);
}
