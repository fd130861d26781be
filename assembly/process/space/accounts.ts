/**
 * What a space's regions add up to, and may add up to: limits of the process (setrlimit(2)), of its number of regions,
 * and of what the system promises (vm.overcommit_memory). From: mm/mmap.c and mm/util.c of Linux 6.18.
 */
import {
  RLIMIT_AS,
  RLIMIT_DATA,
  RLIMIT_MEMLOCK,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_SHARED,
  VM_WRITE,
} from "../../abi-process";
import { Region } from "./region";
import { Space } from "./space";

/** vm.max_map_count. */
export const MOST_REGIONS: u32 = 65530;
/** vm.overcommit_ratio: the share of memory that may be promised in mode 2. */
const OVERCOMMIT_PERCENT: u64 = 50;

/** Is it private, writable and no stack? */
export function isData(flags: u32): bool {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/** Adds (1) or takes away (-1) so many pages of such flags. */
export function accountPages(space: Space, flags: u32, pages: i64): void {
  space.totalPages += pages;
  if (space.totalPages > space.peakTotal) space.peakTotal = space.totalPages;
  if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC) space.executablePages += pages;
  else if ((flags & VM_GROWSDOWN) != 0) space.stackPages += pages;
  else if (isData(flags)) space.dataPages += pages;
}

/** The region counts from now on (1), or no more (-1), with what it locks and was promised. */
export function account(space: Space, region: Region, sign: i64): void {
  const pages = <i64>((region.end - region.start) >> space.pageShift) * sign;
  accountPages(space, region.flags, pages);
  if (region.has(VM_LOCKED)) space.lockedPages += pages;
  if (region.has(VM_ACCOUNT)) promise(space, pages);
}

export function promise(space: Space, pages: i64): void {
  space.committedPages += pages;
  space.system.committed += pages;
}

/** May the space have so many pages more of such flags (may_expand_vm)? */
export function mayGrow(space: Space, flags: u32, pages: u64): bool {
  const shift = space.pageShift;
  if (space.totalPages + pages > space.soft(RLIMIT_AS) >> shift) return false;
  if (!isData(flags) || space.dataPages + pages <= space.soft(RLIMIT_DATA) >> shift) return true;
  // Valgrind sets a soft limit of 0 to see every brk fail, and means nothing else by it.
  return space.soft(RLIMIT_DATA) == 0 && space.dataPages + pages <= space.hard(RLIMIT_DATA) >> shift;
}

/** May the space lock anything (can_do_mlock), and so many pages more (mlock_future_ok)? */
export function mayLockAny(space: Space): bool {
  return space.isPrivileged || space.soft(RLIMIT_MEMLOCK) != 0;
}

export function mayLock(space: Space, flags: u32, pages: u64): bool {
  if ((flags & VM_LOCKED) == 0 || space.isPrivileged) return true;
  return space.lockedPages + pages <= space.soft(RLIMIT_MEMLOCK) >> space.pageShift;
}

/** May so many pages more be promised (__vm_enough_memory)? */
export function mayPromise(space: Space, pages: u64): bool {
  const system = space.system;
  if (system.overcommit == 1) return true;
  const limit = <u64>system.machine.frames.limit;
  const swap = <u64>system.swap.limit;
  if (system.overcommit == 0) return !system.machine.limited || pages <= limit + swap;
  return system.committed + pages <= (limit * OVERCOMMIT_PERCENT) / 100 + swap;
}
