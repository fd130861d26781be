/** Inspection of a machine without changes: tables, entries, frames, its policy. The host reads the memory itself. */
import { NONE } from "../abi/core";
import { Machine } from "../machine/machine";
import { holdingsOf } from "../policy/holdings";

/** The frame of the table at `level` on the way to `address`; NONE when there is none. */
export function tableAt(machine: usize, asid: u32, address: u64, level: u32): u32 {
  const it = changetype<Machine>(machine);
  const tables = it.tables;
  const root = it.rootOf(asid);
  if (root == NONE || level == 0 || level > it.geometry.levels) return NONE;
  const pte = tables.walk(root, it.geometry.truncate(address), level);
  return tables.level(pte) == level ? tables.table(pte) : NONE;
}

/** The address of the entries of the table in frame `pfn`. */
export function tableEntries(machine: usize, pfn: u32): usize {
  return <usize>changetype<Machine>(machine).frames.owner(pfn);
}

/** The index of `address`'s entry in its table at `level`. */
export function tableIndex(machine: usize, address: u64, level: u32): u32 {
  const geometry = changetype<Machine>(machine).geometry;
  return <u32>(geometry.entryOffset(geometry.truncate(address), level) >> geometry.entryShift);
}

/** The flags of an entry at `level`, as in mmu/entry. */
export function entryFlags(machine: usize, entry: u64, level: u32): u32 {
  return changetype<Machine>(machine).format.flags(entry, level);
}

export function entryFrame(machine: usize, entry: u64): u32 {
  return changetype<Machine>(machine).format.frame(entry);
}

/** The address of a frame's record (frames/frames.ts); 0 when there is no such frame. */
export function frameRecord(machine: usize, pfn: u32): usize {
  const frames = changetype<Machine>(machine).frames;
  return pfn < frames.count ? frames.at(pfn) : 0;
}

/** Writes five u32 to `out`: all frames, frames in use, their peak, tables, their peak. */
export function frameCounts(machine: usize, out: usize): void {
  const it = changetype<Machine>(machine);
  store<u32>(out, it.limited ? it.frames.limit : it.frames.count);
  store<u32>(out, it.buddy.used, 4);
  store<u32>(out, it.buddy.peakUsed, 8);
  store<u32>(out, it.tables.count, 12);
  store<u32>(out, it.tables.peak, 16);
}

/**
 * Writes the pages that the policy holds to `out`, `most` at most (policy/holdings.ts); returns how many. Unlimited memory
 * has no policy.
 */
export function policyHoldings(machine: usize, out: usize, most: u32): u32 {
  const it = changetype<Machine>(machine);
  return it.limited ? holdingsOf(it.replacer.base, out, most) : 0;
}

/**
 * Writes the key of the policy's next victim to `out`; false when there is none. It evicts, so call it only on a copy of
 * the kernel.
 */
export function evictNext(machine: usize, out: usize): bool {
  const it = changetype<Machine>(machine);
  if (!it.limited) return false;
  const replacer = it.replacer;
  const slot = replacer.evict();
  if (slot == NONE) return false;
  store<u64>(out, replacer.base.slots.key(slot));
  return true;
}
