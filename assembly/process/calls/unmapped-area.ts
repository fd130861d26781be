/**
 * Address selection for mappings. The search for room runs downwards from the mmap base below the stack and takes the
 * highest room that fits; in the legacy layout it runs upwards from a base at a third of the addresses. Private anonymous memory of whole huge pages is aligned to huge pages, and so is a file
 * that fills one (thp_get_unmapped_area, which ext4, XFS and Btrfs use). From: mm/mmap.c, mm/huge_memory.c and
 * arch/x86/kernel/sys_x86_64.c of Linux 6.18.
 */
import {
  EBADF,
  EINVAL,
  ENOMEM,
  EOVERFLOW,
  EPERM,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_HUGETLB,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_TYPE,
} from "../../abi/linux";
import { FEATURE_ALIGN_LARGE, FEATURE_ALIGN_WHOLE, OBJECT_FILE } from "../../abi/process";
import { splitMix64 } from "../../core/rng";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { MAX_MAP_COUNT } from "../space/accounts";
import { Space } from "../space/space";
import { isAligned, toPages } from "./unmap";

/** The range of MAP_32BIT, and the part of it where a search starts if addresses are randomised. */
const LOW_START: u64 = 0x40000000;
const LOW_END: u64 = 0x80000000;
const LOW_RANDOM_BYTES: u64 = 0x02000000;

/** The number of addresses of a 32-bit architecture, and of pages of its files. */
export const LIMIT_32BIT: u64 = 1 << 32;

/** The address that mmap would choose now, or -errno of its first error. Changes nothing. */
export function placement(space: Space, address: u64, bytes: u64, flags: u32, opened: u64, offset: u64): i64 {
  const isAnonymous = (flags & MAP_ANONYMOUS) != 0;
  if (!isAligned(space, offset)) return -EINVAL;
  if (!isAnonymous && opened == 0) return -EBADF;
  const object = isAnonymous ? 0 : <u32>opened;
  if (bytes == 0) return -EINVAL;
  const isHuge = (flags & MAP_HUGETLB) != 0;
  bytes = sizeOf(space, bytes, flags);
  if (bytes == 0) return isHuge && isAnonymous ? -EINVAL : -ENOMEM;
  if (isHuge && !isAnonymous) return -EINVAL;
  const isFixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  if (!isFixed) address = roundHint(space, address);
  if (!fitsPageNumbers(space, bytes, offset)) return -EOVERFLOW;
  if (space.regions.count > MAX_MAP_COUNT) return -ENOMEM;
  const mayAlign = isAnonymous
    ? !isSharedType(flags & MAP_TYPE) && address == 0 && alignsToHuge(space, bytes)
    : object == 0
      ? !isSharedType(flags & MAP_TYPE) && hasHugePage(space, bytes, offset)
      : fillsHugePage(space, object, bytes, offset);
  return findRoom(space, address, bytes, flags, isAnonymous ? 0 : offset, mayAlign, isFixed);
}

/** The size of the mapping in whole pages; 0 on overflow. */
export function sizeOf(space: Space, bytes: u64, flags: u32): u64 {
  if ((flags & (MAP_HUGETLB | MAP_ANONYMOUS)) != (MAP_HUGETLB | MAP_ANONYMOUS)) return toPages(space, bytes);
  const huge = hugeBytesOf(space);
  return (bytes + huge - 1) & ~(huge - 1);
}

export function isSharedType(type: u32): bool {
  return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

/** Is true for a 32-bit kernel. A 64-bit one may run 32-bit programs too. */
export function is32Bit(space: Space): bool {
  return space.machine.geometry.addressBits <= 32;
}

/** Is true when every mapped page of the file has a page number; on 32-bit architectures these have 32 bits. */
function fitsPageNumbers(space: Space, bytes: u64, offset: u64): bool {
  return !is32Bit(space) || (offset >> space.pageShift) + (bytes >> space.pageShift) <= LIMIT_32BIT;
}

/** Rounds a hint down to a page, and up to the lowest address. */
function roundHint(space: Space, address: u64): u64 {
  address &= ~(((<u64>1) << space.pageShift) - 1);
  return address != 0 && address < space.lowest ? space.lowest : address;
}

/**
 * The address of a mapping; -errno when there is no room. With `mayAlign`, whole huge pages are aligned to huge
 * pages.
 */
export function findRoom(
  space: Space,
  address: u64,
  bytes: u64,
  flags: u32,
  offset: u64,
  mayAlign: bool,
  isFixed: bool,
): i64 {
  if (bytes > space.taskSize) return -ENOMEM;
  const isHuge = (flags & MAP_HUGETLB) != 0;
  const huge = hugeBytesOf(space);
  if (isFixed) {
    if (isHuge && (address & (huge - 1)) != 0) return -EINVAL;
    if (address > space.taskSize - bytes) return -ENOMEM;
    if (!isAligned(space, address)) return -EINVAL;
    return mayBeMapped(space, address);
  }
  const isLow = (flags & MAP_32BIT) != 0;
  // Room for a file's huge pages is searched with one huge page extra, even at the caller's hint.
  const isWanted = address != 0 && (!isLow || address + bytes <= LOW_END);
  if (isWanted && isFree(space, address, mayAlign ? bytes + huge : bytes)) {
    if (!isHuge || (address & (huge - 1)) == 0) return mayBeMapped(space, address);
  }
  let room: u64;
  if (isLow) room = findLow(space, bytes, offset, mayAlign);
  else if (isHuge) room = alignedRoom(space, bytes, 0);
  else room = findArea(space, bytes, offset, mayAlign);
  return room == 0 ? -ENOMEM : <i64>room;
}

/** The address, or -EPERM below the minimum for unprivileged processes (vm.mmap_min_addr). */
function mayBeMapped(space: Space, address: u64): i64 {
  return address < space.lowest && !space.isPrivileged ? -EPERM : <i64>address;
}

function hugeBytesOf(space: Space): u64 {
  return (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
}

/**
 * Is true when private anonymous memory of this size is aligned to huge pages: when it consists of whole huge pages
 * only, or, by an older rule, when it has at least one.
 */
export function alignsToHuge(space: Space, bytes: u64): bool {
  const system = space.system;
  if (system.hasFeature(FEATURE_ALIGN_WHOLE)) return (bytes & (hugeBytesOf(space) - 1)) == 0;
  return system.hasFeature(FEATURE_ALIGN_LARGE) && bytes >= hugeBytesOf(space);
}

/** Is true when this part of a file contains a whole huge page. */
export function fillsHugePage(space: Space, object: u32, bytes: u64, offset: u64): bool {
  return object != 0 && space.system.objects.kind(object) == OBJECT_FILE && hasHugePage(space, bytes, offset);
}

/** Is true when there is a whole huge page among these bytes. Offsets are signed, so that at their end there is one. */
function hasHugePage(space: Space, bytes: u64, offset: u64): bool {
  const huge = hugeBytesOf(space);
  const end = offset + bytes;
  const first = (offset + huge - 1) & ~(huge - 1);
  return <i64>end > <i64>first && end - first >= huge;
}

/** The first room for `bytes`; 0 when there is none. With `mayAlign`, whole huge pages are aligned to huge pages. */
function findArea(space: Space, bytes: u64, offset: u64, mayAlign: bool): u64 {
  if (mayAlign) {
    const aligned = alignedRoom(space, bytes, offset);
    if (aligned != 0) return aligned;
  }
  const room = searchRoom(space, bytes);
  if (space.isBottomUp) return room;
  return room != 0 ? room : space.regions.roomAbove(bytes, space.lowest, space.taskSize);
}

/** The first room in the direction of the search; 0 when there is none. */
function searchRoom(space: Space, bytes: u64): u64 {
  if (space.isBottomUp) return space.regions.roomAbove(bytes, space.mmapBase, space.taskSize);
  return space.regions.roomBelow(bytes, space.lowest, space.mmapBase);
}

/**
 * Room with the same offset within a huge page as `offset`, the first; it is searched with one huge page extra. 0
 * when there is none.
 */
function alignedRoom(space: Space, bytes: u64, offset: u64): u64 {
  const huge = hugeBytesOf(space);
  const room = searchRoom(space, bytes + huge);
  return room == 0 ? 0 : alignedFrom(space, room, offset, huge);
}

/**
 * The first address above `room` with the same offset within a huge page as `offset`. In the legacy layout it may be
 * `room` itself.
 */
function alignedFrom(space: Space, room: u64, offset: u64, huge: u64): u64 {
  const lead = (offset - room) & (huge - 1);
  return lead == 0 && !space.isBottomUp ? room + huge : room + lead;
}

/** The lowest room for MAP_32BIT from where the search starts; 0 when there is none. */
function findLow(space: Space, bytes: u64, offset: u64, mayAlign: bool): u64 {
  if (mayAlign) {
    const huge = hugeBytesOf(space);
    const room = space.regions.roomAbove(bytes + huge, lowStart(space), LOW_END);
    if (room != 0) return alignedFrom(space, room, offset, huge);
  }
  return space.regions.roomAbove(bytes, lowStart(space), LOW_END);
}

/** Where a search for MAP_32BIT starts: with randomised addresses, at another page each time (find_start_end). */
function lowStart(space: Space): u64 {
  if (space.lowStart != 0) return space.lowStart;
  if (space.lowRandom == 0) return LOW_START;
  space.lowRandom = splitMix64(space.lowRandom, 1);
  return LOW_START + ((space.lowRandom % (LOW_RANDOM_BYTES >> space.pageShift)) << space.pageShift);
}

/** Is true when nothing is mapped there, and the range does not reach into a stack's guard gap. */
function isFree(space: Space, address: u64, bytes: u64): bool {
  if (address > space.taskSize - bytes) return false;
  const region = space.regions.find(address);
  return changetype<usize>(region) == 0 || address + bytes <= space.regions.startGap(region);
}
