/**
 * Operations of calls on the pages of a range: move, protect, populate, lock, deactivate, page out, read ahead.
 * Ranges are half-open and aligned to pages. The regions already have their new flags.
 */
import { KIND_LOAD, NONE } from "../../abi/core";
import {
  EAGAIN,
  EFAULT,
  ENOMEM,
  VM_EXEC,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKONFAULT,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/linux";
import { OBJECT_FILE } from "../../abi/process";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop, freeSwapCopy } from "../pages/drop";
import { evictFrame, unmapAll } from "../pages/evict";
import { isGuard } from "../pages/marker";
import { isExclusive, isLocked, isPageDirty } from "../pages/page";
import { mayMapWritable, permissions } from "../pages/permissions";
import { splitAt } from "../pages/split";
import { keyOf, seek, setFlags, span, walk } from "../pages/walk";
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
import { FAULT_OOM, FAULT_SIGBUS, FAULT_SIGSEGV } from "./outcome";
import { copyTables, makeTables } from "./tables";
import { fitsCached } from "./wasm-room";

/** Moves the entries of a range to an empty range of the same size. */
export function move(space: Space, from: u64, to: u64, bytes: u64): bool {
  const system = space.system;
  const machine = space.machine;
  const tables = machine.tables;
  const hugeMask = ((<u64>1) << machine.geometry.shift(HUGE_LEVEL)) - 1;
  const end = from + bytes;
  if (!copyTables(space, from, space, to, bytes)) return false;
  for (let va = seek(space, from, end); va < end; va = seek(space, va, end)) {
    // A huge leaf can move whole only when both addresses have the same offset within a huge page.
    let pte = walkWithin(space, va, ((to - from) & hugeMask) == 0 ? from : va + 1, end);
    const entry = tables.read(pte);
    if (entry == 0) continue;
    const step = span(space, pte, va);
    const level = tables.level(pte);
    const target = to + (va - from);
    if (makeTables(space, target, level) == 0) return false;
    pte = walk(space, va);
    if (tables.read(pte) != entry) continue; // evicted meanwhile: try again
    tables.set(pte, 0);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const key = keyOf(space, va, level);
      system.flushTlb(key);
      if (!system.flags.has(pfn, KERNEL_PAGE)) {
        system.mappings.remove(pfn, key);
        system.mappings.add(pfn, keyOf(space, target, level));
      }
    }
    tables.set(walk(space, target, level), entry);
    va += step;
  }
  return changetype<usize>(space.bytes) == 0 || space.bytes.move(from, to, bytes);
}

/** Gives the entries of the range the permissions of their region. */
export function reprotect(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      const old = machine.tables.flags(pte);
      let flags = permissions(region) | (old & (ACCESSED | DIRTY));
      const isWritable = region.has(VM_SHARED)
        ? mayMapWritable(system, region) || (old & DIRTY) != 0
        : isExclusive(system, pfn) && !system.flags.has(pfn, FORKED_PAGE);
      if (region.has(VM_WRITE) && isWritable) flags |= WRITE;
      setFlags(space, va, pte, flags);
    }
    va += bytes;
  }
}

/**
 * Faults in the pages of the range and skips holes, as mlock does (__mm_populate); 0, or the errno. With
 * `isTolerant`, errors are ignored except lack of memory.
 */
export function populate(space: Space, start: u64, end: u64, isTolerant: bool): u32 {
  while (start < end) {
    const region = space.regions.find(start);
    if (changetype<usize>(region) == 0 || region.start >= end) return 0;
    const to = min(region.end, end);
    if (!region.has(VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) {
      const isStore = (region.flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
      const isAccessible = region.has(VM_READ | VM_WRITE | VM_EXEC);
      const errno = isAccessible
        ? faultInRange(space, region, max(start, region.start), to, isStore)
        : EFAULT;
      if (errno == ENOMEM) return EAGAIN;
      if (errno != 0 && !isTolerant) return ENOMEM;
    }
    start = to;
  }
  return 0;
}

/** MADV_POPULATE_READ and MADV_POPULATE_WRITE; 0, or the errno. The caller has checked holes and permissions. */
export function populateAs(space: Space, start: u64, end: u64, isStore: bool): u32 {
  while (start < end) {
    const region = space.regions.find(start);
    const to = min(region.end, end);
    const errno = faultInRange(space, region, start, to, isStore);
    if (errno != 0) return errno;
    start = to;
  }
  return 0;
}

function faultInRange(space: Space, region: Region, start: u64, end: u64, isStore: bool): u32 {
  const bytes = (<u64>1) << space.pageShift;
  for (let va = start; va < end; va += bytes) {
    const ended = faultIn(space, region, va, isStore);
    if (ended == FAULT_SIGBUS || ended == FAULT_SIGSEGV) return EFAULT;
    if (ended == FAULT_OOM) return ENOMEM;
  }
  return 0;
}

/** Locks the pages of the range that are in memory, or unlocks them. */
export function lockPages(space: Space, start: u64, end: u64, isLocking: bool): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry)) {
      const pfn = machine.format.frame(entry);
      if (!system.flags.has(pfn, KERNEL_PAGE | POOL_PAGE)) {
        if (isLocking) system.policyPages.lock(pfn);
        else if (system.flags.has(pfn, LOCKED_PAGE) && !isLocked(system, pfn)) system.policyPages.unlock(pfn);
        machine.filter.reset();
      }
    }
    va += bytes;
  }
}

/** MADV_FREE: private pages may be freed without a write until they are stored to again. */
export function freeLazily(space: Space, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (entry != 0 && !EntryFormat.isPresent(entry)) {
      if (!isGuard(entry)) drop(space, va, pte);
    } else if (entry != 0 && mayFreeLazily(system, machine.format.frame(entry))) {
      const pfn = machine.format.frame(entry);
      system.flags.clear(pfn, DIRTY_PAGE);
      setFlags(space, va, pte, machine.tables.flags(pte) & ~(DIRTY | ACCESSED));
      if (!system.flags.has(pfn, LOCKED_PAGE)) {
        freeSwapCopy(system, pfn);
        system.flags.clear(pfn, REFERENCED_PAGE | ACTIVE_PAGE);
        system.flags.set(pfn, LAZY_PAGE);
      }
    }
    va += bytes;
  }
}

/** Is true when the private page may be freed lazily: it is exclusive, or it is clean and has no copy in swap. */
function mayFreeLazily(system: System, pfn: u32): bool {
  if (!system.flags.has(pfn, PRIVATE_PAGE)) return false;
  return (
    isExclusive(system, pfn) ||
    (!system.flags.has(pfn, DIRTY_PAGE) && system.machine.frames.swapEntry(pfn) == 0)
  );
}

/** MADV_COLD: clears the referenced marks of the pages. The policy still chooses which page is evicted first. */
export function deactivate(space: Space, start: u64, end: u64): void {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry) && isSoleMapping(space, entry)) {
      setFlags(space, va, pte, space.machine.tables.flags(pte) & ~ACCESSED);
      space.system.flags.clear(space.machine.format.frame(entry), REFERENCED_PAGE | ACTIVE_PAGE);
    }
    va += bytes;
  }
}

/** Is true when the page of the entry has no other mapping. */
function isSoleMapping(space: Space, entry: u64): bool {
  const pfn = space.machine.format.frame(entry);
  return !space.system.flags.has(pfn, KERNEL_PAGE | POOL_PAGE) && space.machine.frames.mapped(pfn) == 1;
}

/** Puts a page back for which swap has no room. A page of shared memory is unmapped all the same, as in Linux. */
function keepResident(system: System, pfn: u32): void {
  const isDirty = isPageDirty(system, pfn);
  const isPrivate = system.flags.has(pfn, PRIVATE_PAGE);
  system.flags.set(pfn, isDirty ? ACTIVE_PAGE | DIRTY_PAGE : ACTIVE_PAGE);
  system.policyPages.readmit(pfn, KIND_LOAD);
  if (!isPrivate) unmapAll(system, pfn, 0);
}

/** MADV_PAGEOUT: evicts the pages that no other process maps. */
export function pageOut(space: Space, start: u64, end: u64): void {
  const system = space.system;
  const machine = space.machine;
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walkWithin(space, va, start, end);
    const bytes = span(space, pte, va);
    const entry = space.machine.tables.read(pte);
    if (EntryFormat.isPresent(entry) && isSoleMapping(space, entry)) {
      const pfn = machine.format.frame(entry);
      system.flags.clear(pfn, REFERENCED_PAGE);
      const isLocked = system.flags.has(pfn, LOCKED_PAGE);
      if (!isLocked && machine.frames.order(pfn) != 0) {
        splitAt(space, va);
        continue;
      }
      if (!isLocked) {
        system.policyPages.remove(pfn);
        if (!evictFrame(system, pfn, NONE)) keepResident(system, pfn);
      }
    }
    va += bytes;
  }
}

/** MADV_WILLNEED: reads the pages of a file ahead, while free frames last. */
export function willNeed(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const shift = space.pageShift;
  if (region.object == 0 || region.has(VM_HUGETLB) || system.objects.kind(region.object) != OBJECT_FILE)
    return;
  if (!fitsCached(space, region, start, end)) return;
  for (let va = start; va < end; va += (<u64>1) << shift) {
    const index = region.index(va, shift);
    if (index << shift >= system.objects.size(region.object)) return;
    if (system.isLow) return;
    if (cachedPage(system, region.object, index, 1) == NONE) return;
  }
}
