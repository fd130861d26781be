/**
 * A reference that crosses into further pages. It counts as machine.ts describes: a level that is looked up at all is
 * looked up for every page, in order, and counts one miss if any page was missing. So when a page is the first to need
 * a level, the pages before it are looked up there first:
 *
 *               page 1     page 2
 *   level 1     hit        miss        one lookup, one miss
 *   level 2    (looked up) hit         one lookup
 */
import { STATUS_OK } from "../abi/core";
import { ACCESSED } from "../mmu/entry";
import { Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Faults, Machine } from "./machine";

/** Touches base pages `first` to `last`; the TLB entry of the last, 0 when the access was stopped. */
export function cross<F extends Faults>(
  machine: Machine,
  first: u64,
  last: u64,
  kind: u32,
  faults: F,
): usize {
  const side = Machine.side(kind);
  const tlbs = machine.tlbs;
  const shift = machine.geometry.pageShift;
  if (!faults.mayCross(machine, first, last, kind)) return 0;
  let deepest: u32 = 1;
  let missing: u32 = 0; // bit n: some page was missing at level n
  let size: u32 = 0;
  let entry: usize = 0;
  for (let vpn = first; vpn <= last; vpn++) {
    const va = machine.geometry.truncate(vpn << shift);
    let found: u32 = 0;
    let missed: u32 = 0; // bit n: this page is missing at level n
    entry = 0;
    for (let level: u32 = 1; level <= tlbs.levels; level++) {
      if (level > deepest) {
        if (found != 0 && ((missing >> (level - 1)) & 1) == 0) break;
        deepest = level;
        for (let before = first; before < vpn; before++) {
          if (!lookUpAt(machine, side, level, before << shift)) missing |= 1 << level;
        }
      }
      const at = tlbs.touch(side, level, machine.space, va);
      if (at == 0) {
        missed |= 1 << level;
      } else if (found == 0) {
        found = level;
        entry = at;
      }
      missing |= missed;
    }
    if (found != 0) {
      machine.hitLevel = found;
      if (!machine.useEntry(entry, va, kind)) break;
    } else if (!machine.translate<F>(va, kind, faults)) {
      break;
    } else {
      entry = machine.walkedEntry(va);
    }
    entry = fillMissing(machine, side, missed, entry);
    if (size == 0) size = Key.level(load<u64>(entry));
    machine.recordTouch<F>(entry, vpn, kind, faults);
  }
  for (let level: u32 = 1; level <= deepest; level++) {
    const tlb = tlbs.at(side, level, max(size, 1));
    if (changetype<usize>(tlb) == 0) continue;
    if (level > 1 || machine.countsSingly) tlb.lookups++;
    tlb.misses += (missing >> level) & 1;
  }
  return machine.status == STATUS_OK ? entry : 0;
}

/**
 * Looks up a page with a known translation at one level; false, after filling it in, when it was missing. A page
 * whose R bit the policy has cleared since is not filled in: TLBs hold no translations of such pages, since their
 * next access must set R.
 */
function lookUpAt(machine: Machine, side: u32, level: u32, address: u64): bool {
  const va = machine.geometry.truncate(address);
  if (machine.tlbs.touch(side, level, machine.space, va) != 0) return true;
  const pte = machine.tables.walk(machine.root, va);
  if (!machine.tables.isLeaf(pte) || (machine.tables.flags(pte) & ACCESSED) == 0) return false;
  const entry = machine.tlbEntryOf(va, pte, machine.tables.level(pte));
  machine.tlbs.fill(side, level, load<u64>(entry) & ~1, Tlb.isDirty(entry), Tlb.pfn(entry), Tlb.flags(entry));
  return false;
}

/** Copies the entry into the levels where it was missing; the entry at the first level that has it. */
function fillMissing(machine: Machine, side: u32, missed: u32, entry: usize): usize {
  const tag = load<u64>(entry);
  const pfn = Tlb.pfn(entry);
  const flags = Tlb.flags(entry);
  let first = entry;
  for (let level = machine.tlbs.levels; level >= 1; level--) {
    if (((missed >> level) & 1) == 0) continue;
    const filled = machine.tlbs.fill(side, level, tag & ~1, (tag & 1) != 0, pfn, flags);
    if (filled != 0) first = filled;
  }
  return first;
}
