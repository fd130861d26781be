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
  System,
} from "../system";
import { cachedPage } from "./cache";
import { faultIn, GUARDED, isOwn, mayStoreUnseen, NO_FRAME, NOTHING_THERE } from "./fault";
import { isGuard } from "./guard";
import { HUGE, isHugeHere, splitAt } from "./huge";
import {
  copyTables,
  drop,
  entryAt,
  flagsHere,
  isLocked,
  keyOf,
  makeTables,
  permissions,
  seek,
  setFlags,
} from "./page";
import { dropRecord, evictFrame, gatherDirty, unmapAll } from "./reclaim";
import { fitsCached } from "./room";

/** A walk over an object's pages: one at a time. */

/** How far the entry at `va` reaches that `tables` is at; a huge page that sticks out of the range falls apart first. */
function cut(space: Space, va: u64, start: u64, end: u64): u64 {
  const geometry = space.machine.geometry;
  const entry = space.machine.format.read(space.machine.tables.entry);
  if (!isHugeHere(space, entry)) return (<u64>1) << geometry.pageShift;
  const bytes = (<u64>1) << geometry.shift(HUGE);
  const isPool = space.system.hasMark(space.machine.format.frame(entry), POOL_PAGE);
  if (isPool || ((va & (bytes - 1)) == 0 && va >= start && va + bytes <= end))
    return bytes - (va & (bytes - 1));
  splitAt(space, va);
  entryAt(space, va);
  return (<u64>1) << geometry.pageShift;
}

/** The pages of the range are gone, and guards with them: munmap. Their tables stay. */
export function zap(space: Space, start: u64, end: u64): void {
  zapEntries(space, start, end, false);
}

/** The pages of the range are gone, guards stay: MADV_DONTNEED, truncation. Their tables stay, too. */
export function discardPages(space: Space, start: u64, end: u64): void {
  zapEntries(space, start, end, true);
}

function zapEntries(space: Space, start: u64, end: u64, keepsGuards: bool): void {
  space.forgetBytes(start, end);
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
    if (entry != 0 && !(keepsGuards && isGuard(entry))) drop(space, va);
    va += bytes;
  }
}

/** The entries of a range move to an empty one; as many bytes. */
export function move(space: Space, from: u64, to: u64, bytes: u64): bool {
  const system = space.system;
  const machine = space.machine;
  const hugeMask = ((<u64>1) << machine.geometry.shift(HUGE)) - 1;
  const end = from + bytes;
  if (!copyTables(space, from, space, to, bytes)) return false;
  for (let va = seek(space, from, end); va < end; va = seek(space, va, end)) {
    // A huge leaf may move as it is only where both ends are aligned alike.
    const step = cut(space, va, ((to - from) & hugeMask) == 0 ? from : va + 1, end);
    const entry = entryAt(space, va);
    if (entry == 0) continue;
    const level = machine.tables.level;
    const target = to + (va - from);
    if (!makeTables(space, target, level)) return false;
    if (entryAt(space, va) != entry) continue; // evicted meanwhile: it is looked at again
    machine.tables.set(0);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const key = keyOf(space, va, level);
      system.shoot(key);
      if (!system.hasMark(pfn, KERNEL_PAGE)) {
        system.mappings.remove(pfn, key);
        system.mappings.add(pfn, keyOf(space, target, level));
      }
    }
    machine.tables.descend(machine.rootOf(space.asid), machine.geometry.truncate(target), level);
    machine.tables.set(entry);
    va += step;
  }
  return changetype<usize>(space.bytes) == 0 || space.bytes.move(from, to, bytes);
}

/** The entries of the range get what their region allows now. */
export function reprotect(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const had = flagsHere(space);
      let flags = permissions(region) | (had & (ACCESSED | DIRTY));
      const isWritable = region.has(VM_SHARED)
        ? mayStoreUnseen(system, region) || (had & DIRTY) != 0
        : isOwn(system, pfn) && !system.hasMark(pfn, FORKED_PAGE);
      if (region.has(VM_WRITE) && isWritable) flags |= WRITE;
      setFlags(space, va, flags);
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
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
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
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
    if (entry != 0 && !EntryFormat.isPresent(entry)) {
      if (!isGuard(entry)) drop(space, va);
    } else if (entry != 0 && mayFree(system, machine.format.frame(entry))) {
      const pfn = machine.format.frame(entry);
      system.unmark(pfn, DIRTY_PAGE);
      setFlags(space, va, flagsHere(space) & ~(DIRTY | ACCESSED));
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
export function chill(space: Space, start: u64, end: u64): void {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
    if (EntryFormat.isPresent(entry) && isAlone(space, entry)) {
      setFlags(space, va, flagsHere(space) & ~ACCESSED);
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
    const bytes = cut(space, va, start, end);
    const entry = entryAt(space, va);
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
