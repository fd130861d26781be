/** Flags of a page in memory, in `used` of its frame's record, as Linux keeps them in `struct page`. */
/** Stored to, through an entry that is gone. */
export const DIRTY_PAGE: u32 = 1;
/** MADV_FREE: may go without a write unless it is stored to again. */
export const LAZY_PAGE: u32 = 2;
/** Its content is a private page's number, not the entry of an object. */
export const PRIVATE_PAGE: u32 = 4;
export const LOCKED_PAGE: u32 = 8;
/** The page of zeros, and the kernel's own pages. */
export const KERNEL_PAGE: u32 = 16;
/** An explicit huge page. */
export const POOL_PAGE: u32 = 32;
/** Shared by fork, and not found exclusive since (Linux's PageAnonExclusive, inverted). */
export const FORKED_PAGE: u32 = 64;
/** Used by the kernel itself once, and twice (mm/swap.c); only Referenced in smaps shows it. */
export const REFERENCED_PAGE: u32 = 128;
export const ACTIVE_PAGE: u32 = 256;
