/**
 * The check of soundness, for tests: walks everything and returns the first defect, `UNSOUND_…`. Every frame is
 * either used or free. The reverse mapping of a frame lists exactly the entries that map it; likewise for places in
 * swap, objects and sums. TLBs, paging-structure caches and the filter agree with the page tables. Locked pages are
 * in memory and not in the policy. Regions are sorted and disjoint. The checks of a single space are in
 * `sound-space.ts`.
 */
import { NONE } from "../../abi/core";
import {
  UNSOUND_CACHES,
  UNSOUND_COMMITTED,
  UNSOUND_FILTER,
  UNSOUND_FLAGS,
  UNSOUND_FRAMES,
  UNSOUND_MAPPINGS,
  UNSOUND_OBJECTS,
  UNSOUND_POLICY,
  UNSOUND_POOL,
  UNSOUND_RECLAIM,
  UNSOUND_SPACES,
  UNSOUND_SWAP,
  UNSOUND_TABLES,
  UNSOUND_TLBS,
  UNSOUND_UNEVICTABLE,
} from "../../abi/unsound";
import { PAGE, TABLE } from "../../frames/frames";
import { areTlbsValid, maps } from "../../machine/checks";
import { Machine } from "../../machine/machine";
import { DIRTY, EntryFormat } from "../../mmu/entry";
import { Key } from "../../mmu/key";
import { Tlb } from "../../mmu/tlb";
import { isPolicyValid } from "../../policy/registry";
import { isLocked } from "../pages/page";
import { spaceOf } from "../space/space";
import { KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { defectOf, Sum } from "./sound-space";

const SUM: usize = memory.data(32, 8);
/** The number of kinds of references that the filter has entries for. */
const KINDS: u32 = 4;

/** 0, or the first defect found: `UNSOUND_…`. */
export function defect(system: System): u32 {
  const machine = system.machine;
  const sum = changetype<Sum>(SUM);
  memory.fill(SUM, 0, offsetof<Sum>());
  if (!machine.buddy.isValid()) return UNSOUND_FRAMES;
  if (!machine.tlbs.isValid()) return UNSOUND_TLBS;
  if (!system.swap.isValid()) return UNSOUND_SWAP;
  if (machine.limited && !isPolicyValid(machine.policyId, machine.policy)) return UNSOUND_POLICY;
  if (!system.watermarks.isValid() || !system.pins.isValid()) return UNSOUND_RECLAIM;
  if (!system.spaces.isValid()) return UNSOUND_SPACES;
  system.swap.beginCheck();
  system.objects.beginCheck();
  for (let asid: u32 = 0; asid < system.spaces.count; asid++) {
    const space = spaceOf(system, asid);
    if (!space.isAlive) continue;
    const found = defectOf(space, sum);
    if (found != 0) return found;
  }
  if (sum.tables != machine.tables.count) return UNSOUND_TABLES;
  if (sum.committed != system.committed) return UNSOUND_COMMITTED;
  if (!areObjectsSound(system)) return UNSOUND_OBJECTS;
  for (let object: u32 = 1; system.objects.exists(object); object++)
    sum.reserved += system.objects.reserved(object);
  if (sum.reserved != system.hugetlb.reserved) return UNSOUND_POOL;
  // The objects' places in swap have been counted, too.
  if (!system.swap.areRefsRight()) return UNSOUND_SWAP;
  return defectOfFrames(system, sum);
}

/**
 * Is true when each object has as many references as it counts, the host's apart, and its entries agree with the
 * frames.
 */
function areObjectsSound(system: System): bool {
  const objects = system.objects;
  const frames = system.machine.frames;
  for (let object: u32 = 1; objects.exists(object); object++) {
    const references = objects.references(object);
    const held = references - objects.mapCount(object);
    if (held > 1) return false;
    for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
      const pfn = objects.pfn(entry);
      const swapEntry = objects.swapEntry(entry);
      if (objects.object(entry) != object || (pfn != NONE && swapEntry != 0)) return false;
      if ((pfn != NONE || swapEntry != 0) && references == 0) return false;
      if (swapEntry != 0 && (system.swap.pfn(swapEntry) != NONE || system.swap.isPrivate(swapEntry)))
        return false;
      if (swapEntry != 0) system.swap.countUser(swapEntry);
      if (pfn == NONE) continue;
      if (frames.state(pfn) != PAGE || frames.content(pfn) != entry || system.flags.has(pfn, PRIVATE_PAGE))
        return false;
    }
  }
  return true;
}

function defectOfFrames(system: System, sum: Sum): u32 {
  const machine = system.machine;
  const frames = machine.frames;
  let used: u64 = 0;
  let tables: u64 = 0;
  let mappings: u64 = 0;
  let managed: u32 = 0;
  let unevictable: u64 = 0;
  for (let pfn: u32 = 0; pfn < frames.count; pfn += (<u32>1) << frames.order(pfn)) {
    const size = (<u64>1) << frames.order(pfn);
    if (frames.state(pfn) == TABLE) tables++;
    if (frames.state(pfn) != PAGE) continue;
    used += size;
    mappings += frames.mapped(pfn);
    if (system.flags.has(pfn, LOCKED_PAGE | KERNEL_PAGE | POOL_PAGE)) unevictable += size;
    const found = defectOfFrame(system, pfn);
    if (found != 0) return found;
    if (frames.slot(pfn) != NONE) managed++;
  }
  if (tables != machine.tables.count || used + tables != machine.buddy.used) return UNSOUND_FRAMES;
  if (mappings != sum.leaves) return UNSOUND_MAPPINGS;
  if (!system.hugetlb.isValid()) return UNSOUND_POOL;
  if (unevictable != system.policyPages.unevictable) return UNSOUND_UNEVICTABLE;
  if (machine.limited && managed != machine.replacer.base.slots.residents) return UNSOUND_POLICY;
  if (!areTlbsValid(machine)) return UNSOUND_TLBS;
  if (!areCachesSound(machine)) return UNSOUND_CACHES;
  return isFilterSound(machine) ? 0 : UNSOUND_FILTER;
}

function defectOfFrame(system: System, pfn: u32): u32 {
  const frames = system.machine.frames;
  if (system.flags.has(pfn, KERNEL_PAGE))
    return frames.mapped(pfn) == 0 && frames.slot(pfn) == NONE ? 0 : UNSOUND_UNEVICTABLE;
  if (!system.flags.isValid(pfn)) return UNSOUND_FLAGS;
  if (!system.mappings.isFrameValid(pfn)) return UNSOUND_MAPPINGS;
  const isPool = system.flags.has(pfn, POOL_PAGE);
  if (!isPool && system.flags.has(pfn, LOCKED_PAGE) != isLocked(system, pfn)) return UNSOUND_UNEVICTABLE;
  if (frames.mapped(pfn) != 0) {
    if (!maps(system.machine, frames.owner(pfn), pfn)) return UNSOUND_MAPPINGS;
    for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
      if (!maps(system.machine, system.mappings.key(node), pfn)) return UNSOUND_MAPPINGS;
    }
  }
  const swapEntry = frames.swapEntry(pfn);
  if (swapEntry != 0 && system.swap.pfn(swapEntry) != pfn) return UNSOUND_SWAP;
  const isNeeded = frames.mapped(pfn) != 0 || (swapEntry != 0 && system.swap.refs(swapEntry) != 0);
  if (system.flags.has(pfn, PRIVATE_PAGE)) {
    if (!isNeeded) return UNSOUND_FRAMES;
  } else if (!isPool || frames.mapped(pfn) != 0) {
    if (system.objects.pfn(frames.content(pfn)) != pfn) return UNSOUND_OBJECTS;
  }
  return system.policyPages.isValid(pfn) ? 0 : UNSOUND_POLICY;
}

/** Is true when the walker's caches lead to the same tables as a walk from the root. */
function areCachesSound(machine: Machine): bool {
  for (let level: u32 = 2; level <= machine.geometry.levels; level++) {
    const cache = machine.walker.cache(level);
    if (changetype<usize>(cache) == 0) continue;
    for (let at: u32 = 0; at < cache.sets * cache.ways; at++) {
      const entry = cache.entry(at);
      const key = load<u64>(entry);
      if (key != 0 && !leadsTo(machine, key, level, Tlb.pfn(entry))) return false;
    }
  }
  return true;
}

function leadsTo(machine: Machine, key: u64, level: u32, table: u32): bool {
  const va = Key.vpn(key) << machine.geometry.shift(level);
  const pte = machine.tables.walk(machine.rootOf(Key.asid(key)), va, level);
  if (pte == 0 || machine.tables.level(pte) != level || machine.tables.isLeaf(pte)) return false;
  return EntryFormat.isPresent(machine.tables.read(pte)) && machine.tables.frame(pte) == table;
}

/** Is true when the pages in the filter may be touched without a fault or a flag to set, and their slots are right. */
function isFilterSound(machine: Machine): bool {
  for (let kind: u32 = 0; kind < KINDS; kind++) {
    if (machine.filter.isEmpty(kind)) continue;
    const va = machine.geometry.truncate(machine.filter.vpn(kind) << machine.geometry.pageShift);
    const pte = machine.tables.walk(machine.root, va);
    if (!machine.tables.isLeaf(pte)) return false;
    const needs = Machine.needs(kind) | (Machine.writes(kind) ? DIRTY : 0);
    if ((machine.tables.flags(pte) & needs) != needs) return false;
    if (machine.limited && machine.frames.slot(machine.tables.frame(pte)) != machine.filter.slot(kind))
      return false;
  }
  return true;
}
