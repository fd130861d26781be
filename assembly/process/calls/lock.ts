/** Locked memory: mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). From: mm/mlock.c of Linux 6.18. */
import {
  EINVAL,
  ENOMEM,
  EPERM,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  RLIMIT_MEMLOCK,
  VM_DONTEXPAND,
  VM_DROPPABLE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MIXEDMAP,
  VM_PFNMAP,
} from "../../abi/linux";
import { lockPages, populate } from "../memory/pages";
import { AS_LOCKED, fits } from "../memory/wasm-room";
import { mayLockAny } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { modify } from "../vma/merge";
import { toPages } from "./unmap";

const LOCKS: u32 = VM_LOCKED | VM_LOCKONFAULT;
const NEVER_LOCKED: u32 = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB | VM_DROPPABLE;

/** mlock2(2); 0 or an errno. */
export function mlock2(space: Space, address: u64, bytes: u64, flags: u32): u32 {
  if ((flags & ~(<u32>MLOCK_ONFAULT)) != 0) return EINVAL;
  if (!mayLockAny(space)) return EPERM;
  const start = address & ~(((<u64>1) << space.pageShift) - 1);
  const size = toPages(space, bytes + (address - start));
  if (!isWithinLimit(space, start, size)) return ENOMEM;
  const locks = (flags & MLOCK_ONFAULT) != 0 ? LOCKS : VM_LOCKED;
  if (locks == VM_LOCKED && isMapped(space, start, start + size)) {
    if (!fits(space, start, start + size, AS_LOCKED, false)) return ENOMEM;
  }
  const errno = apply(space, start, size, locks);
  return errno != 0 ? errno : populate(space, start, start + size, false);
}

/** Is true when the range has no holes. Otherwise mlock fails before it faults anything in, and mseal before it seals. */
export function isMapped(space: Space, start: u64, end: u64): bool {
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0) return false;
    start = region.end;
  }
  return true;
}

/** Is true when the limit allows the lock. Pages of the range that are locked already count once. */
function isWithinLimit(space: Space, start: u64, size: u64): bool {
  if (space.isPrivileged) return true;
  const limit = space.soft(RLIMIT_MEMLOCK) >> space.pageShift;
  const pages = (size >> space.pageShift) + space.lockedPages;
  return pages <= limit || pages - lockedWithin(space, start, start + size) <= limit;
}

function lockedWithin(space: Space, start: u64, end: u64): u64 {
  if (end < start) return 0;
  let pages: u64 = 0;
  let region = space.regions.find(start);
  while (changetype<usize>(region) != 0 && region.start < end) {
    if (region.has(VM_LOCKED)) pages += (min(region.end, end) - max(region.start, start)) >> space.pageShift;
    region = space.regions.find(region.end);
  }
  return pages;
}

/** munlock(2); 0 or an errno. */
export function munlock(space: Space, address: u64, bytes: u64): u32 {
  const start = address & ~(((<u64>1) << space.pageShift) - 1);
  return apply(space, start, toPages(space, bytes + (address - start)), 0);
}

/** Sets the locks of the regions in a range, up to the first hole; 0 or an errno. */
function apply(space: Space, start: u64, size: u64, locks: u32): u32 {
  const end = start + size;
  if (end < start) return EINVAL;
  if (end == start) return 0;
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0) return ENOMEM;
    const to = min(region.end, end);
    const errno = setLocks(space, region, start, to, locks);
    if (errno != 0) return errno;
    start = to;
  }
  return 0;
}

function setLocks(space: Space, region: Region, start: u64, end: u64, locks: u32): u32 {
  const old = region.flags;
  const flags = (old & ~LOCKS) | locks;
  if (flags == old || region.has(NEVER_LOCKED)) return 0;
  const changed = modify(space, region, start, end, flags);
  if (changetype<usize>(changed) == 0) return ENOMEM;
  if (((old ^ flags) & VM_LOCKED) != 0) changed.worst = 0; // the longest wait is measured anew
  const pages = (end - start) >> space.pageShift;
  if ((old & VM_LOCKED) == 0) space.lockedPages += pages;
  else if ((flags & VM_LOCKED) == 0) space.lockedPages -= pages;
  lockPages(space, start, end, locks != 0);
  return 0;
}

/** mlockall(2); 0 or an errno. */
export function mlockall(space: Space, flags: u32): u32 {
  if (flags == 0 || (flags & ~(<u32>(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))) != 0 || flags == MCL_ONFAULT) {
    return EINVAL;
  }
  if (!mayLockAny(space)) return EPERM;
  const isCurrent = (flags & MCL_CURRENT) != 0;
  const limit = space.soft(RLIMIT_MEMLOCK) >> space.pageShift;
  if (isCurrent && space.totalPages > limit && !space.isPrivileged) return ENOMEM;
  const locks = (flags & MCL_ONFAULT) != 0 ? LOCKS : VM_LOCKED;
  if (isCurrent && locks == VM_LOCKED && !fits(space, 0, space.taskSize, AS_LOCKED, true)) return ENOMEM;
  space.defaultFlags = (flags & MCL_FUTURE) != 0 ? locks : 0;
  if (!isCurrent) return 0;
  lockEverything(space, locks);
  populate(space, 0, space.taskSize, true);
  return 0;
}

/** munlockall(2). */
export function munlockall(space: Space): u32 {
  space.defaultFlags = 0;
  lockEverything(space, 0);
  return 0;
}

function lockEverything(space: Space, locks: u32): void {
  let region = space.regions.find(0);
  while (changetype<usize>(region) != 0) {
    const end = region.end;
    setLocks(space, region, region.start, end, locks);
    region = space.regions.find(end);
  }
}
