/**
 * The marker of a guard region: an entry that is not present, like that of a page in swap, with a number that no record
 * has. It has 32 bits, as entries of i386 do.
 */
import { VM_HUGETLB } from "../../abi-process";
import { VM_SPECIAL } from "../space/region";

export const MARKER: u64 = 0xfffffffe;

export function isGuard(entry: u64): bool {
  return entry == MARKER;
}

/** Regions with any of these flags take no guards (is_valid_guard_vma in mm/madvise.c). */
export const NEVER_GUARDED: u32 = VM_SPECIAL | VM_HUGETLB;
