/**
 * Growth of a stack: a region grows down to the page that was touched. From: mm/vma.c of Linux 6.18,
 * expand_downwards.
 */
import {
  EACCES,
  ENOMEM,
  RLIMIT_STACK,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_READ,
  VM_WRITE,
} from "../../abi/linux";
import { accountPages, commit, mayCommit, mayGrow, mayLock } from "./accounts";
import { assignAnon } from "./anon";
import { Region } from "./region";
import { Space } from "./space";

/** Grows the region, the lowest above `va`, down to it; 0 or an errno. */
export function growStack(space: Space, region: Region, va: u64): u32 {
  const regions = space.regions;
  const to = va & ~(((<u64>1) << space.pageShift) - 1);
  if (to < space.lowest) return EACCES;
  const previous = regions.previous(region);
  if (
    changetype<usize>(previous) != 0 &&
    !previous.has(VM_GROWSDOWN) &&
    previous.has(VM_READ | VM_WRITE | VM_EXEC)
  ) {
    if (to - previous.end < regions.guardBytes) return ENOMEM;
  }
  // The region gets an anon_vma even when the growth fails below.
  assignAnon(space, region);
  const pages = (region.start - to) >> space.pageShift;
  if (region.object == 0 && pages > region.pgoff) return ENOMEM;
  if (!mayGrow(space, region.flags, pages) || region.end - to > space.soft(RLIMIT_STACK)) return ENOMEM;
  if (!mayLock(space, region.flags, pages)) return ENOMEM;
  if (region.has(VM_ACCOUNT) && !mayCommit(space, pages)) return ENOMEM;
  region.pgoff -= pages;
  regions.resize(region, to, region.end);
  accountPages(space, region.flags, pages);
  if (region.has(VM_LOCKED)) space.lockedPages += pages;
  if (region.has(VM_ACCOUNT)) commit(space, pages);
  return 0;
}
