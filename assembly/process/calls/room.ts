/**
 * Where a mapping goes. Room is found downwards from the base below the stack, the highest that fits; private anonymous
 * memory in whole huge pages is aligned to them, and a file that fills one so that its own huge pages are
 * (thp_get_unmapped_area, as ext4, XFS and Btrfs ask). From: mm/mmap.c, mm/huge_memory.c and
 * arch/x86/kernel/sys_x86_64.c of Linux 6.18.
 */
import {
  EBADF,
  EINVAL,
  ENOMEM,
  EOVERFLOW,
  EPERM,
  FEATURE_ALIGN_LARGE,
  FEATURE_ALIGN_WHOLE,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_HUGETLB,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_TYPE,
  OBJECT_FILE,
} from "../../abi-process";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { MOST_REGIONS } from "../space/accounts";
import { Space } from "../space/space";
import { isAligned, toPages } from "./unmap";

/** Where MAP_32BIT puts mappings. */
const LOW_START: u64 = 0x40000000;
const LOW_END: u64 = 0x80000000;

/** Addresses of a 32-bit architecture, and pages of its files. */
export const NARROW: u64 = 1 << 32;

/** Where mmap would put such a mapping now, or the first error that it would give, as -errno. Nothing changes. */
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
  if (!isNumbered(space, bytes, offset)) return -EOVERFLOW;
  if (space.regions.count > MOST_REGIONS) return -ENOMEM;
  const mayAlign = isAnonymous
    ? !isSharedType(flags & MAP_TYPE) && address == 0 && isWholeHuge(space, bytes)
    : fillsHugePage(space, object, bytes, offset);
  return findRoom(space, address, bytes, flags, isAnonymous ? 0 : offset, mayAlign, isFixed);
}

/** As many bytes as the mapping has in whole pages; 0 where they overflow. */
export function sizeOf(space: Space, bytes: u64, flags: u32): u64 {
  if ((flags & (MAP_HUGETLB | MAP_ANONYMOUS)) != (MAP_HUGETLB | MAP_ANONYMOUS)) return toPages(space, bytes);
  const huge = hugeBytesOf(space);
  return (bytes + huge - 1) & ~(huge - 1);
}

export function isSharedType(type: u32): bool {
  return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

/** Has every page of the file a number? Those of 32-bit architectures have 32 bits. */
function isNumbered(space: Space, bytes: u64, offset: u64): bool {
  return space.taskSize > NARROW || (offset >> space.pageShift) + (bytes >> space.pageShift) <= NARROW;
}

/** A hint below what may be mapped is one for the lowest place. */
function roundHint(space: Space, address: u64): u64 {
  address &= ~(((<u64>1) << space.pageShift) - 1);
  return address != 0 && address < space.lowest ? space.lowest : address;
}

/** Where a mapping goes; -errno when nowhere. `mayAlign`: whole huge pages are put at one's boundary. */
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
  // Room for a file's huge pages is sought a huge page larger, also where the caller wants it.
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

/** The address, or -EPERM for one below what everybody may map (vm.mmap_min_addr). */
function mayBeMapped(space: Space, address: u64): i64 {
  return address < space.lowest && !space.isPrivileged ? -EPERM : <i64>address;
}

function hugeBytesOf(space: Space): u64 {
  return (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
}

/** Is private anonymous memory of that size aligned to huge pages: as a rule, when it is such and nothing else? */
export function isWholeHuge(space: Space, bytes: u64): bool {
  const system = space.system;
  if (system.knows(FEATURE_ALIGN_WHOLE)) return (bytes & (hugeBytesOf(space) - 1)) == 0;
  return system.knows(FEATURE_ALIGN_LARGE) && bytes >= hugeBytesOf(space);
}

/** Does so much of the object, a file's, hold a whole huge page? Offsets are signed, so that at their end there is one. */
export function fillsHugePage(space: Space, object: u32, bytes: u64, offset: u64): bool {
  if (object == 0 || space.system.objects.kind(object) != OBJECT_FILE) return false;
  const huge = hugeBytesOf(space);
  const end = offset + bytes;
  const first = (offset + huge - 1) & ~(huge - 1);
  return <i64>end > <i64>first && end - first >= huge;
}

/** Room for `bytes` wherever there is, the highest; 0: none. `mayAlign`: whole huge pages are put at one's boundary. */
function findArea(space: Space, bytes: u64, offset: u64, mayAlign: bool): u64 {
  if (mayAlign) {
    const aligned = alignedRoom(space, bytes, offset);
    if (aligned != 0) return aligned;
  }
  const room = space.regions.roomBelow(bytes, space.lowest, space.mmapBase);
  return room != 0 ? room : space.regions.roomAbove(bytes, space.lowest, space.taskSize);
}

/** Room as far above a huge page's boundary as `offset` is, the higher of two: it is sought a huge page larger. */
function alignedRoom(space: Space, bytes: u64, offset: u64): u64 {
  const huge = hugeBytesOf(space);
  const room = space.regions.roomBelow(bytes + huge, space.lowest, space.mmapBase);
  return room == 0 ? 0 : alignedFrom(room, offset, huge);
}

/** The first address above `room` that is as far above a huge page's boundary as `offset` is. */
function alignedFrom(room: u64, offset: u64, huge: u64): u64 {
  const lead = (offset - room) & (huge - 1);
  return lead == 0 ? room + huge : room + lead;
}

/** Room for MAP_32BIT, the lowest. */
function findLow(space: Space, bytes: u64, offset: u64, mayAlign: bool): u64 {
  if (mayAlign) {
    const huge = hugeBytesOf(space);
    const room = space.regions.roomAbove(bytes + huge, LOW_START, LOW_END);
    if (room != 0) return alignedFrom(room, offset, huge);
  }
  return space.regions.roomAbove(bytes, LOW_START, LOW_END);
}

/** Is nothing mapped there, nor so near below a stack that it might not grow? */
function isFree(space: Space, address: u64, bytes: u64): bool {
  if (address > space.taskSize - bytes) return false;
  const region = space.regions.find(address);
  return changetype<usize>(region) == 0 || address + bytes <= space.regions.startGap(region);
}
