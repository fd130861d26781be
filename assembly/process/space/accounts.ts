/**
 * Accounting of a space's regions, and its limits: of the process (setrlimit(2)), of the number of regions, and of
 * committed memory (vm.overcommit_memory). From: mm/mmap.c and mm/util.c of Linux 6.18.
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
} from "../../abi/linux";
import { Region } from "./region";
import { Space } from "./space";

/** vm.max_map_count. */
export const MAX_MAP_COUNT: u32 = 65530;
/** vm.overcommit_ratio: the share of memory that may be committed in mode 2. */
const OVERCOMMIT_PERCENT: u64 = 50;

/** Is true for private writable memory that is not a stack (is_data_mapping). */
export function isData(flags: u32): bool {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/** Adds `pages` (negative: subtracts) to the sums that a region with these flags counts in. */
export function accountPages(space: Space, flags: u32, pages: i64): void {
  space.totalPages += pages;
  if (space.totalPages > space.peakTotal) space.peakTotal = space.totalPages;
  if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC) space.executablePages += pages;
  else if ((flags & VM_GROWSDOWN) != 0) space.stackPages += pages;
  else if (isData(flags)) space.dataPages += pages;
}

/** Adds (1) or removes (-1) the region to all sums, with its locked and committed pages. */
export function account(space: Space, region: Region, sign: i64): void {
  const pages = <i64>((region.end - region.start) >> space.pageShift) * sign;
  accountPages(space, region.flags, pages);
  if (region.has(VM_LOCKED)) space.lockedPages += pages;
  if (region.has(VM_ACCOUNT)) commit(space, pages);
}

/** Commits `pages`, or uncommits them when negative (vm_acct_memory). */
export function commit(space: Space, pages: i64): void {
  space.committedPages += pages;
  space.system.committed += pages;
}

/** Is true when the limits allow `pages` more of a region with these flags (may_expand_vm). */
export function mayGrow(space: Space, flags: u32, pages: u64): bool {
  const shift = space.pageShift;
  if (space.totalPages + pages > space.soft(RLIMIT_AS) >> shift) return false;
  if (!isData(flags) || space.dataPages + pages <= space.soft(RLIMIT_DATA) >> shift) return true;
  // Valgrind sets a soft limit of 0 only to intercept brk, so the hard limit counts then.
  return space.soft(RLIMIT_DATA) == 0 && space.dataPages + pages <= space.hard(RLIMIT_DATA) >> shift;
}

/** Is true when the process may lock memory at all (can_do_mlock). */
export function mayLockAny(space: Space): bool {
  return space.isPrivileged || space.soft(RLIMIT_MEMLOCK) != 0;
}

/** Is true when the process may lock `pages` more (mlock_future_ok). */
export function mayLock(space: Space, flags: u32, pages: u64): bool {
  if ((flags & VM_LOCKED) == 0 || space.isPrivileged) return true;
  return space.lockedPages + pages <= space.soft(RLIMIT_MEMLOCK) >> space.pageShift;
}

/** Is true when `pages` more may be committed (__vm_enough_memory). */
export function mayCommit(space: Space, pages: u64): bool {
  const system = space.system;
  if (system.overcommit == 1) return true;
  const limit = <u64>system.machine.frames.limit;
  const swap = <u64>system.swap.limit;
  if (system.overcommit == 0) return !system.machine.limited || pages <= limit + swap;
  return system.committed + pages <= (limit * OVERCOMMIT_PERCENT) / 100 + swap;
}
