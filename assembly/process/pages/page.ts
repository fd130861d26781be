/** Pages in frames: mapping them, counting them, and whether they are locked, exclusive or dirty. */
import { VM_LOCKED } from "../../abi/linux";
import { OBJECT_SHMEM } from "../../abi/process";
import { DIRTY } from "../../mmu/entry";
import { Key } from "../../mmu/key";
import { Region } from "../space/region";
import { Space, spaceOf } from "../space/space";
import { DIRTY_PAGE, KERNEL_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { keyOf, walk } from "./walk";

/** Adds (1) or subtracts (-1) the page in `pfn` to the space's pages in memory, like Linux's mm counters. */
export function countPage(space: Space, pfn: u32, sign: i64): void {
  const system = space.system;
  if (system.flags.has(pfn, KERNEL_PAGE)) return;
  // Linux does not count explicit huge pages as resident.
  if (system.flags.has(pfn, POOL_PAGE)) return;
  const frames = system.machine.frames;
  const pages = sign << frames.order(pfn);
  if (system.flags.has(pfn, PRIVATE_PAGE)) space.residentAnonymous += pages;
  else if (system.objects.kind(system.objects.object(frames.content(pfn))) == OBJECT_SHMEM)
    space.residentShared += pages;
  else space.residentFile += pages;
  if (space.resident > space.peakResident) space.peakResident = space.resident;
}

/** Maps `pfn` at `va` with `flags`, where the tables exist and nothing is mapped; false when memory is out. */
export function mapPage(space: Space, region: Region, va: u64, level: u32, pfn: u32, flags: u32): bool {
  const system = space.system;
  const machine = system.machine;
  if (!system.flags.has(pfn, KERNEL_PAGE)) {
    if (!system.mappings.add(pfn, keyOf(space, va, level))) {
      system.fail();
      return false;
    }
    countPage(space, pfn, 1);
    if (region.has(VM_LOCKED) && !system.flags.has(pfn, POOL_PAGE)) system.policyPages.lock(pfn);
  }
  machine.tables.set(walk(space, va, level), machine.format.leaf(pfn, level, flags));
  machine.tlbs.sizes |= (<u32>1) << level;
  return true;
}

/** Is true when a locked region maps the page in `pfn`. */
export function isLocked(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) == 0) return false;
  if (locks(system, frames.owner(pfn))) return true;
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    if (locks(system, system.mappings.key(node))) return true;
  }
  return false;
}

/** The address at which the entry with this key maps its page. */
export function addressOf(system: System, key: u64): u64 {
  const geometry = system.machine.geometry;
  return geometry.extend(Key.vpn(key) << geometry.shift(Key.level(key)));
}

function locks(system: System, key: u64): bool {
  const va = addressOf(system, key);
  const region = spaceOf(system, Key.asid(key)).regions.find(va);
  return changetype<usize>(region) != 0 && region.start <= va && region.has(VM_LOCKED);
}

/** Is true when the private page in `pfn` has a single mapping, in memory and in swap. */
export function isExclusive(system: System, pfn: u32): bool {
  if (!system.flags.has(pfn, PRIVATE_PAGE) || system.machine.frames.mapped(pfn) != 1) return false;
  const swapEntry = system.machine.frames.swapEntry(pfn);
  return swapEntry == 0 || system.swap.refs(swapEntry) == 0;
}

/**
 * Is true when the page was stored to since it was last written: its own mark is set, or the D bit of one of its
 * entries.
 */
export function isPageDirty(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) == 0) return system.flags.has(pfn, DIRTY_PAGE);
  let isDirty = system.flags.has(pfn, DIRTY_PAGE) || isEntryDirty(system, frames.owner(pfn));
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    if (isEntryDirty(system, system.mappings.key(node))) isDirty = true;
  }
  return isDirty;
}

function isEntryDirty(system: System, key: u64): bool {
  const machine = system.machine;
  return (machine.tables.flags(machine.walkKey(key)) & DIRTY) != 0;
}
