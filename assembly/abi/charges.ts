/**
 * Charges: the costs of references, by block, site, size class and region.
 */

// Charges: what references cost, u64 each, summed by block, site, size class and region.
export const CHARGE_REFERENCES = 0;
/** Lookups that missed in the first level of TLBs; walks; entries that walks read. */
export const CHARGE_TLB_MISSES = 8;
export const CHARGE_WALKS = 16;
export const CHARGE_WALK_READS = 24;
export const CHARGE_MINOR = 32;
export const CHARGE_MAJOR = 40;
export const CHARGE_SWAP_INS = 48;
/** Pages that were written out so that the reference could be served. */
export const CHARGE_WRITEBACKS = 56;
export const CHARGE_CYCLES = 64;
export const CHARGE_BYTES = 72;

// A group of blocks, by allocating site or size class; a block is a group of one.
//
//   0        72       80      88      96      104    108
//   ├ charges ┼ blocks ┼ bytes ┼ start ┼ moved ┼ site ┼ born ┤   start: a block's recorded address; moved: where it is, the
//     72 bytes   u64     u64     u64     u64     u32    u32       same unless another allocator has placed it; born: its line
export const GROUP_BLOCKS = 72;
export const GROUP_REQUESTED = 80;
export const GROUP_START = 88;
export const GROUP_MOVED = 96;
export const GROUP_SITE = 104;
export const GROUP_BORN = 108;
export const GROUP_BYTES = 112;

/** Kinds of groups that charges are summed by. */
export const GROUPS_SITES = 0;
export const GROUPS_CLASSES = 1;
export const GROUPS_REGIONS = 2;
/** The costliest blocks, those that are freed as well. */
export const GROUPS_BLOCKS = 3;
/** How many blocks `GROUPS_BLOCKS` has, at most. */
export const COSTLIEST_BLOCKS = 256;

// `start` of a group of a region: the object's number << 32 | the label << 8 | one of these kinds.
export const REGION_OTHER = 0;
export const REGION_HEAP = 1;
export const REGION_STACK = 2;
