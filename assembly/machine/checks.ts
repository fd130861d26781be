/** Checks of a machine that hold whichever operating system drives it. */
import { DIRTY } from "../mmu/entry";
import { Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Machine } from "./machine";

/** Is true when the page tables map `key`'s page to `pfn`. */
export function maps(machine: Machine, key: u64, pfn: u32): bool {
  const tables = machine.tables;
  const pte = machine.walkKey(key);
  return tables.isLeaf(pte) && tables.level(pte) == Key.level(key) && tables.frame(pte) == pfn;
}

/** Is true when every translation agrees with the page tables and allows no more than they do. */
export function areTlbsValid(machine: Machine): bool {
  for (let n: u32 = 0; n < machine.tlbs.count; n++) {
    const tlb = machine.tlbs.tlb(n);
    for (let at: u32 = 0; at < tlb.sets * tlb.ways; at++) {
      const entry = tlb.entry(at);
      const key = load<u64>(entry) & ~1;
      if (key == 0) continue;
      if (!maps(machine, key, Tlb.pfn(entry))) return false;
      const flags = machine.tables.flags(machine.walkKey(key));
      if ((flags & Tlb.flags(entry)) != Tlb.flags(entry)) return false;
      if (Tlb.isDirty(entry) && (flags & DIRTY) == 0) return false;
    }
  }
  return true;
}
