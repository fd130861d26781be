/**
 * mmap(2): its checks, and the region of a mapping. From: mm/mmap.c (do_mmap) and mm/vma.c (mmap_region) of Linux
 * 6.18. A descriptor without an object that can be mapped is /dev/zero: its private mappings are anonymous memory that
 * keeps the descriptor (drivers/char/mem.c, mmap_zero), its shared ones are like shared anonymous memory.
 */

import {
  DENIED_DRIVER,
  DENIED_EXEC,
  DENIED_EXPAND,
  DENIED_MAP,
  DENIED_READ,
  DENIED_WRITE,
  OPENED_DENIED_SHIFT,
  OPENED_NUMBER_SHIFT,
} from "../../abi/call";
import { NONE } from "../../abi/core";
import {
  EACCES,
  EAGAIN,
  EEXIST,
  EINVAL,
  EIO,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  MAP_32BIT,
  MAP_ABOVE4G,
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_DROPPABLE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGE_SHIFT,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_TYPE,
  PROT_EXEC,
  PROT_WRITE,
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_DROPPABLE,
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
  VM_WIPEONFORK,
  VM_WRITE,
} from "../../abi/linux";
import {
  FEATURE_DROPPABLE,
  FEATURE_STACK_IS_SMALL,
  OBJECT_FILE,
  OBJECT_HUGETLB,
  OBJECT_SHMEM,
} from "../../abi/process";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { populate } from "../memory/pages";
import { fitsNew } from "../memory/wasm-room";
import { reservePool } from "../pages/pool";
import { account, accountPages, commit, mayCommit, mayGrow, mayLock, mayLockAny } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { place, rangeOf } from "../vma/merge";
import { splitEnds, unmapRange } from "../vma/unmap";
import { is32Bit, isSharedType, LIMIT_32BIT, placement, sizeOf } from "./unmapped-area";

/** MAP_DROPPABLE: memory that vanishes when memory is short, and at a fork. It is neither reserved nor dumped. */
const DROPPABLE: u32 = VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
const MAY: u32 = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
/** vm.overcommit_memory: no overcommit (OVERCOMMIT_NEVER). */
const NEVER: u32 = 2;
/** The logarithms of the sizes of huge pages: 2 MiB and 1 GiB. */
const MAP_HUGE_MASK: u32 = 21 | 30;

/**
 * The flags that MAP_SHARED_VALIDATE accepts. It refuses others, which MAP_SHARED ignores (LEGACY_MAP_MASK in
 * linux/mman.h).
 */
const LEGACY: u32 =
  MAP_SHARED |
  MAP_PRIVATE |
  MAP_FIXED |
  MAP_ANONYMOUS |
  MAP_32BIT |
  MAP_ABOVE4G |
  MAP_GROWSDOWN |
  MAP_DENYWRITE |
  MAP_EXECUTABLE |
  MAP_LOCKED |
  MAP_NORESERVE |
  MAP_POPULATE |
  MAP_NONBLOCK |
  MAP_STACK |
  MAP_HUGETLB |
  (MAP_HUGE_MASK << MAP_HUGE_SHIFT);

/** mmap(2); an address, or -errno. `opened`: `OPENED_…`, 0 for no descriptor; `offset` in bytes. */
export function mmap(
  space: Space,
  address: u64,
  bytes: u64,
  protection: u32,
  flags: u32,
  opened: u64,
  offset: u64,
): i64 {
  const found = placement(space, address, bytes, flags, opened, offset);
  if (found < 0) return found;
  address = <u64>found;
  bytes = sizeOf(space, bytes, flags);
  const isAnonymous = (flags & MAP_ANONYMOUS) != 0;
  const isHuge = (flags & MAP_HUGETLB) != 0;
  if (isAnonymous) opened = 0;
  const object = <u32>opened;
  const isShared = isSharedType(flags & MAP_TYPE);
  if ((flags & MAP_FIXED_NOREPLACE) != 0 && overlaps(space, address, bytes)) return -EEXIST;
  let wanted = flagsFor(space, protection, flags);
  if ((flags & MAP_LOCKED) != 0 && !mayLockAny(space)) return -EPERM;
  if (!mayLock(space, wanted, bytes >> space.pageShift)) return -EAGAIN;
  const errno =
    isAnonymous && !isHuge
      ? checkAnonymous(space, flags)
      : checkFile(space, opened, bytes, protection, flags, isAnonymous ? 0 : offset);
  if (errno != 0) return -(<i64>errno);
  if (isShared) wanted = shared(wanted, opened);
  if ((flags & MAP_TYPE) == MAP_DROPPABLE) wanted = (wanted | DROPPABLE) & ~VM_LOCKED;
  else wanted = withoutDenied(wanted, opened);
  const isEager = (wanted & VM_LOCKED) != 0 || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
  if (isEager && mayMap(space, address, bytes, wanted, object)) {
    const pages = bytes >> space.pageShift;
    if (!fitsNew(space, wanted, object, offset >> space.pageShift, pages)) return -ENOMEM;
  }
  const mapped = mapRegion(space, address, bytes, wanted, opened, offset);
  if (mapped < 0) return mapped;
  if (isEager) populate(space, address, address + bytes, true);
  return mapped;
}

/** Checks a mapping without a file; 0 or an errno. */
function checkAnonymous(space: Space, flags: u32): u32 {
  const type = flags & MAP_TYPE;
  if (type == MAP_PRIVATE) return 0;
  if (type == MAP_DROPPABLE && space.system.hasFeature(FEATURE_DROPPABLE))
    return (flags & (MAP_LOCKED | MAP_GROWSDOWN)) != 0 ? EINVAL : 0;
  return type != MAP_SHARED || (flags & MAP_GROWSDOWN) != 0 ? EINVAL : 0;
}

/** Checks a mapping of an open file; 0 or an errno. Explicit huge pages belong to a file of the kernel's own. */
function checkFile(space: Space, opened: u64, bytes: u64, protection: u32, flags: u32, offset: u64): u32 {
  const object = <u32>opened;
  const denied = <u32>(opened >> OPENED_DENIED_SHIFT);
  const type = flags & MAP_TYPE;
  const isShared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
  const isFile = object != 0 && space.system.objects.kind(object) == OBJECT_FILE;
  const maxSize = object == 0 ? u64.MAX_VALUE : maxFileSize(space);
  if (offset >> space.pageShift > (maxSize - bytes) >> space.pageShift) return EOVERFLOW;
  if (type == MAP_SHARED_VALIDATE && (flags & ~(isFile ? LEGACY | MAP_SYNC : LEGACY)) != 0) return EOPNOTSUPP;
  if (isShared && (protection & PROT_WRITE) != 0 && (denied & DENIED_WRITE) != 0) return EACCES;
  if (!isShared && type != MAP_PRIVATE) return EINVAL;
  if ((denied & DENIED_READ) != 0) return EACCES;
  if ((denied & DENIED_EXEC) != 0 && (protection & PROT_EXEC) != 0) return EPERM;
  if ((denied & DENIED_DRIVER) != 0) return EIO;
  if ((denied & DENIED_MAP) != 0) return ENODEV;
  if ((flags & MAP_GROWSDOWN) != 0) return EINVAL;
  // A file system that supports MAP_SYNC grants it only on persistent memory (ext4_file_mmap).
  return type == MAP_SHARED_VALIDATE && (flags & MAP_SYNC) != 0 ? EOPNOTSUPP : 0;
}

/** MAX_LFS_FILESIZE, the maximum size of a regular file. Other files have no maximum (file_mmap_size_max). */
function maxFileSize(space: Space): u64 {
  return is32Bit(space) ? (LIMIT_32BIT - 1) << space.pageShift : <u64>i64.MAX_VALUE;
}

/**
 * The flags of a shared mapping. A descriptor that is not open for writing never allows VM_MAYWRITE, and Linux drops
 * VM_SHARED then.
 */
function shared(flags: u32, opened: u64): u32 {
  const isReadOnly = ((opened >> OPENED_DENIED_SHIFT) & DENIED_WRITE) != 0;
  return isReadOnly ? (flags & ~VM_MAYWRITE) | VM_MAYSHARE : flags | VM_SHARED | VM_MAYSHARE;
}

/** The flags without what the descriptor's file never allows. */
function withoutDenied(flags: u32, opened: u64): u32 {
  const denied = <u32>(opened >> OPENED_DENIED_SHIFT);
  if ((denied & DENIED_EXEC) != 0) flags &= ~VM_MAYEXEC;
  return (denied & DENIED_EXPAND) != 0 ? (flags | VM_DONTEXPAND) & ~VM_LOCKED : flags;
}

function flagsFor(space: Space, protection: u32, flags: u32): u32 {
  let wanted = (protection & 7) | MAY | space.defaultFlags;
  if ((flags & MAP_GROWSDOWN) != 0) wanted |= VM_GROWSDOWN;
  if ((flags & MAP_LOCKED) != 0) wanted |= VM_LOCKED;
  if ((flags & MAP_STACK) != 0 && space.system.hasFeature(FEATURE_STACK_IS_SMALL)) wanted |= VM_NOHUGEPAGE;
  if ((flags & MAP_HUGETLB) != 0) wanted |= VM_HUGETLB | VM_DONTEXPAND;
  if ((flags & MAP_NORESERVE) != 0 && space.system.overcommit != NEVER) wanted |= VM_NORESERVE;
  return wanted;
}

function overlaps(space: Space, address: u64, bytes: u64): bool {
  const region = space.regions.find(address);
  return changetype<usize>(region) != 0 && region.start < address + bytes;
}

/** Replaces whatever is mapped in the range with a new region; the address, or -errno. */
function mapRegion(space: Space, address: u64, bytes: u64, flags: u32, opened: u64, offset: u64): i64 {
  let object = <u32>opened;
  const system = space.system;
  const shift = space.pageShift;
  const end = address + bytes;
  const pages = bytes >> shift;
  // Regions are split at the ends of the range first, and stay split when the mapping fails below.
  const errno = splitEnds(space, address, end);
  if (errno != 0) return errno == EPERM ? -EPERM : -ENOMEM;
  if (!mayMap(space, address, bytes, flags, object)) return -ENOMEM;
  const isReserved = (flags & VM_NORESERVE) == 0;
  const isCharged = isAccountable(flags);
  if (unmapRange(space, address, end) != 0) return -ENOMEM;
  if (
    (flags & VM_HUGETLB) != 0 &&
    isReserved &&
    pages >> system.machine.geometry.order(HUGE_LEVEL) > <u64>system.hugetlb.free
  )
    return -ENOMEM;
  if (isCharged) flags |= VM_ACCOUNT;
  const reserved = (flags & VM_HUGETLB) != 0 && isReserved ? reservePool(system, bytes) : 0;
  if (reserved == NONE) return -ENOMEM;
  const isOwnObject = object == 0 && (flags & VM_SHARED) != 0;
  if (isOwnObject)
    object = system.objects.create((flags & VM_HUGETLB) != 0 ? OBJECT_HUGETLB : OBJECT_SHMEM, bytes);
  if (isOwnObject && object == 0) {
    system.fail();
    return -ENOMEM;
  }
  const isAnonymous = object == 0 && opened == 0;
  const pgoff = isAnonymous ? address >> shift : isOwnObject ? 0 : offset >> shift;
  const range = rangeOf(address, end, flags, object, pgoff);
  range.opening = <u32>(opened >> OPENED_NUMBER_SHIFT);
  const region = place(space, range, 0, false);
  if (changetype<usize>(region) == 0) return -ENOMEM;
  if (!isOwnObject) {
    region.reserved += reserved;
  } else {
    system.objects.setReserved(object, reserved);
    system.objects.release(object);
  }
  accountPages(space, flags, pages);
  if ((flags & VM_LOCKED) != 0) space.lockedPages += pages;
  if (isCharged) commit(space, pages);
  return <i64>address;
}

/** Is true when limits and overcommit allow the mapping, in place of what is mapped there. */
function mayMap(space: Space, address: u64, bytes: u64, flags: u32, object: u32): bool {
  const pages = bytes >> space.pageShift;
  if (!mayGrow(space, flags, pages - pagesWithin(space, address, address + bytes))) return false;
  const isOwnObject = object == 0 && (flags & VM_SHARED) != 0 && (flags & VM_NORESERVE) == 0;
  return !(isOwnObject || isAccountable(flags)) || mayCommit(space, pages);
}

/** Is true when the memory is charged against overcommit (accountable_mapping). */
function isAccountable(flags: u32): bool {
  return (flags & (VM_SHARED | VM_WRITE | VM_HUGETLB | VM_NORESERVE)) == VM_WRITE;
}

/** Pages of regions between `start` and `end`. */
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

/** Inserts a region without merging it; null when the range is not free or memory is out. */
export function insertRegion(
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
