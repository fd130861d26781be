/**
 * madvise(2), mincore(2) and msync(2). From: mm/madvise.c, mm/mincore.c and mm/msync.c of Linux 6.18. A hole in the
 * range does not end the call: the mapped parts are advised, and the result is ENOMEM.
 */

import {
  EACCES,
  EAGAIN,
  EBUSY,
  EINVAL,
  ENOMEM,
  EPERM,
  MADV_COLD,
  MADV_COLLAPSE,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_GUARD_INSTALL,
  MADV_GUARD_REMOVE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEALED,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../../abi/linux";
import {
  FEATURE_COLLAPSE,
  FEATURE_DISCARD_LOCKED,
  FEATURE_GUARD,
  FEATURE_GUARD_OBJECTS,
  FEATURE_POPULATE,
} from "../../abi/process";
import { residency } from "../inspect/measure";
import { collapse } from "../memory/collapse";
import { punch, syncPages } from "../memory/contents";
import { installGuards, removeGuards } from "../memory/guard";
import { deactivate, freeLazily, pageOut, populateAs, willNeed } from "../memory/pages";
import { BY_MARKER, BY_READING, BY_STORE, fits } from "../memory/wasm-room";
import { freeEmptyTables } from "../pages/free-tables";
import { NEVER_GUARDED } from "../pages/marker";
import { alignEnd, maySplit } from "../pages/pool";
import { discardPages } from "../pages/zap";
import { Region, VM_SPECIAL } from "../space/region";
import { Space } from "../space/space";
import { System } from "../system/system";
import { modify } from "../vma/merge";
import { isAligned, toPages } from "./unmap";

/** madvise(2); 0 or an errno. */
export function madvise(space: Space, address: u64, bytes: u64, advice: u32): u32 {
  if (!isKnown(space.system, advice) || !isAligned(space, address)) return EINVAL;
  const size = toPages(space, bytes);
  if (bytes != 0 && size == 0) return EINVAL;
  const end = address + size;
  if (end < address) return EINVAL;
  if (size == 0) return 0;
  if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE) {
    return populateRange(space, address, end, advice == MADV_POPULATE_WRITE);
  }
  if (advice == MADV_GUARD_INSTALL && !fits(space, address, end, BY_MARKER, true)) return ENOMEM;
  let hole: u32 = 0;
  let start = address;
  while (start < end) {
    const region = space.regions.find(start);
    if (changetype<usize>(region) == 0 || region.start >= end) return ENOMEM;
    if (region.start > start) {
      hole = ENOMEM;
      start = region.start;
    }
    const to = min(region.end, end);
    const errno = adviseRegion(space, region, start, to, advice);
    if (errno != 0) return errno;
    start = to;
  }
  return hole;
}

function isKnown(system: System, advice: u32): bool {
  if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
    return system.hasFeature(FEATURE_POPULATE);
  if (advice == MADV_DONTNEED_LOCKED) return system.hasFeature(FEATURE_DISCARD_LOCKED);
  if (advice == MADV_COLLAPSE) return system.hasFeature(FEATURE_COLLAPSE);
  if (advice == MADV_GUARD_INSTALL || advice == MADV_GUARD_REMOVE) return system.hasFeature(FEATURE_GUARD);
  return advice <= <u32>MADV_DONTNEED || (advice >= <u32>MADV_FREE && advice <= <u32>MADV_DONTNEED_LOCKED);
}

function adviseRegion(space: Space, region: Region, start: u64, end: u64, advice: u32): u32 {
  if (isSealedAgainst(region, advice)) return EPERM;
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
      return discard(space, region, start, end, advice);
    case MADV_REMOVE:
      return remove(space, region, start, end);
    case MADV_WILLNEED:
      willNeed(space, region, start, end);
      return 0;
    case MADV_GUARD_INSTALL:
    case MADV_GUARD_REMOVE:
      return guard(space, region, start, end, advice);
    case MADV_COLLAPSE:
      return collapse(space, region, start, end);
    case MADV_COLD:
    case MADV_PAGEOUT:
      if (region.has(VM_LOCKED | VM_PFNMAP | VM_HUGETLB)) return EINVAL;
      if (advice == MADV_COLD) deactivate(space, start, end);
      else pageOut(space, start, end);
      return 0;
    default:
      return mark(space, region, start, end, advice);
  }
}

/** Is true for advice that loses the data of a sealed region that the process cannot write to (can_madvise_modify). */
function isSealedAgainst(region: Region, advice: u32): bool {
  if ((region.flags & (VM_SEALED | VM_WRITE)) != VM_SEALED || region.object != 0) return false;
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_WIPEONFORK:
    case MADV_GUARD_INSTALL:
      return true;
    default:
      return false;
  }
}

function discard(space: Space, region: Region, start: u64, end: u64, advice: u32): u32 {
  const forbidden = advice == MADV_DONTNEED_LOCKED ? VM_PFNMAP : VM_PFNMAP | VM_LOCKED;
  if (region.has(forbidden) || !maySplit(space, region, start)) return EINVAL;
  if (advice != MADV_FREE) {
    end = alignEnd(space, region, end);
    discardPages(space, start, end);
    freeEmptyTables(space, start, end);
    return 0;
  }
  if (region.object != 0 || region.has(VM_HUGETLB)) return EINVAL;
  freeLazily(space, start, end);
  return 0;
}

function guard(space: Space, region: Region, start: u64, end: u64, advice: u32): u32 {
  if (region.has(NEVER_GUARDED)) return EINVAL;
  if (region.object != 0 && !space.system.hasFeature(FEATURE_GUARD_OBJECTS)) return EINVAL;
  if (advice == MADV_GUARD_REMOVE) {
    removeGuards(space, start, end);
    return 0;
  }
  return region.has(VM_LOCKED) ? EINVAL : installGuards(space, region, start, end);
}

/** MADV_REMOVE: punches a hole in the object itself; all its mappings read zeros. */
function remove(space: Space, region: Region, start: u64, end: u64): u32 {
  if (region.has(VM_LOCKED) || region.object == 0) return EINVAL;
  if ((region.flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE)) return EACCES;
  const first = region.index(start, space.pageShift);
  const last = region.index(alignEnd(space, region, end), space.pageShift);
  punch(space.system, region.object, first, last);
  return 0;
}

/** Advice that changes a flag of the region. */
function mark(space: Space, region: Region, start: u64, end: u64, advice: u32): u32 {
  const old = region.flags;
  if (!isMarkable(region, advice)) return EINVAL;
  const flags = flagsAfter(old, region, advice);
  if (flags == old) return 0;
  if (!maySplit(space, region, start) || !maySplit(space, region, end)) return EINVAL;
  return changetype<usize>(modify(space, region, start, end, flags)) == 0 ? EAGAIN : 0;
}

function isMarkable(region: Region, advice: u32): bool {
  if (advice == MADV_DOFORK) return !region.has(VM_IO);
  if (advice == MADV_WIPEONFORK) return region.object == 0 && !region.has(VM_SHARED);
  if (advice == MADV_KEEPONFORK) return !region.has(VM_DROPPABLE);
  if (advice == MADV_DODUMP) return region.has(VM_HUGETLB) || !region.has(VM_SPECIAL | VM_DROPPABLE);
  if (advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE) return !region.has(VM_SPECIAL | VM_HUGETLB);
  return true;
}

function flagsAfter(old: u32, region: Region, advice: u32): u32 {
  switch (advice) {
    case MADV_NORMAL:
      return old & ~(VM_RAND_READ | VM_SEQ_READ);
    case MADV_SEQUENTIAL:
      return (old & ~VM_RAND_READ) | VM_SEQ_READ;
    case MADV_RANDOM:
      return (old & ~VM_SEQ_READ) | VM_RAND_READ;
    case MADV_DONTFORK:
      return old | VM_DONTCOPY;
    case MADV_DOFORK:
      return old & ~VM_DONTCOPY;
    case MADV_WIPEONFORK:
      return old | VM_WIPEONFORK;
    case MADV_KEEPONFORK:
      return old & ~VM_WIPEONFORK;
    case MADV_DONTDUMP:
      return old | VM_DONTDUMP;
    case MADV_DODUMP:
      return old & ~VM_DONTDUMP;
    case MADV_HUGEPAGE:
      return (old & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
    case MADV_NOHUGEPAGE:
      return (old & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
    case MADV_MERGEABLE:
      return region.has(VM_SHARED | VM_MAYSHARE | VM_SPECIAL | VM_HUGETLB) ? old : old | VM_MERGEABLE;
    case MADV_UNMERGEABLE:
      return old & ~VM_MERGEABLE;
    default:
      return old;
  }
}

function populateRange(space: Space, start: u64, end: u64, isStore: bool): u32 {
  if (!fits(space, start, end, isStore ? BY_STORE : BY_READING, false)) return ENOMEM;
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0) return ENOMEM;
    const needs: u32 = isStore ? VM_WRITE : VM_READ;
    if (region.has(VM_IO | VM_PFNMAP) || !region.has(needs)) return EINVAL;
    const to = min(region.end, end);
    const errno = populateAs(space, start, to, isStore);
    if (errno != 0) return errno;
    start = to;
  }
  return 0;
}

/** mincore(2), one byte per page at `vector`, an address of kernel memory (0: none); 0 or an errno. */
export function mincore(space: Space, address: u64, bytes: u64, vector: usize): u32 {
  if (!isAligned(space, address)) return EINVAL;
  if (bytes > space.taskSize || address > space.taskSize - bytes) return ENOMEM;
  const end = address + toPages(space, bytes);
  let start = address;
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0) return ENOMEM;
    const to = min(region.end, end);
    if (vector != 0) residency(space, start, to, vector + <usize>((start - address) >> space.pageShift));
    start = to;
  }
  return 0;
}

/** msync(2); 0 or an errno. */
export function msync(space: Space, address: u64, bytes: u64, flags: u32): u32 {
  if ((flags & ~(<u32>(MS_ASYNC | MS_INVALIDATE | MS_SYNC))) != 0 || !isAligned(space, address))
    return EINVAL;
  if ((flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0) return EINVAL;
  const end = address + toPages(space, bytes);
  if (end < address) return ENOMEM;
  let hole: u32 = 0;
  let start = address;
  while (start < end) {
    const region = space.regions.find(start);
    if (changetype<usize>(region) == 0) return ENOMEM;
    if (region.start > start) {
      if (flags == MS_ASYNC) return ENOMEM;
      hole = ENOMEM;
      start = region.start;
      if (start >= end) break;
    }
    if ((flags & MS_INVALIDATE) != 0 && region.has(VM_LOCKED)) return EBUSY;
    const to = min(region.end, end);
    if ((flags & MS_SYNC) != 0) syncPages(space, region, start, to);
    start = to;
  }
  return hole;
}
