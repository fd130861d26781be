/**
 * mmap: where a mapping goes, what it may not, and its region. Room is found downwards from the base below the stack,
 * the highest that fits; private anonymous memory in whole huge pages is aligned to them, and a file that fills one so
 * that its own huge pages are (thp_get_unmapped_area, as ext4, XFS and Btrfs ask). From: mm/mmap.c (do_mmap), mm/vma.c
 * (mmap_region), mm/huge_memory.c and arch/x86/kernel/sys_x86_64.c of Linux 6.18.
 */
import { NONE } from "../../abi";
import {
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  ENOMEM,
  EOPNOTSUPP,
  EPERM,
  FEATURE_ALIGN_LARGE,
  FEATURE_ALIGN_WHOLE,
  FEATURE_STACK_IS_SMALL,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_TYPE,
  OBJECT_FILE,
  OBJECT_HUGETLB,
  OBJECT_SHMEM,
  VM_ACCOUNT,
  VM_DONTEXPAND,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_SHARED,
  VM_WRITE,
} from "../../abi-process";
import { HUGE } from "../memory/huge";
import { promisePool } from "../memory/hugetlb";
import { populate } from "../memory/pages";
import { fitsNew } from "../memory/room";
import {
  account,
  accountPages,
  MOST_REGIONS,
  mayGrow,
  mayLock,
  mayLockAny,
  mayPromise,
  promise,
} from "../space/accounts";
import { describe, place } from "../space/merge";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { cut, isAligned, part, toPages } from "./unmap";

const MAY: u32 = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
/** Where MAP_32BIT puts mappings. */
const LOW_START: u64 = 0x40000000;
const LOW_END: u64 = 0x80000000;
const NEVER: u32 = 2;

/** mmap(2): an address, or -errno. `object` 0: anonymous; `offset` in bytes. */
export function mmap(
  space: Space,
  address: u64,
  bytes: u64,
  protection: u32,
  flags: u32,
  object: u32,
  offset: u64,
): i64 {
  const found = placement(space, address, bytes, flags, object, offset);
  if (found < 0) return found;
  address = <u64>found;
  bytes = sizeOf(space, bytes, flags);
  const isAnonymous = (flags & MAP_ANONYMOUS) != 0;
  const isHuge = (flags & MAP_HUGETLB) != 0;
  if (isAnonymous) object = 0;
  const type = flags & MAP_TYPE;
  const isShared = isSharedType(type);
  if ((flags & MAP_FIXED_NOREPLACE) != 0 && overlaps(space, address, bytes)) return -EEXIST;
  let wanted = flagsFor(space, protection, flags);
  if ((flags & MAP_LOCKED) != 0 && !mayLockAny(space)) return -EPERM;
  if (!mayLock(space, wanted, bytes >> space.pageShift)) return -EAGAIN;
  if (type == 0 || type > <u32>MAP_SHARED_VALIDATE) return -EINVAL;
  if (type == MAP_SHARED_VALIDATE) {
    // Only this kind of mapping refuses what the kernel does not know.
    if (isAnonymous && !isHuge) return -EINVAL;
    if ((flags & MAP_FIXED_NOREPLACE) != 0) return -EOPNOTSUPP;
  }
  if ((isShared || !isAnonymous) && (flags & MAP_GROWSDOWN) != 0) return -EINVAL;
  if (type == MAP_SHARED_VALIDATE && (flags & MAP_SYNC) != 0) return -EOPNOTSUPP;
  if (isShared) wanted |= VM_SHARED | VM_MAYSHARE;
  const isEager = (wanted & VM_LOCKED) != 0 || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
  if (isEager && mayMap(space, address, bytes, wanted, object)) {
    const pages = bytes >> space.pageShift;
    if (!fitsNew(space, wanted, object, offset >> space.pageShift, pages)) return -ENOMEM;
  }
  const mapped = mapRegion(space, address, bytes, wanted, object, offset);
  if (mapped < 0) return mapped;
  if (isEager) populate(space, address, address + bytes, true);
  return mapped;
}

/** Where mmap would put such a mapping now, or the first error that it would give, as -errno. Nothing changes. */
export function placement(space: Space, address: u64, bytes: u64, flags: u32, object: u32, offset: u64): i64 {
  const isAnonymous = (flags & MAP_ANONYMOUS) != 0;
  if (!isAligned(space, offset)) return -EINVAL;
  if (!isAnonymous && object == 0) return -EBADF;
  if (bytes == 0) return -EINVAL;
  const isHuge = (flags & MAP_HUGETLB) != 0;
  bytes = sizeOf(space, bytes, flags);
  if (bytes == 0) return isHuge && isAnonymous ? -EINVAL : -ENOMEM;
  if (isHuge && !isAnonymous) return -EINVAL;
  const isFixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  if (!isFixed) address = roundHint(space, address);
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

function isSharedType(type: u32): bool {
  return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

function flagsFor(space: Space, protection: u32, flags: u32): u32 {
  let wanted = (protection & 7) | MAY | space.defaultFlags;
  if ((flags & MAP_GROWSDOWN) != 0) wanted |= VM_GROWSDOWN;
  if ((flags & MAP_LOCKED) != 0) wanted |= VM_LOCKED;
  if ((flags & MAP_STACK) != 0 && space.system.knows(FEATURE_STACK_IS_SMALL)) wanted |= VM_NOHUGEPAGE;
  if ((flags & MAP_HUGETLB) != 0) wanted |= VM_HUGETLB | VM_DONTEXPAND;
  if ((flags & MAP_NORESERVE) != 0 && space.system.overcommit != NEVER) wanted |= VM_NORESERVE;
  return wanted;
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
  return (<u64>1) << space.machine.geometry.shift(HUGE);
}

/** Is private anonymous memory of that size aligned to huge pages: as a rule, when it is such and nothing else? */
export function isWholeHuge(space: Space, bytes: u64): bool {
  const system = space.system;
  if (system.knows(FEATURE_ALIGN_WHOLE)) return (bytes & (hugeBytesOf(space) - 1)) == 0;
  return system.knows(FEATURE_ALIGN_LARGE) && bytes >= hugeBytesOf(space);
}

/** Does so much of the object, a file's, hold a whole huge page? */
export function fillsHugePage(space: Space, object: u32, bytes: u64, offset: u64): bool {
  if (object == 0 || space.system.objects.kind(object) != OBJECT_FILE) return false;
  const huge = hugeBytesOf(space);
  return offset + bytes >= ((offset + huge - 1) & ~(huge - 1)) + huge;
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

function overlaps(space: Space, address: u64, bytes: u64): bool {
  const region = space.regions.find(address);
  return changetype<usize>(region) != 0 && region.start < address + bytes;
}

/** Maps in place of whatever is there; the address, or -errno. */
function mapRegion(space: Space, address: u64, bytes: u64, flags: u32, object: u32, offset: u64): i64 {
  const system = space.system;
  const shift = space.pageShift;
  const end = address + bytes;
  const pages = bytes >> shift;
  // What is to be replaced is parted from the rest first, and stays so where the new mapping may not be.
  if (part(space, address, end) != 0) return -ENOMEM;
  if (!mayMap(space, address, bytes, flags, object)) return -ENOMEM;
  const isReserved = (flags & VM_NORESERVE) == 0;
  const isCharged = isPromised(flags);
  if (cut(space, address, end) != 0) return -ENOMEM;
  if (
    (flags & VM_HUGETLB) != 0 &&
    isReserved &&
    pages >> system.machine.geometry.order(HUGE) > <u64>system.hugetlbFree
  )
    return -ENOMEM;
  if (isCharged) flags |= VM_ACCOUNT;
  const promised = (flags & VM_HUGETLB) != 0 && isReserved ? promisePool(system, bytes) : 0;
  if (promised == NONE) return -ENOMEM;
  const isOwnObject = object == 0 && (flags & VM_SHARED) != 0;
  if (isOwnObject)
    object = system.objects.create((flags & VM_HUGETLB) != 0 ? OBJECT_HUGETLB : OBJECT_SHMEM, bytes);
  if (isOwnObject && object == 0) {
    system.fail();
    return -ENOMEM;
  }
  const pgoff = object == 0 ? address >> shift : isOwnObject ? 0 : offset >> shift;
  const region = place(space, describe(address, end, flags, object, pgoff), 0, false);
  if (changetype<usize>(region) == 0) return -ENOMEM;
  if (!isOwnObject) {
    region.promised += promised;
  } else {
    system.objects.setPromised(object, promised);
    system.objects.release(object);
  }
  accountPages(space, flags, pages);
  if ((flags & VM_LOCKED) != 0) space.lockedPages += pages;
  if (isCharged) promise(space, pages);
  return <i64>address;
}

/** Do limits and promises allow such a mapping, in place of what is there? */
function mayMap(space: Space, address: u64, bytes: u64, flags: u32, object: u32): bool {
  const pages = bytes >> space.pageShift;
  if (!mayGrow(space, flags, pages - pagesWithin(space, address, address + bytes))) return false;
  const isOwnObject = object == 0 && (flags & VM_SHARED) != 0 && (flags & VM_NORESERVE) == 0;
  return !(isOwnObject || isPromised(flags)) || mayPromise(space, pages);
}

/** Is such memory promised to the region, page by page? */
function isPromised(flags: u32): bool {
  return (flags & (VM_SHARED | VM_WRITE | VM_HUGETLB | VM_NORESERVE)) == VM_WRITE;
}

/** Pages of regions between the two. */
function pagesWithin(space: Space, start: u64, end: u64): u64 {
  let pages: u64 = 0;
  const regions = space.regions;
  let region = regions.find(start);
  while (changetype<usize>(region) != 0 && region.start < end) {
    pages += (min(region.end, end) - max(region.start, start)) >> space.pageShift;
    region = regions.find(region.end);
  }
  return pages;
}

/** Puts a region where nothing is, as it is said to be, without merging; null where something is, or memory is out. */
export function setDown(
  space: Space,
  start: u64,
  end: u64,
  flags: u32,
  object: u32,
  pgoff: u64,
  label: u32,
): Region {
  if (overlaps(space, start, end - start)) return changetype<Region>(0);
  const region = space.regions.insert(start, end);
  if (changetype<usize>(region) == 0) return region;
  region.flags = flags;
  region.object = object;
  region.pgoff = pgoff;
  region.label = label;
  region.call = space.call;
  if (object != 0) space.system.objects.retain(object);
  account(space, region, 1);
  return region;
}
