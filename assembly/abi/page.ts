/**
 * Measurements of a region, and of the page at an address.
 */

// Results of `measureRegion`: the lines of smaps, u64 each, in bytes.
export const MEASURE_RSS = 0;
/** In units of 1 / 4096 byte, as Linux adds it up. */
export const MEASURE_PSS = 8;
export const MEASURE_PSS_DIRTY = 16;
export const MEASURE_SHARED_CLEAN = 24;
export const MEASURE_SHARED_DIRTY = 32;
export const MEASURE_PRIVATE_CLEAN = 40;
export const MEASURE_PRIVATE_DIRTY = 48;
export const MEASURE_REFERENCED = 56;
export const MEASURE_ANONYMOUS = 64;
export const MEASURE_LAZY_FREE = 72;
export const MEASURE_ANON_HUGE = 80;
export const MEASURE_SHARED_HUGETLB = 88;
export const MEASURE_PRIVATE_HUGETLB = 96;
export const MEASURE_SWAP = 104;
export const MEASURE_SWAP_PSS = 112;
export const MEASURE_LOCKED = 120;
export const MEASURE_BYTES = 128;

// Results of `pageAt`.
//
//   0      4       8       12      16       20
//   ├ pfn ─┼ flags ┼ level ┼ mapped ┼ place ┤    pfn: NONE unless present; flags: FLAG_… of the entry; level: 1 base
//    u32     u32     u32     u32      u32        pages; mapped: how many entries map the frame; place: in swap, or NONE
export const PAGE_PFN = 0;
export const PAGE_FLAGS = 4;
export const PAGE_LEVEL = 8;
export const PAGE_MAPPED = 12;
export const PAGE_PLACE = 16;
/** Its contents, `CONTENT_…`. */
export const PAGE_CONTENT = 20;
export const PAGE_BYTES = 24;

export const CONTENT_NOTHING = 0;
export const CONTENT_ANONYMOUS = 1;
export const CONTENT_FILE = 2;
/** Shared memory. */
export const CONTENT_SHARED = 3;
/** The zero page. */
export const CONTENT_ZERO = 4;
/** A page of the kernel's own, such as the vdso's. */
export const CONTENT_KERNEL = 5;
export const CONTENT_GUARD = 6;
