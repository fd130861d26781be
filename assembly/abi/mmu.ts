/**
 * TLBs and the flags of page-table entries.
 */

/** Replacement policies of a TLB. */
export const TLB_LRU = 0;
export const TLB_PLRU = 1;
export const TLB_FIFO = 2;
export const TLB_RANDOM = 3;

//   0             8            16             a TLB: its counters, u64 each, and where its entries are, u32
//   ├─ lookups ───┼─ misses ───┼─ entries ─┤
export const TLB_LOOKUPS = 0;
export const TLB_MISSES = 8;
export const TLB_ENTRIES = 16;

//   0          8          16                  an entry; see mmu/key and mmu/tlb
//   ├─ tag u64 ┼ data u64 ┤                   tag: asid << 48 | vpn << 3 | level << 1 | dirty, 0: empty
export const TLB_ENTRY = 16; //                    data: pfn << 8 | FLAG_…

/** Flags of page-table entries, whatever their bits are in an architecture. */
export const FLAG_READ = 1;
export const FLAG_WRITE = 2;
export const FLAG_EXECUTE = 4;
export const FLAG_USER = 8;
export const FLAG_ACCESSED = 16;
export const FLAG_DIRTY = 32;
/** The entry maps more than a base page. */
export const FLAG_HUGE = 64;
export const FLAG_PRESENT = 128;
/** The entry maps a page, not a table. */
export const FLAG_LEAF = 256;
