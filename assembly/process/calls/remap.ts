/**
 * mremap(2): a mapping shrinks where it is, grows where there is room behind it, or moves. From: mm/mremap.c of
 * Linux 6.18.
 */
import {
  EAGAIN,
  EFAULT,
  EINVAL,
  ENOMEM,
  FEATURE_KEEP_SHARED,
  FEATURE_MOVE_MANY,
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
  VM_SHARED,
} from "../../abi-process";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { lockPages, move, populate } from "../memory/pages";
import { fitsNew } from "../memory/room";
import { freeWholeTables } from "../pages/free-tables";
import { handOver, maySplit } from "../pages/pool";
import { accountPages, MOST_REGIONS, mayGrow, mayLock, mayPromise, promise } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { describe, expand, place } from "../vma/merge";
import { unmapRange } from "../vma/unmap";
import { fillsHugePage, findRoom, isWholeHuge } from "./room";
import { isAligned, munmap, toPages } from "./unmap";

const KNOWN: u32 = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

/** mremap(2): an address, or -errno. */
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
  if (isPlaced && !isTargetSound(space, address, oldBytes, newBytes, flags, target)) return -EINVAL;
  if (isPlaced && space.regions.count + 2 >= MOST_REGIONS - 3) return -ENOMEM;
  const region = space.regions.at(address);
  if (changetype<usize>(region) == 0) return -EFAULT;
  if (region.has(VM_HUGETLB)) {
    if (!maySplit(space, region, address) || (isPlaced && !maySplit(space, region, target))) return -EINVAL;
    oldBytes = toHuge(space, oldBytes);
    newBytes = toHuge(space, newBytes);
  }
  const movesMany = space.system.knows(FEATURE_MOVE_MANY);
  if ((flags & MREMAP_FIXED) != 0 && !movesMany)
    return moveOne(space, address, oldBytes, newBytes, flags, target);
  if ((flags & MREMAP_FIXED) != 0 && oldBytes == newBytes)
    return moveEach(space, address, oldBytes, flags, target);
  const errno =
    isPlaced || newBytes > oldBytes ? refusal(space, region, address, oldBytes, newBytes, flags) : 0;
  if (errno != 0) return -(<i64>errno);
  if (newBytes > oldBytes && !fitsMore(space, region, newBytes - oldBytes)) return -ENOMEM;
  if (isPlaced) return moveTo(space, address, oldBytes, newBytes, flags, target);
  if (newBytes == oldBytes) return <i64>address;
  if (newBytes < oldBytes) return shrink(space, address, oldBytes, newBytes);
  return grow(space, region, address, oldBytes, newBytes, flags);
}

/** Explicit huge pages move as a whole. */
function toHuge(space: Space, bytes: u64): u64 {
  const mask = ((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1;
  return (bytes + mask) & ~mask;
}

function isTargetSound(
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

/** Why a mapping may not grow or move; 0, or the errno (check_prep_vma). */
function refusal(space: Space, region: Region, address: u64, oldBytes: u64, newBytes: u64, flags: u32): u32 {
  if (oldBytes == 0 && !region.has(VM_SHARED | VM_MAYSHARE)) return EINVAL;
  if ((flags & MREMAP_DONTUNMAP) != 0) {
    if (region.has(VM_DONTEXPAND | VM_PFNMAP)) return EINVAL;
    if (region.object != 0 && !space.system.knows(FEATURE_KEEP_SHARED)) return EINVAL;
  }
  if (min(oldBytes, newBytes) > region.end - address) return EFAULT;
  if (newBytes <= oldBytes) return 0;
  if (region.has(VM_HUGETLB)) return EINVAL;
  if (region.has(VM_DONTEXPAND | VM_PFNMAP)) return EFAULT;
  const more = (newBytes - oldBytes) >> space.pageShift;
  if (!mayLock(space, region.flags, more)) return EAGAIN;
  return mayGrow(space, region.flags, more) ? 0 : ENOMEM;
}

/** Regions move to a place of the caller's, one after the other, the holes between them too (remap_move, since 6.17). */
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
    const errno = refusal(space, region, start, to - start, to - start, flags);
    if (errno != 0) return -(<i64>errno);
    const moved = moveTo(space, start, to - start, to - start, flags, target + (start - address));
    if (moved < 0) return moved;
    if (first < 0) first = moved;
    start = to;
  }
  return first;
}

/** The same before 6.17: the target goes first, whatever becomes of the move; one region moves. */
function moveOne(space: Space, address: u64, oldBytes: u64, newBytes: u64, flags: u32, target: u64): i64 {
  if (unmapRange(space, target, target + newBytes) != 0) return -ENOMEM;
  const region = space.regions.at(address);
  if (changetype<usize>(region) == 0) return -EFAULT;
  const errno = refusal(space, region, address, oldBytes, newBytes, flags);
  return errno != 0 ? -(<i64>errno) : moveTo(space, address, oldBytes, newBytes, flags, target);
}

function shrink(space: Space, address: u64, oldBytes: u64, newBytes: u64): i64 {
  const errno = munmap(space, address + newBytes, oldBytes - newBytes);
  return errno == 0 ? <i64>address : -(<i64>errno);
}

/** The mapping becomes larger where it is, or elsewhere. */
function grow(space: Space, region: Region, address: u64, oldBytes: u64, newBytes: u64, flags: u32): i64 {
  const more = newBytes - oldBytes;
  if (oldBytes != 0 && address + oldBytes == region.end && isFreeBehind(space, region, more)) {
    if (region.has(VM_ACCOUNT) && !mayPromise(space, more >> space.pageShift)) return -ENOMEM;
    return extend(space, region, address, more);
  }
  if ((flags & MREMAP_MAYMOVE) == 0) return -ENOMEM;
  return moveTo(space, address, oldBytes, newBytes, flags, 0);
}

function isFreeBehind(space: Space, region: Region, bytes: u64): bool {
  const end = region.end + bytes;
  if (end < region.end || end > space.taskSize) return false;
  const next = space.regions.next(region);
  return changetype<usize>(next) == 0 || end <= next.start;
}

/** The region grows where it is, and may merge with what it reaches. */
function extend(space: Space, region: Region, address: u64, bytes: u64): i64 {
  const from = region.end;
  const pages = bytes >> space.pageShift;
  const flags = region.flags;
  expand(space, region, from + bytes);
  accountPages(space, flags, pages);
  if ((flags & VM_ACCOUNT) != 0) promise(space, pages);
  if ((flags & VM_LOCKED) != 0) space.lockedPages += pages;
  if ((flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED) populate(space, from, from + bytes, true);
  return <i64>address;
}

/** Where the region's part from `address` goes when it moves: to `target`, or to where there is room; -errno when nowhere. */
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
      ? target == 0 && isWholeHuge(space, bytes)
      : fillsHugePage(space, region.object, bytes, offset);
  return findRoom(space, target, bytes, 0, offset, mayAlign, isFixed);
}

/** Can as many bytes more be brought in, where the mapping is locked? */
function fitsMore(space: Space, region: Region, bytes: u64): bool {
  const shift = space.pageShift;
  if (!region.has(VM_LOCKED)) return true;
  return fitsNew(space, region.flags, region.object, region.index(region.end, shift), bytes >> shift);
}

/** The mapping goes to where there is room, or to `target`. */
function moveTo(space: Space, address: u64, oldBytes: u64, newBytes: u64, flags: u32, target: u64): i64 {
  const shift = space.pageShift;
  const isKept = (flags & MREMAP_DONTUNMAP) != 0;
  if ((flags & MREMAP_FIXED) != 0 && unmapRange(space, target, target + newBytes) != 0) return -ENOMEM;
  if (changetype<usize>(space.regions.at(address)) == 0) return -EFAULT;
  if (newBytes < oldBytes) {
    const shrunk = shrink(space, address, oldBytes, newBytes);
    if (shrunk < 0) return shrunk;
    oldBytes = newBytes;
  }
  const region = space.regions.at(address);
  if (isKept && !mayGrow(space, region.flags, oldBytes >> shift)) return -ENOMEM;
  const room = roomFor(space, region, address, newBytes, target, (flags & MREMAP_FIXED) != 0);
  if (room < 0) return room;
  if (space.regions.count + 3 >= MOST_REGIONS) return -ENOMEM;
  if (region.has(VM_ACCOUNT) && !mayPromise(space, newBytes >> shift)) return -ENOMEM;
  target = <u64>room;
  const had = region.flags;
  const isFresh = region.object == 0 && region.anon == 0;
  // A mapping that has no page yet is as good as new where it goes.
  const pgoff = isFresh ? target >> shift : region.index(address, shift);
  const range = describe(target, target + newBytes, had, region.object, pgoff);
  range.opening = region.opening;
  range.anon = region.anon;
  range.isForked = region.forked != 0;
  const placed = place(space, range, 0, false);
  if (changetype<usize>(placed) == 0) return -ENOMEM;
  accountPages(space, had, newBytes >> shift);
  if ((had & VM_ACCOUNT) != 0) promise(space, newBytes >> shift);
  if ((had & VM_LOCKED) != 0) space.lockedPages += newBytes >> shift;
  handOver(space, region, placed, address, address + oldBytes);
  if (!move(space, address, target, oldBytes)) return -ENOMEM;
  if (isKept) leaveEmpty(space, address, oldBytes, target);
  else if (oldBytes != 0) unmapRange(space, address, address + oldBytes);
  if ((had & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED)
    populate(space, target + oldBytes, target + newBytes, true);
  return <i64>target;
}

/**
 * MREMAP_DONTUNMAP: the old region stays, without the pages that have moved. It loses its lock as a whole, but what it
 * locked still counts against the limit, as in Linux (dontunmap_complete).
 */
function leaveEmpty(space: Space, address: u64, bytes: u64, target: u64): void {
  // Where both places are aligned alike whole tables have moved as they are (move_normal_pmd).
  const hugeMask = ((<u64>1) << space.machine.geometry.shift(HUGE_LEVEL)) - 1;
  if (((target - address) & hugeMask) == 0) freeWholeTables(space, address, address + bytes);
  const region = space.regions.at(address);
  const wasLocked = region.has(VM_LOCKED);
  region.flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
  if (wasLocked) {
    lockPages(space, region.start, region.end, false);
    space.staleLocks += (region.end - region.start) >> space.pageShift;
  }
  // With all of its pages gone it may merge as if it had never had one.
  if (region.start != address || region.end != address + bytes) return;
  region.anon = 0;
  region.forked = 0;
}
