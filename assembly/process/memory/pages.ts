/**
 * What calls do to the pages of a range: drop them, move them, protect them, bring them in, keep them in, let them go.
 * Ranges are half-open and aligned to pages. Regions have their new flags already.
 */
import { NONE } from "../../abi";
import {
  EAGAIN,
  EFAULT,
  ENOMEM,
  OBJECT_FILE,
  VM_EXEC,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKONFAULT,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi-process";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop, dropRecord } from "../pages/drop";
import { evictFrame, unmapAll } from "../pages/evict";
import { isGuard } from "../pages/marker";
import { gatherDirty, isLocked, isOwn } from "../pages/page";
import { mayStoreUnseen, permissions } from "../pages/permissions";
import { splitAt } from "../pages/split";
import { keyOf, reach, seek, setFlags, walk } from "../pages/walk";
import { walkWithin } from "../pages/zap";
import { Region } from "../space/region";
import { Space } from "../space/space";
import {
  ACTIVE_PAGE,
  DIRTY_PAGE,
  FORKED_PAGE,
  KERNEL_PAGE,
  LAZY_PAGE,
  LOCKED_PAGE,
  POOL_PAGE,
  PRIVATE_PAGE,
  REFERENCED_PAGE,
} from "../system/page-flags";
import { System } from "../system/system";
import { cachedPage } from "./cache";
import { faultIn } from "./fault";
import { GUARDED, NO_FRAME, NOTHING_THERE } from "./outcome";
import { fitsCached } from "./room";
import { copyTables, makeTables } from "./tables";

/** The entries of a range move to an empty one; as many bytes. */
export function move(space: Space, from: u64, to: u64, bytes: u64): bool {
  const system = space.system;
  const machine = space.machine;
  const tables = machine.tables;
  const hugeMask = ((<u64>1) << machine.geometry.shift(HUGE_LEVEL)) - 1;
  const end = from + bytes;
  if (!copyTables(space, from, space, to, bytes)) return false;
  for (let va = seek(space, from, end); va < end; va = seek(space, va, end)) {
    // A huge leaf may move as it is only where both ends are aligned alike.
    let pte = walkWithin(space, va, ((to - from) & hugeMask) == 0 ? from : va + 1, end);
    const entry = tables.read(pte);
    if (entry == 0) continue;
    const step = reach(space, pte, va);
    const level = tables.level(pte);
    const target = to + (va - from);
    if (makeTables(space, target, level) == 0) return false;
    pte = walk(space, va);
    if (tables.read(pte) != entry) continue; // evicted meanwhile: it is looked at again
    tables.set(pte, 0);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const key = keyOf(space, va, level);
      system.flushTlb(key);
      if (!system.hasMark(pfn, KERNEL_PAGE)) {
        system.mappings.remove(pfn, key);
        system.mappings.add(pfn, keyOf(space, target, level));
      }
    }
    tables.set(walk(space, target, level), entry);
    va += step;
  }
  return changetype<usize>(space.bytes) == 0 || space.bytes.move(from, to, bytes);
}

/** The entries of the range get what their region allows now. */
export function reprotect(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = reach(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const had = machine.tables.flags(pte);
      let flags = permissions(region) | (had & (ACCESSED | DIRTY));
      const isWritable = region.has(VM_SHARED)
        ? mayStoreUnseen(system, region) || (had & DIRTY) != 0
        : isOwn(system, pfn) && !system.hasMark(pfn, FORKED_PAGE);
      if (region.has(VM_WRITE) && isWritable) flags |= WRITE;
      setFlags(space, va, pte, flags);
    }
    va += bytes;
  }
}

/**
 * Brings in the pages of the range, holes left out, as mlock does (__mm_populate); 0, or the errno that it gives.
 * `isTolerant`: what cannot be had is passed over.
 */
export function populate(space: Space, start: u64, end: u64, isTolerant: bool): u32 {
  while (start < end) {
    const region = space.regions.find(start);
    if (changetype<usize>(region) == 0 || region.start >= end) return 0;
    const to = min(region.end, end);
    if (!region.has(VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) {
      const isStore = (region.flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
      const isAccessible = region.has(VM_READ | VM_WRITE | VM_EXEC);
      const errno = isAccessible ? bring(space, region, max(start, region.start), to, isStore) : EFAULT;
      if (errno == ENOMEM) return EAGAIN;
      if (errno != 0 && !isTolerant) return ENOMEM;
    }
    start = to;
  }
  return 0;
}

/** MADV_POPULATE_READ and MADV_POPULATE_WRITE; 0, or the errno. The caller has looked at holes and permissions. */
export function populateAs(space: Space, start: u64, end: u64, isStore: bool): u32 {
  while (start < end) {
    const region = space.regions.find(start);
    const to = min(region.end, end);
    const errno = bring(space, region, start, to, isStore);
    if (errno != 0) return errno;
    start = to;
  }
  return 0;
}

function bring(space: Space, region: Region, start: u64, end: u64, isStore: bool): u32 {
  const bytes = (<u64>1) << space.pageShift;
  for (let va = start; va < end; va += bytes) {
    const ended = faultIn(space, region, va, isStore);
    if (ended == NOTHING_THERE || ended == GUARDED) return EFAULT;
    if (ended == NO_FRAME) return ENOMEM;
  }
  return 0;
}

/** Pages in memory are kept from now on, or may go again. */
export function lockPages(space: Space, start: u64, end: u64, isLocking: bool): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = reach(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      if (!system.hasMark(pfn, KERNEL_PAGE | POOL_PAGE)) {
        if (isLocking) system.lock(pfn);
        else if (system.hasMark(pfn, LOCKED_PAGE) && !isLocked(system, pfn)) system.unlock(pfn);
        machine.resetFilter();
      }
    }
    va += bytes;
  }
}

/** MADV_FREE: private pages may go without a write, until they are stored to again. */
export function freeLazily(space: Space, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = reach(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (entry != 0 && !EntryFormat.isPresent(entry)) {
      if (!isGuard(entry)) drop(space, va, pte);
    } else if (entry != 0 && mayFree(system, machine.format.frame(entry))) {
      const pfn = machine.format.frame(entry);
      system.unmark(pfn, DIRTY_PAGE);
      setFlags(space, va, pte, machine.tables.flags(pte) & ~(DIRTY | ACCESSED));
      if (!system.hasMark(pfn, LOCKED_PAGE)) {
        dropRecord(system, pfn);
        system.unmark(pfn, REFERENCED_PAGE | ACTIVE_PAGE);
        system.mark(pfn, LAZY_PAGE);
      }
    }
    va += bytes;
  }
}

/** May the private page be marked? Not when somebody else has it too and a copy of it is in swap, or it was dirty before. */
function mayFree(system: System, pfn: u32): bool {
  if (!system.hasMark(pfn, PRIVATE_PAGE)) return false;
  return isOwn(system, pfn) || (!system.hasMark(pfn, DIRTY_PAGE) && system.machine.frames.evicted(pfn) == 0);
}

/** MADV_COLD: nobody is said to have used the pages of late; which of them goes first is the policy's to know. */
export function deactivate(space: Space, start: u64, end: u64): void {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = reach(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry) && isAlone(space, entry)) {
      setFlags(space, va, pte, space.machine.tables.flags(pte) & ~ACCESSED);
      space.system.unmark(space.machine.format.frame(entry), REFERENCED_PAGE | ACTIVE_PAGE);
    }
    va += bytes;
  }
}

/** Does nobody else map the page of the entry? */
function isAlone(space: Space, entry: u64): bool {
  const pfn = space.machine.format.frame(entry);
  return !space.system.hasMark(pfn, KERNEL_PAGE | POOL_PAGE) && space.machine.frames.mapped(pfn) == 1;
}

/** There is no swap for the page: it stays. One of shared memory has lost its mapping by then. */
function stayIn(system: System, pfn: u32): void {
  const isDirty = gatherDirty(system, pfn);
  const isPrivate = system.hasMark(pfn, PRIVATE_PAGE);
  system.mark(pfn, isDirty ? ACTIVE_PAGE | DIRTY_PAGE : ACTIVE_PAGE);
  system.readmit(pfn);
  if (!isPrivate) unmapAll(system, pfn, 0);
}

/** MADV_PAGEOUT: pages that are the process's alone go now. */
export function pageOut(space: Space, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = reach(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry) && isAlone(space, entry)) {
      const pfn = machine.format.frame(entry);
      system.unmark(pfn, REFERENCED_PAGE);
      const isLocked = system.hasMark(pfn, LOCKED_PAGE);
      if (!isLocked && machine.frames.order(pfn) != 0) {
        splitAt(space, va);
        continue;
      }
      if (!isLocked) {
        system.unmanage(pfn);
        if (!evictFrame(system, pfn, NONE)) stayIn(system, pfn);
      }
    }
    va += bytes;
  }
}

/** MADV_WILLNEED: what is in swap, or of a file, is read ahead. */
export function willNeed(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const shift = space.pageShift;
  if (region.object == 0 || region.has(VM_HUGETLB) || system.objects.kind(region.object) != OBJECT_FILE)
    return;
  if (!fitsCached(space, region, start, end)) return;
  for (let va = start; va < end; va += (<u64>1) << shift) {
    const index = region.index(va, shift);
    if (index << shift >= system.objects.size(region.object)) return;
    if (system.machine.limited && system.freeFrames <= system.low) return;
    if (cachedPage(system, region.object, index, 1) == NONE) return;
  }
}
