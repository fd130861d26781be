/**
 * mremap(2): a mapping shrinks in place, grows in place where the room after it is free, or moves. From: mm/mremap.c
 * of Linux 6.18.
 */
import {
  EAGAIN,
  EFAULT,
  EINVAL,
  ENOMEM,
  EPERM,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  VM_ACCOUNT,
  VM_DONTEXPAND,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SEALED,
  VM_SHARED,
} from "../../abi/linux";
import { FEATURE_KEEP_SHARED, FEATURE_MOVE_MANY } from "../../abi/process";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { lockPages, move, populate } from "../memory/pages";
import { fitsNew } from "../memory/wasm-room";
import { freeEmptyTables } from "../pages/free-tables";
import { maySplit, moveReserve } from "../pages/pool";
import { accountPages, commit, MAX_MAP_COUNT, mayCommit, mayGrow, mayLock } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { expand, place, rangeOf } from "../vma/merge";
import { unmapRange } from "../vma/unmap";
import { isAligned, munmap, toPages } from "./unmap";
import { alignsToHuge, fillsHugePage, findRoom } from "./unmapped-area";

const KNOWN: u32 = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

/** mremap(2); an address, or -errno. */
export function mremap(
  space: Space,
  address: u64,
  oldBytes: u64,
  newBytes: u64,
  flags: u32,
  target: u64,
): i64 {
  const isPlaced = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0;
  if ((flags & ~KNOWN) != 0 || !isAligned(space, address)) return -EINVAL;
  oldBytes = toPages(space, oldBytes);
  newBytes = toPages(space, newBytes);
  if (newBytes == 0 || newBytes > space.taskSize) return -EINVAL;
  if (isPlaced && !isTargetValid(space, address, oldBytes, newBytes, flags, target)) return -EINVAL;
  if (isPlaced && space.regions.count + 2 >= MAX_MAP_COUNT - 3) return -ENOMEM;
  const region = space.regions.at(address);
  if (changetype<usize>(region) == 0) return -EFAULT;
  if (region.has(VM_SEALED)) return -EPERM;
  if (region.has(VM_HUGETLB)) {
    if (!maySplit(space, region, address) || (isPlaced && !maySplit(space, region, target))) return -EINVAL;
    oldBytes = toHuge(space, oldBytes);
    newBytes = toHuge(space, newBytes);
  }
  const movesMany = space.system.hasFeature(FEATURE_MOVE_MANY);
  if ((flags & MREMAP_FIXED) != 0 && !movesMany)
    return moveOne(space, address, oldBytes, newBytes, flags, target);
  if ((flags & MREMAP_FIXED) != 0 && oldBytes == newBytes)
    return moveEach(space, address, oldBytes, flags, target);
  const errno =
    isPlaced || newBytes > oldBytes ? checkMove(space, region, address, oldBytes, newBytes, flags) : 0;
  if (errno != 0) return -(<i64>errno);
  if (newBytes > oldBytes && !fitsMore(space, region, newBytes - oldBytes)) return -ENOMEM;
  if (isPlaced) return moveTo(space, address, oldBytes, newBytes, flags, target);
  if (newBytes == oldBytes) return <i64>address;
  if (newBytes < oldBytes) return shrink(space, address, oldBytes, newBytes);
  return grow(space, region, address, oldBytes, newBytes, flags);
}

/** Rounds up to whole explicit huge pages. */
function toHuge(space: Space, bytes: u64): u64 {
  const mask = ((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1;
  return (bytes + mask) & ~mask;
}

function isTargetValid(
  space: Space,
  address: u64,
  oldBytes: u64,
  newBytes: u64,
  flags: u32,
  target: u64,
): bool {
  if ((flags & MREMAP_MAYMOVE) == 0) return false;
  if ((flags & MREMAP_DONTUNMAP) != 0 && oldBytes != newBytes) return false;
  if (!isAligned(space, target) || target > space.taskSize - newBytes) return false;
  return target + newBytes <= address || address + oldBytes <= target;
}

/** Checks whether a mapping may grow or move; 0 or an errno (check_prep_vma). */
function checkMove(
  space: Space,
  region: Region,
  address: u64,
  oldBytes: u64,
  newBytes: u64,
  flags: u32,
): u32 {
  if (oldBytes == 0 && !region.has(VM_SHARED | VM_MAYSHARE)) return EINVAL;
  if ((flags & MREMAP_DONTUNMAP) != 0) {
    if (region.has(VM_DONTEXPAND | VM_PFNMAP)) return EINVAL;
    if (region.object != 0 && !space.system.hasFeature(FEATURE_KEEP_SHARED)) return EINVAL;
  }
  if (min(oldBytes, newBytes) > region.end - address) return EFAULT;
  if (newBytes <= oldBytes) return 0;
  if (region.has(VM_HUGETLB)) return EINVAL;
  if (region.has(VM_DONTEXPAND | VM_PFNMAP)) return EFAULT;
  const more = (newBytes - oldBytes) >> space.pageShift;
  if (!mayLock(space, region.flags, more)) return EAGAIN;
  return mayGrow(space, region.flags, more) ? 0 : ENOMEM;
}

/** Moves all regions of a range to `target`, one by one, and keeps the holes between them (remap_move, since 6.17). */
function moveEach(space: Space, address: u64, bytes: u64, flags: u32, target: u64): i64 {
  const end = address + bytes;
  let first: i64 = -EFAULT;
  let start = address;
  while (start < end) {
    const region = space.regions.find(start);
    if (changetype<usize>(region) == 0 || region.start >= end) break;
    if (first < 0 && region.start > start) return -EFAULT;
    start = max(start, region.start);
    const to = min(region.end, end);
    if (region.has(VM_SEALED)) return -EPERM;
    const errno = checkMove(space, region, start, to - start, to - start, flags);
    if (errno != 0) return -(<i64>errno);
    const moved = moveTo(space, start, to - start, to - start, flags, target + (start - address));
    if (moved < 0) return moved;
    if (first < 0) first = moved;
    start = to;
  }
  return first;
}

/** The same before 6.17: one region moves. The target is unmapped first, even when the move fails. */
function moveOne(space: Space, address: u64, oldBytes: u64, newBytes: u64, flags: u32, target: u64): i64 {
  const failed = unmapTarget(space, target, newBytes);
  if (failed != 0) return -(<i64>failed);
  const region = space.regions.at(address);
  if (changetype<usize>(region) == 0) return -EFAULT;
  const errno = checkMove(space, region, address, oldBytes, newBytes, flags);
  return errno != 0 ? -(<i64>errno) : moveTo(space, address, oldBytes, newBytes, flags, target);
}

/** Makes room at the target of MREMAP_FIXED; 0, EPERM when a region there is sealed, or ENOMEM. */
function unmapTarget(space: Space, target: u64, bytes: u64): u32 {
  const errno = unmapRange(space, target, target + bytes);
  return errno == 0 || errno == EPERM ? errno : ENOMEM;
}

function shrink(space: Space, address: u64, oldBytes: u64, newBytes: u64): i64 {
  const errno = munmap(space, address + newBytes, oldBytes - newBytes);
  return errno == 0 ? <i64>address : -(<i64>errno);
}

/** Grows the mapping in place, or moves it. */
function grow(space: Space, region: Region, address: u64, oldBytes: u64, newBytes: u64, flags: u32): i64 {
  const more = newBytes - oldBytes;
  if (oldBytes != 0 && address + oldBytes == region.end && isFreeAfter(space, region, more)) {
    if (region.has(VM_ACCOUNT) && !mayCommit(space, more >> space.pageShift)) return -ENOMEM;
    return extend(space, region, address, more);
  }
  if ((flags & MREMAP_MAYMOVE) == 0) return -ENOMEM;
  return moveTo(space, address, oldBytes, newBytes, flags, 0);
}

function isFreeAfter(space: Space, region: Region, bytes: u64): bool {
  const end = region.end + bytes;
  if (end < region.end || end > space.taskSize) return false;
  const next = space.regions.next(region);
  return changetype<usize>(next) == 0 || end <= next.start;
}

/** Grows the region in place and merges it with the next one. */
function extend(space: Space, region: Region, address: u64, bytes: u64): i64 {
  const from = region.end;
  const pages = bytes >> space.pageShift;
  const flags = region.flags;
  expand(space, region, from + bytes);
  accountPages(space, flags, pages);
  if ((flags & VM_ACCOUNT) != 0) commit(space, pages);
  if ((flags & VM_LOCKED) != 0) space.lockedPages += pages;
  if ((flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED) populate(space, from, from + bytes, true);
  return <i64>address;
}

/**
 * The new address of the region's part from `address` when it moves: `target`, or where there is room; -errno when
 * there is none.
 */
export function roomFor(
  space: Space,
  region: Region,
  address: u64,
  bytes: u64,
  target: u64,
  isFixed: bool,
): i64 {
  const shift = space.pageShift;
  const offset = region.object == 0 ? 0 : region.index(address, shift) << shift;
  const mayAlign =
    region.object == 0
      ? target == 0 && alignsToHuge(space, bytes)
      : fillsHugePage(space, region.object, bytes, offset);
  return findRoom(space, target, bytes, 0, offset, mayAlign, isFixed);
}

/** Is true when `bytes` more can be faulted in, if the mapping is locked. */
function fitsMore(space: Space, region: Region, bytes: u64): bool {
  const shift = space.pageShift;
  if (!region.has(VM_LOCKED)) return true;
  return fitsNew(space, region.flags, region.object, region.index(region.end, shift), bytes >> shift);
}

/** Moves the mapping to `target`, or to where there is room. */
function moveTo(space: Space, address: u64, oldBytes: u64, newBytes: u64, flags: u32, target: u64): i64 {
  const shift = space.pageShift;
  const keepsSource = (flags & MREMAP_DONTUNMAP) != 0;
  const failed = (flags & MREMAP_FIXED) != 0 ? unmapTarget(space, target, newBytes) : 0;
  if (failed != 0) return -(<i64>failed);
  if (changetype<usize>(space.regions.at(address)) == 0) return -EFAULT;
  if (newBytes < oldBytes) {
    const shrunk = shrink(space, address, oldBytes, newBytes);
    if (shrunk < 0) return shrunk;
    oldBytes = newBytes;
  }
  const region = space.regions.at(address);
  if (keepsSource && !mayGrow(space, region.flags, oldBytes >> shift)) return -ENOMEM;
  const room = roomFor(space, region, address, newBytes, target, (flags & MREMAP_FIXED) != 0);
  if (room < 0) return room;
  if (space.regions.count + 3 >= MAX_MAP_COUNT) return -ENOMEM;
  if (region.has(VM_ACCOUNT) && !mayCommit(space, newBytes >> shift)) return -ENOMEM;
  target = <u64>room;
  const old = region.flags;
  const isFresh = region.object == 0 && region.anon == 0;
  // A mapping that never had a page gets the offset of its new address.
  const pgoff = isFresh ? target >> shift : region.index(address, shift);
  const range = rangeOf(target, target + newBytes, old, region.object, pgoff);
  range.opening = region.opening;
  range.anon = region.anon;
  range.isForked = region.forked != 0;
  const placed = place(space, range, 0, false);
  if (changetype<usize>(placed) == 0) return -ENOMEM;
  accountPages(space, old, newBytes >> shift);
  if ((old & VM_ACCOUNT) != 0) commit(space, newBytes >> shift);
  if ((old & VM_LOCKED) != 0) space.lockedPages += newBytes >> shift;
  moveReserve(space, region, placed, address, address + oldBytes);
  if (!move(space, address, target, oldBytes)) return -ENOMEM;
  if (keepsSource) completeDontUnmap(space, address, oldBytes, target);
  else if (oldBytes != 0) unmapRange(space, address, address + oldBytes);
  if ((old & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED)
    populate(space, target + oldBytes, target + newBytes, true);
  return <i64>target;
}

/**
 * MREMAP_DONTUNMAP: the old region stays, without the moved pages. It is unlocked as a whole, but its locked pages
 * still count against the limit, as in Linux (dontunmap_complete).
 */
function completeDontUnmap(space: Space, address: u64, bytes: u64, target: u64): void {
  // When both addresses have the same offset within a huge page, whole tables were moved (move_normal_pmd).
  const hugeMask = ((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1;
  if (((target - address) & hugeMask) == 0) freeEmptyTables(space, address, address + bytes);
  const region = space.regions.at(address);
  const wasLocked = region.has(VM_LOCKED);
  region.flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
  if (wasLocked) {
    lockPages(space, region.start, region.end, false);
    space.staleLocks += (region.end - region.start) >> space.pageShift;
  }
  // A region that lost all its pages may merge like a new one.
  if (region.start != address || region.end != address + bytes) return;
  region.anon = 0;
  region.forked = 0;
}
