/**
 * Is the system sound? Frames used and free are all there are; each frame knows exactly those who map it; what is counted
 * is what is there; no TLB says other than the page tables; locked pages are in memory and in no policy's hands; regions
 * are sorted and apart. Walks everything: for tests.
 */
import { NONE } from "../abi";
import { VM_LOCKED } from "../abi-process";
import { Machine } from "../engine/machine";
import { PAGE, TABLE } from "../frames/frames";
import { DIRTY, EntryFormat } from "../mmu/entry";
import { ASID_SHIFT, Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { isPolicyValid } from "../policy/registry";
import { entryAt, isLocked, seek } from "./page";
import { Space } from "./space";
import { KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE, System } from "./system";

/** What a walk through the spaces adds up to. */
@final
@unmanaged
class Sum {
  leaves: u64;
  swapped: u64;
  tables: u64;
}

const SUM: usize = memory.data(24, 8);

export function isSound(system: System): bool {
  const machine = system.machine;
  const sum = changetype<Sum>(SUM);
  memory.fill(SUM, 0, 24);
  if (!machine.buddy.isValid() || !system.swap.isValid() || !machine.tlbs.isValid()) return false;
  if (machine.limited && !isPolicyValid(machine.policyId, machine.policy)) return false;
  for (let asid: u32 = 0; asid < system.spaceCount; asid++) {
    const space = system.space(asid);
    if (space.isAlive && !isSpaceSound(space, sum)) return false;
  }
  if (sum.tables != machine.tables.count) return false;
  return areFramesSound(system, sum) && areTlbsSound(machine);
}

function isSpaceSound(space: Space, sum: Sum): bool {
  const machine = space.machine;
  const regions = space.regions;
  if (!regions.isValid() || !machine.tables.isValid(machine.rootOf(space.asid))) return false;
  let tables = <u64>machine.tables.tablesSeen;
  for (let table = space.deposits; table != NONE; table = machine.frames.chain(table)) tables++;
  if (tables != space.tablePages) return false;
  sum.tables += tables;
  let locked: u64 = 0;
  let resident: u64 = 0;
  let swapped: u64 = 0;
  let covered: u64 = 0;
  for (let n: u32 = 0; n < regions.count; n++) {
    const region = regions.byIndex(n);
    const pages = (region.end - region.start) >> space.pageShift;
    if (region.has(VM_LOCKED)) locked += pages;
    for (let va = seek(space, region.start, region.end); va < region.end; va = seek(space, va, region.end)) {
      const entry = entryAt(space, va);
      const level = machine.tables.level;
      covered++;
      if (!EntryFormat.isPresent(entry)) {
        swapped++;
        if (space.system.swap.refs(<u32>(entry >> 1)) == 0) return false;
      } else {
        const pfn = machine.format.frame(entry);
        const isKernel = space.system.hasMark(pfn, KERNEL_PAGE);
        if (!isKernel) sum.leaves++;
        if (!isKernel && !space.system.hasMark(pfn, POOL_PAGE)) {
          resident += (<u64>1) << machine.geometry.order(level);
          if (region.has(VM_LOCKED) && !space.system.hasMark(pfn, LOCKED_PAGE)) return false;
        }
      }
      va += (<u64>1) << machine.geometry.shift(level);
    }
  }
  // Nothing is mapped outside regions, and what is locked is there.
  if (covered != entriesOf(space) || resident != space.resident || swapped != space.swappedPages)
    return false;
  sum.swapped += swapped;
  // MREMAP_DONTUNMAP leaves some counted that are not locked any more.
  return locked <= space.lockedPages;
}

function entriesOf(space: Space): u64 {
  const geometry = space.machine.geometry;
  let entries: u64 = 0;
  const end = (<u64>1) << geometry.addressBits;
  for (let va = seek(space, 0, end); va < end; va = seek(space, va, end)) {
    entryAt(space, va);
    entries++;
    va += (<u64>1) << geometry.shift(space.machine.tables.level);
  }
  return entries;
}

function areFramesSound(system: System, sum: Sum): bool {
  const frames = system.machine.frames;
  let used: u64 = 0;
  let tables: u64 = 0;
  let mappings: u64 = 0;
  let managed: u32 = 0;
  for (let pfn: u32 = 0; pfn < frames.count; pfn += (<u32>1) << frames.order(pfn)) {
    if (frames.state(pfn) == TABLE) tables++;
    if (frames.state(pfn) != PAGE) continue;
    used += (<u64>1) << frames.order(pfn);
    mappings += frames.mapped(pfn);
    if (!isFrameSound(system, pfn)) return false;
    if (frames.slot(pfn) != NONE) managed++;
  }
  if (tables != system.machine.tables.count || used + tables != system.machine.buddy.used) return false;
  if (system.machine.limited && managed != system.machine.replacer.base.slots.residents) return false;
  return mappings == sum.leaves;
}

function isFrameSound(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (system.hasMark(pfn, KERNEL_PAGE)) return frames.mapped(pfn) == 0 && frames.slot(pfn) == NONE;
  if (!system.mappings.isFrameValid(pfn)) return false;
  if (!system.hasMark(pfn, POOL_PAGE) && system.hasMark(pfn, LOCKED_PAGE) != isLocked(system, pfn))
    return false;
  if (frames.mapped(pfn) != 0) {
    if (!isMappedBy(system, pfn, frames.owner(pfn))) return false;
    for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
      if (!isMappedBy(system, pfn, system.mappings.key(node))) return false;
    }
  }
  const record = frames.evicted(pfn);
  if (record != 0 && system.swap.pfn(record) != pfn) return false;
  const isHeld = frames.mapped(pfn) != 0 || (record != 0 && system.swap.refs(record) != 0);
  if (system.hasMark(pfn, PRIVATE_PAGE)) {
    if (!isHeld) return false;
  } else if (system.objects.pfn(frames.content(pfn)) != pfn) {
    return false;
  }
  const slot = frames.slot(pfn);
  const isManaged = system.machine.limited && !system.hasMark(pfn, LOCKED_PAGE | POOL_PAGE);
  return isManaged ? slot != NONE && system.home(slot) == pfn : slot == NONE;
}

function isMappedBy(system: System, pfn: u32, key: u64): bool {
  const machine = system.machine;
  if (!system.findKey(key) || machine.tables.level != Key.level(key)) return false;
  return machine.format.frame(machine.format.read(machine.tables.entry)) == pfn;
}

/** Does every translation agree with the page tables, and allow no more? */
function areTlbsSound(machine: Machine): bool {
  for (let n: u32 = 0; n < machine.tlbs.count; n++) {
    const tlb = machine.tlbs.tlb(n);
    for (let at: u32 = 0; at < tlb.sets * tlb.ways; at++) {
      const entry = tlb.entry(at);
      const key = load<u64>(entry) & ~1;
      if (key == 0) continue;
      const va = Key.vpn(key) << machine.geometry.shift(Key.level(key));
      const root = machine.rootOf(<u32>(key >> ASID_SHIFT));
      if (!machine.tables.find(root, va) || machine.tables.level != Key.level(key)) return false;
      const leaf = machine.format.read(machine.tables.entry);
      const flags = machine.format.flags(leaf, machine.tables.level);
      if (machine.format.frame(leaf) != Tlb.pfn(entry) || (flags & Tlb.flags(entry)) != Tlb.flags(entry))
        return false;
      if (Tlb.isDirty(entry) && (flags & DIRTY) == 0) return false;
    }
  }
  return true;
}
