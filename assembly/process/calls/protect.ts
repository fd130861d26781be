/** mprotect(2). From: mm/mprotect.c of Linux 6.18. Changes made before an error remain. */
import {
  EACCES,
  EINVAL,
  ENOMEM,
  EPERM,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_NORESERVE,
  VM_READ,
  VM_SEALED,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/linux";
import { populate, reprotect } from "../memory/pages";
import { fitsNew } from "../memory/wasm-room";
import { maySplit } from "../pages/pool";
import { accountPages, commit, mayCommit, mayGrow } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { modify } from "../vma/merge";
import { isAligned, toPages } from "./unmap";

const ACCESS: u32 = VM_READ | VM_WRITE | VM_EXEC;
/** VM_MAYREAD, VM_MAYWRITE and VM_MAYEXEC are four bits above the flags they allow. */
const MAY_SHIFT: u32 = 4;

/** mprotect(2); 0 or an errno. */
export function mprotect(space: Space, address: u64, bytes: u64, protection: u32): u32 {
  const grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows == (PROT_GROWSDOWN | PROT_GROWSUP)) return EINVAL;
  if (!isAligned(space, address)) return EINVAL;
  if (bytes == 0) return 0;
  const end = address + toPages(space, bytes);
  if (end <= address) return ENOMEM;
  protection &= ~(<u32>(PROT_GROWSDOWN | PROT_GROWSUP));
  if ((protection & ~ACCESS & ~8) != 0) return EINVAL;
  let region = space.regions.find(address);
  if (changetype<usize>(region) == 0) return ENOMEM;
  let start = address;
  if (grows == PROT_GROWSDOWN) {
    if (region.start >= end) return ENOMEM;
    if (!region.has(VM_GROWSDOWN)) return EINVAL;
    start = region.start;
  } else if (region.start > start) {
    return ENOMEM;
  } else if (grows != 0) {
    return EINVAL;
  }
  while (true) {
    const to = min(region.end, end);
    const flags = (region.flags & ~ACCESS) | (protection & ACCESS);
    if ((flags & ~(flags >> MAY_SHIFT) & ACCESS) != 0) return EACCES;
    const errno = change(space, region, start, to, flags);
    if (errno != 0) return errno;
    start = to;
    if (start >= end) return 0;
    region = space.regions.find(start);
    if (changetype<usize>(region) == 0 || region.start > start) return ENOMEM;
  }
}

/** Changes the flags of a part of the region; 0 or an errno. */
function change(space: Space, region: Region, start: u64, end: u64, flags: u32): u32 {
  const old = region.flags;
  if ((old & VM_SEALED) != 0) return EPERM;
  if (flags == old) return 0;
  if (!maySplit(space, region, start) || !maySplit(space, region, end)) return EINVAL;
  const pages = (end - start) >> space.pageShift;
  let committed: i64 = 0;
  if ((flags & VM_WRITE) != 0) {
    // RLIMIT_DATA matters only for memory that did not count as data before.
    if (!mayGrow(space, flags, pages) && mayGrow(space, old, pages)) return ENOMEM;
    if ((old & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)) == 0) {
      if (!mayCommit(space, pages)) return ENOMEM;
      committed = pages;
      flags |= VM_ACCOUNT;
    }
  } else if ((old & VM_ACCOUNT) != 0 && region.object == 0 && region.anon == 0) {
    committed = -(<i64>pages);
    flags &= ~VM_ACCOUNT;
  }
  // Locked private memory that becomes writable is copied now, so that no store has to wait.
  const isCopied = (old & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (flags & VM_WRITE) != 0;
  const index = region.index(start, space.pageShift);
  if (isCopied && !fitsNew(space, flags, region.object, index, pages)) return ENOMEM;
  region = modify(space, region, start, end, flags);
  if (changetype<usize>(region) == 0) return ENOMEM;
  commit(space, committed);
  accountPages(space, old, -(<i64>pages));
  accountPages(space, flags, pages);
  reprotect(space, region, start, end);
  if (isCopied) populate(space, start, end, true);
  return 0;
}
