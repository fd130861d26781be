/**
 * The marker of a guard page: a non-present entry, like that of a swapped page, with a number that no swap entry has. It
 * fits the 32 bits of i386 entries.
 */
import { VM_HUGETLB } from "../../abi/linux";
import { VM_SPECIAL } from "../space/region";

export const MARKER: u64 = 0xfffffffe;

export function isGuard(entry: u64): bool {
  return entry == MARKER;
}

/** Regions with any of these flags take no guards (is_valid_guard_vma in mm/madvise.c). */
export const NEVER_GUARDED: u32 = VM_SPECIAL | VM_HUGETLB;
