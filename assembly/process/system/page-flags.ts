/** Flags of a page in memory, kept in `used` of its frame's record, like those of Linux's `struct page`. */
/** Stored to through an entry that was cleared since. */
export const DIRTY_PAGE: u32 = 1;
/** MADV_FREE: may be freed without a write unless it is stored to again. */
export const LAZY_PAGE: u32 = 2;
/** Private: its content is a number of its own, not the entry of an object. */
export const PRIVATE_PAGE: u32 = 4;
export const LOCKED_PAGE: u32 = 8;
/** The zero pages, and the kernel's own pages. */
export const KERNEL_PAGE: u32 = 16;
/** An explicit huge page. */
export const POOL_PAGE: u32 = 32;
/** Shared by fork and not found exclusive since: the inverse of Linux's PageAnonExclusive. */
export const FORKED_PAGE: u32 = 64;
/** Used by the kernel once, and twice (mm/swap.c). Only Referenced in smaps shows it. */
export const REFERENCED_PAGE: u32 = 128;
export const ACTIVE_PAGE: u32 = 256;
