/** munmap(2). From: mm/vma.c of Linux 6.18, do_vmi_munmap. */
import { EINVAL } from "../../abi/linux";
import { Space } from "../space/space";
import { unmapRange } from "../vma/unmap";

/** `bytes` rounded up to whole pages, modulo 2^64. */
export function toPages(space: Space, bytes: u64): u64 {
  const mask = ((<u64>1) << space.pageShift) - 1;
  return (bytes + mask) & ~mask;
}

export function isAligned(space: Space, address: u64): bool {
  return (address & (((<u64>1) << space.pageShift) - 1)) == 0;
}

/** munmap(2); 0 or an errno. */
export function munmap(space: Space, address: u64, bytes: u64): u32 {
  if (!isAligned(space, address) || address > space.taskSize || bytes > space.taskSize - address)
    return EINVAL;
  const end = address + toPages(space, bytes);
  return end == address ? EINVAL : unmapRange(space, address, end);
}
