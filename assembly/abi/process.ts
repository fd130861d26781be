/**
 * Processes: regions, spaces, the system, what is logged of them.
 */

// A region: a range of pages with one protection and one source.
//
//   0       8     16      24      28       32     36      40     44      48      52       56           60      64           72       80         84
//   ├ start ┼ end ┼ pgoff ┼ flags ┼ object ┼ anon ┼ label ┼ call ┼ minor ┼ major ┼ forked ┼ swapped out ┼ worst ┼ references ┼ cycles ┼ promised ┼ opening ┤
//      u64    u64    u64     u32      u32    u32     u32    u32     u32     u32      u32        u32         u32       u64        u64       u32        u32
export const REGION_START = 0;
export const REGION_END = 8;
/** Its first page's place in its object; of a private anonymous one its page number when it was made. */
export const REGION_PGOFF = 16;
export const REGION_FLAGS = 24;
/** The mapped object: a number from `createObject`; 0: private anonymous memory. */
export const REGION_OBJECT = 28;
/** Linux's anon_vma, by number; 0: no private page was ever made here. */
export const REGION_ANON = 32;
/** The host's number for its name (`[vdso]`), 0: none. */
export const REGION_LABEL = 36;
/** The call that made it, by the host's count. */
export const REGION_CALL = 40;
/** Faults taken in it. */
export const REGION_MINOR = 44;
export const REGION_MAJOR = 48;
/** Pages of it that were written to swap, ever. */
export const REGION_SWAPPED_OUT = 56;
/** Cycles that one reference to it took at most; references; cycles that they and its faults took. */
export const REGION_WORST = 60;
export const REGION_REFERENCES = 64;
export const REGION_CYCLES = 72;
/** The open file that it keeps; 0: none. */
export const REGION_OPENING = 84;
export const REGION_BYTES = 88;

export const OBJECT_FILE = 1;
/** Shared anonymous memory, tmpfs and memfd. */
export const OBJECT_SHMEM = 2;
export const OBJECT_HUGETLB = 3;
/** Frames of the kernel's own (vdso, vvar): never counted, never evicted. */
export const OBJECT_SPECIAL = 4;

// A space: fields of `process/space/space.ts` that the host reads or sets, u64 unless said.
export const SPACE_TASK_SIZE = 0;
export const SPACE_MMAP_BASE = 8;
export const SPACE_LOWEST = 16;
export const SPACE_START_BRK = 24;
export const SPACE_BRK = 32;
export const SPACE_START_STACK = 40;
export const SPACE_START_CODE = 48;
export const SPACE_END_CODE = 56;
export const SPACE_START_DATA = 64;
export const SPACE_END_DATA = 72;
/** Pages of all regions, then of those locked, private writable, stacks, executable, charged, in memory by kind, in swap, tables. */
export const SPACE_TOTAL = 80;
export const SPACE_LOCKED = 88;
export const SPACE_DATA = 96;
export const SPACE_STACK = 104;
export const SPACE_EXECUTABLE = 112;
export const SPACE_COMMITTED = 120;
export const SPACE_ANONYMOUS = 128;
export const SPACE_FILE = 136;
export const SPACE_SHARED = 144;
export const SPACE_SWAPPED = 152;
export const SPACE_TABLES = 160;
export const SPACE_MINOR = 168;
export const SPACE_MAJOR = 176;
export const SPACE_PEAK_TOTAL = 184;
export const SPACE_PEAK_RESIDENT = 192;
export const SPACE_LIMITS = 200; // u32: address of soft and hard limits, u64 each, by resource
export const SPACE_CALL = 220; // u32
export const SPACE_PRIVILEGED = 224; // u8
export const SPACE_ALIVE = 225; // u8
export const SPACE_BOTTOM_UP = 226; // u8
export const SPACE_OOM_SCORE_ADJUST = 228; // i32
/** References so far, and cycles: of references without their faults, of faults, of calls, of shootdowns. */
export const SPACE_REFERENCES = 240;
export const SPACE_REFERENCE_CYCLES = 248;
export const SPACE_FAULT_CYCLES = 256;
export const SPACE_CALL_CYCLES = 264;
export const SPACE_SHOOTDOWN_CYCLES = 272;
/** The reference that took longest: cycles, address, and the call that ran (u32). */
export const SPACE_WORST_CYCLES = 280;
export const SPACE_WORST_ADDRESS = 288;
export const SPACE_WORST_CALL = 296;
/** Tells it from others that have had its number, u32. */
export const SPACE_SERIAL = 300;
/** Its pages that were written to swap, those of regions that are gone too. */
export const SPACE_SWAPPED_OUT = 304;
/** MAP_32BIT: the start of the next search, and the state of random numbers. */
export const SPACE_LOW_START = 320;
export const SPACE_LOW_RANDOM = 328;
/** The process's setting for transparent huge pages (PR_SET_THP_DISABLE): a number `THP_…`. */
export const SPACE_THP = 344;
export const THP_BY_SETTING = 0;
/** Never, or only where MADV_HUGEPAGE asks for them. */
export const THP_DISABLED = 1;
export const THP_ADVISED = 3;

// Features of a version of Linux, as bits; src/process/system/kernel-version.ts has the versions that introduced them.
/** MREMAP_DONTUNMAP of what is not private anonymous memory. */
export const FEATURE_KEEP_SHARED = 1;
/** MADV_POPULATE_READ and MADV_POPULATE_WRITE. */
export const FEATURE_POPULATE = 2;
/** MADV_DONTNEED_LOCKED. */
export const FEATURE_DISCARD_LOCKED = 4;
/** Private anonymous memory as large as a huge page is aligned to one; then only that in whole ones. */
export const FEATURE_ALIGN_LARGE = 8;
export const FEATURE_ALIGN_WHOLE = 16;
/** MAP_STACK means no transparent huge pages. */
export const FEATURE_STACK_IS_SMALL = 32;
/** A region with private pages merges into a neighbour without. */
export const FEATURE_MERGE_TOUCHED = 64;
/** mremap moves several regions at once, and looks at them before it unmaps the target. */
export const FEATURE_MOVE_MANY = 128;
/** MADV_COLLAPSE. */
export const FEATURE_COLLAPSE = 256;
/** MADV_GUARD_INSTALL and MADV_GUARD_REMOVE of private anonymous memory; then of files and shared memory; VM_MAYBE_GUARD. */
export const FEATURE_GUARD = 512;
export const FEATURE_GUARD_OBJECTS = 1024;
export const FEATURE_GUARD_FLAG = 2048;
/** A read that finds a file's last page first maps nothing around it where there is no page table. */
export const FEATURE_LAST_PAGE_APART = 4096;
/** mseal. */
export const FEATURE_SEAL = 8192;
/** MAP_DROPPABLE. */
export const FEATURE_DROPPABLE = 16384;

// A system: what `process/system.ts` counts, u64 unless said.
export const SYSTEM_COPIES = 0;
export const SYSTEM_FILE_READS = 8;
export const SYSTEM_FILE_WRITES = 16;
export const SYSTEM_SWAP_READS = 24;
export const SYSTEM_SWAP_WRITES = 32;
export const SYSTEM_READ_AHEAD = 40;
export const SYSTEM_DISCARDS = 48;
export const SYSTEM_BACKGROUND = 56;
export const SYSTEM_DIRECT = 64;
export const SYSTEM_SHOOTDOWNS = 72;
export const SYSTEM_KILLS = 80; // u32
/** The last signal, u32: number << 8 | code; then the address that it came from. */
export const SYSTEM_SIGNAL = 84;
export const SYSTEM_SIGNAL_ADDRESS = 88;
/** Costs in cycles, u32 each, in the order of `COST_NAMES` in names.ts. */
export const SYSTEM_COSTS = 96;
/** Where faults are written down, u32: a `FAULT_…` log; 0: nowhere. */
export const SYSTEM_FAULT_LOG = 120;

// A fault that was written down.
//
//   0         8              16          24     28        32     36    40
//   ├ address ┼ region start ┼ reference ┼ call ┼ made by ┼ asid ┼ how ┤   reference: how many the process had made;
//      u64          u64          u64       u32     u32      u32    u32     how: 1 where it was major
export const FAULT_ADDRESS = 0;
export const FAULT_REGION = 8;
export const FAULT_REFERENCE = 16;
export const FAULT_CALL = 24;
export const FAULT_MADE_BY = 28;
export const FAULT_ASID = 32;
export const FAULT_MAJOR = 36;
export const FAULT_BYTES = 40;

// The log of pages written to swap, in `process/swap-log.ts`, is a ring. An entry has: the space's serial u32 (NONE: no space mapped the page), call
// u32, address u64.
export const SWAP_LOG_TOTAL = 0; // u64
export const SWAP_LOG_RING = 8; // u32
export const SWAP_LOG_LENGTH = 65536;
export const SWAP_LOG_ENTRY = 16;
