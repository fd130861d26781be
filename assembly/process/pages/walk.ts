/**
 * Entries of a space's page tables, found by address. A range is walked by `seek`, which passes over what no table covers.
 * What makes tables, or evicts, may change any entry: an entry found before is looked up again.
 */
import { ASID_SHIFT } from "../../mmu/key";
import { Space } from "../space/space";

/**
 * The entry that decides about `va`: a leaf, one that is not present, or the one at level `lowest`. 0 where the space has
 * no tables.
 */
export function walk(space: Space, va: u64, lowest: u32 = 1): usize {
  const machine = space.machine;
  return machine.tables.walk(machine.rootOf(space.asid), machine.geometry.truncate(va), lowest);
}

/** The entry that decides about `va`; 0 for nothing. */
export function entryAt(space: Space, va: u64): u64 {
  return space.machine.tables.read(walk(space, va));
}

/** Bytes from `va` on that the entry at `pte` decides about. */
export function reach(space: Space, pte: usize, va: u64): u64 {
  const bytes = (<u64>1) << space.machine.geometry.shift(space.machine.tables.level(pte));
  return bytes - (va & (bytes - 1));
}

/** The first page from `va` on that has an entry; `end` when none has. */
export function seek(space: Space, va: u64, end: u64): u64 {
  while (va < end) {
    const pte = walk(space, va);
    if (pte == 0) return end;
    if (space.machine.tables.read(pte) != 0) return va;
    va += reach(space, pte, va);
  }
  return end;
}

/** The space's key of the page at `va` of `level`'s size. */
export function keyOf(space: Space, va: u64, level: u32): u64 {
  const machine = space.machine;
  return machine.tlbs.key((<u64>space.asid) << ASID_SHIFT, machine.geometry.truncate(va), level);
}

/** Gives the leaf at `pte`, which maps `va`, these flags, and drops the old ones from every TLB. */
export function setFlags(space: Space, va: u64, pte: usize, flags: u32): void {
  const tables = space.machine.tables;
  tables.setFlags(pte, flags);
  space.system.flushTlb(keyOf(space, va, tables.level(pte)));
}

/** Is the entry at `pte` a huge leaf? */
export function isHuge(space: Space, pte: usize): bool {
  return pte != 0 && space.machine.tables.level(pte) > 1 && space.machine.tables.isLeaf(pte);
}
