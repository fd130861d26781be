/**
 * The machine: architectures, counters, frames.
 */

// ── The machine ─────────────────────────────────────────────────────────────────────────────────────────

/** `--huge`. `madvise` maps huge pages only where the library asks for them. */
export const HUGE_NEVER = 0;
export const HUGE_ALWAYS = 1;
export const HUGE_MADVISE = 2;

/** Statuses of the machine, besides `STATUS_…` above. The last three are values of one access, not ends of a replay. */
export const MACHINE_ADDRESS_TOO_WIDE = 16;
export const MACHINE_MEMORY_FULL = 17;
export const MACHINE_SWAP_FULL = 18;
export const MACHINE_PROTECTION_FAULT = 19;
export const MACHINE_SEGMENTATION_FAULT = 20;
export const MACHINE_ALREADY_MAPPED = 21;

/** A TLB of this CPU is that of all CPUs. */
export const ALL_CPUS = 0xffffffff;
/** CPUs of a machine are bits of a u64. */
export const MOST_CPUS = 64;

/** The policy number of a machine without one: its memory has no limit. */
export const NO_POLICY = 0xffffffff;

//   0         8             16          24      32      40           48             56
//   ├─ walks ─┼ entriesRead ┼ cacheHits ┼ minor ┼ major ┼ protection ┼ segmentation ┤    the machine's counters, u64,
//   56          64           72        80         88             92         96              104
//   ├ evictions ┼ writebacks ┼ swapIns ┼ distinct ┼ failedIndex ┼ hitLevel ┼ failedAddress ┤    then what a call met
export const MACHINE_WALKS = 0;
export const MACHINE_ENTRIES_READ = 8;
export const MACHINE_CACHE_HITS = 16;
export const MACHINE_MINOR = 24;
export const MACHINE_MAJOR = 32;
export const MACHINE_PROTECTION = 40;
export const MACHINE_SEGMENTATION = 48;
export const MACHINE_EVICTIONS = 56;
export const MACHINE_WRITEBACKS = 64;
export const MACHINE_SWAP_INS = 72;
export const MACHINE_DISTINCT_PAGES = 80;
/** u32: which record (or symbol) of the batch stopped the call. */
export const MACHINE_FAILED_INDEX = 88;
/** u32: the TLB level that had the last access's translation; 0: none, it was walked. */
export const MACHINE_HIT_LEVEL = 92;
/** u64: the address at which the call stopped. */
export const MACHINE_FAILED_ADDRESS = 96;
/**
 * u64: invalidations of a translation that another CPU may have, and the interrupts of such CPUs. Linux counts them as
 * nr_tlb_remote_flush and nr_tlb_remote_flush_received.
 */
export const MACHINE_SHOOTDOWNS = 104;
export const MACHINE_INTERRUPTS = 112;

//   0         4         8      counters by range, u32 addresses; see machine/range-sums
//   ├ starts ─┼ watched ┼ sums ┤
export const RANGE_STARTS = 0;
export const RANGE_WATCHED = 4;
export const RANGE_SUMS = 8;

/** Fields of a geometry, u32 each but for the one byte of `SIGN_EXTENDED`. */
export const GEOMETRY_PAGE_SHIFT = 0;
export const GEOMETRY_INDEX_BITS = 4;
export const GEOMETRY_LEVELS = 8;
export const GEOMETRY_LEAF_LEVELS = 12;
export const GEOMETRY_ADDRESS_BITS = 16;
export const GEOMETRY_SIGN_EXTENDED = 20;
export const GEOMETRY_ENTRY_SHIFT = 24;

//   0             8      16      17      18   a frame's record; see frames/frames
//   ├─ owner u64 ─┼ … ───┼ state ┼ order ┤
export const FRAME_OWNER = 0;
export const FRAME_STATE = 16;
export const FRAME_ORDER = 17;
export const FRAME_INSIDE = 0;
export const FRAME_FREE = 1;
export const FRAME_PAGE = 2;
export const FRAME_TABLE = 3;

//   0       4      8          12       16           20      a machine's frames, u32 each
//   ├ total ┼ used ┼ peakUsed ┼ tables ┼ peakTables ┤
export const FRAMES_TOTAL = 0;
export const FRAMES_USED = 4;
export const FRAMES_PEAK_USED = 8;
export const FRAMES_TABLES = 12;
export const FRAMES_PEAK_TABLES = 16;
export const FRAMES_COUNTS_BYTES = 20;
