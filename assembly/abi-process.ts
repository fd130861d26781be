/**
 * What both sides share about processes: one call as a record, regions, spaces, the system. Flags, advice, limits,
 * errors and signals have the numbers of Linux on x86-64 (uapi/asm-generic: mman-common.h, errno-base.h, resource.h,
 * siginfo.h; include/linux/mm.h for VM_…).
 */

// One call of a process. A `load`, `store` or `fetch` is one as well: the process touching memory.
//
//   0    4        8            56         64        72
//   ├ op ┼ signal ┼ arguments ─┼ result ──┼ address ┤    signal: number << 8 | code, 0: none; address: what it met
//    u32    u32      u64 × 6      i64        u64         result: as the kernel answers, -errno for an error
export const CALL_OP = 0;
export const CALL_SIGNAL = 4;
export const CALL_ARGUMENTS = 8;
export const CALL_RESULT = 56;
export const CALL_ADDRESS = 64;
export const CALL_BYTES = 72;

export const OP_BRK = 0; // address
export const OP_MMAP = 1; // address, bytes, protection, flags, object and how it was opened (OPENED_…), offset in bytes
export const OP_MUNMAP = 2; // address, bytes
export const OP_MPROTECT = 3; // address, bytes, protection
export const OP_MREMAP = 4; // address, old bytes, new bytes, flags, new address
export const OP_MADVISE = 5; // address, bytes, advice
export const OP_MLOCK = 6; // address, bytes
export const OP_MLOCK2 = 7; // address, bytes, flags
export const OP_MUNLOCK = 8; // address, bytes
export const OP_MLOCKALL = 9; // flags
export const OP_MUNLOCKALL = 10;
export const OP_MINCORE = 11; // address, bytes, kernel memory for a byte a page
export const OP_MSYNC = 12; // address, bytes, flags
export const OP_SETRLIMIT = 13; // resource, soft, hard
export const OP_LOAD = 14; // address, bytes
export const OP_STORE = 15; // address, bytes
export const OP_FETCH = 16; // address, bytes
export const OP_MODIFY = 17; // address, bytes: a load and a store in one

// What mmap maps: an object, 0: none, and how its descriptor was opened.
//
//   0        32         35        64
//   ├ object ┼ denied ──┼ opening ┤     denied: what the descriptor does not allow, DENIED_…; opening: a number, the same
//     32 bits  3 bits     29 bits       for all copies of one descriptor; neighbours merge only where they agree in it
export const OPENED_DENIED_SHIFT = 32;
export const OPENED_NUMBER_SHIFT = 35;
export const DENIED_READ = 1;
export const DENIED_WRITE = 2;
/** A pipe, a directory …: open, and yet nothing that can be mapped. */
export const DENIED_MAP = 4;

/** What fork gives instead of a child's number: there is none left, or no memory. */
export const FORK_NO_NUMBER = 0xffffffff;
export const FORK_NO_MEMORY = 0xfffffffe;

export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const PROT_GROWSDOWN = 0x01000000;
export const PROT_GROWSUP = 0x02000000;

export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_SHARED_VALIDATE = 0x03;
export const MAP_TYPE = 0x0f;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_32BIT = 0x40;
export const MAP_ABOVE4G = 0x80;
export const MAP_GROWSDOWN = 0x0100;
export const MAP_DENYWRITE = 0x0800;
export const MAP_EXECUTABLE = 0x1000;
export const MAP_LOCKED = 0x2000;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
export const MAP_NONBLOCK = 0x10000;
export const MAP_STACK = 0x20000;
export const MAP_HUGETLB = 0x40000;
export const MAP_SYNC = 0x80000;
export const MAP_FIXED_NOREPLACE = 0x100000;
export const MAP_HUGE_SHIFT = 26;

export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

export const MLOCK_ONFAULT = 1;
export const MCL_CURRENT = 1;
export const MCL_FUTURE = 2;
export const MCL_ONFAULT = 4;

export const MS_ASYNC = 1;
export const MS_INVALIDATE = 2;
export const MS_SYNC = 4;

export const MADV_NORMAL = 0;
export const MADV_RANDOM = 1;
export const MADV_SEQUENTIAL = 2;
export const MADV_WILLNEED = 3;
export const MADV_DONTNEED = 4;
export const MADV_FREE = 8;
export const MADV_REMOVE = 9;
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const MADV_MERGEABLE = 12;
export const MADV_UNMERGEABLE = 13;
export const MADV_HUGEPAGE = 14;
export const MADV_NOHUGEPAGE = 15;
export const MADV_DONTDUMP = 16;
export const MADV_DODUMP = 17;
export const MADV_WIPEONFORK = 18;
export const MADV_KEEPONFORK = 19;
export const MADV_COLD = 20;
export const MADV_PAGEOUT = 21;
export const MADV_POPULATE_READ = 22;
export const MADV_POPULATE_WRITE = 23;
export const MADV_DONTNEED_LOCKED = 24;
export const MADV_COLLAPSE = 25;
export const MADV_GUARD_INSTALL = 102;
export const MADV_GUARD_REMOVE = 103;

export const EPERM = 1;
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const EOVERFLOW = 75;
export const EOPNOTSUPP = 95;
export const EHWPOISON = 133;

export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRERR = 2;
export const SI_KERNEL = 128;

export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMITS = 16;

// Flags of a region: VM_… of Linux, which `smaps` tells as VmFlags.
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_PFNMAP = 0x400;
/** Page tables may hold markers of guard regions: it keeps no regions apart, and stays when the last marker has gone. */
export const VM_MAYBE_GUARD = 0x800;
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_ACCOUNT = 0x100000;
export const VM_NORESERVE = 0x200000;
export const VM_HUGETLB = 0x400000;
export const VM_SYNC = 0x800000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
export const VM_MIXEDMAP = 0x10000000;
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;
export const VM_MERGEABLE = 0x80000000;

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
/** What is mapped: a number from `createObject`, 0: private anonymous memory. */
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

// What a version of Linux knows (src/process/kernel-version.ts says since when), bits.
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

// What `measureRegion` finds in a region, u64 each, bytes: smaps' lines.
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

// What `pageAt` finds at an address.
//
//   0      4       8       12      16       20
//   ├ pfn ─┼ flags ┼ level ┼ mapped ┼ place ┤    pfn: NONE unless present; flags: FLAG_… of the entry; level: 1 base
//    u32     u32     u32     u32      u32        pages; mapped: how many entries map the frame; place: in swap, or NONE
export const PAGE_PFN = 0;
export const PAGE_FLAGS = 4;
export const PAGE_LEVEL = 8;
export const PAGE_MAPPED = 12;
export const PAGE_PLACE = 16;
/** Its contents: 0 nothing, 1 anonymous, 2 of a file, 3 shared memory, 4 the zero page, 5 the kernel's own, 6 a guard. */
export const PAGE_CONTENT = 20;
export const PAGE_BYTES = 24;

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
/** What things cost in cycles, u32 each: TLB hit, step of a walk, minor fault, major fault, shootdown, call. */
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

// What reached swap: `process/swap-log.ts`. The ring's entries: space's serial u32 (NONE: nobody mapped the page), call
// u32, address u64.
export const SWAP_LOG_TOTAL = 0; // u64
export const SWAP_LOG_RING = 8; // u32
export const SWAP_LOG_LENGTH = 65536;
export const SWAP_LOG_ENTRY = 16;

// What `systemDefect` finds wrong, 0: nothing. Mistakes of ours, all of them.
export const UNSOUND_FRAMES = 1;
export const UNSOUND_MAPPINGS = 2;
export const UNSOUND_TABLES = 3;
export const UNSOUND_REGIONS = 4;
export const UNSOUND_SUMS = 5;
export const UNSOUND_PROMISES = 6;
export const UNSOUND_KEPT = 7;
export const UNSOUND_POLICY = 8;
export const UNSOUND_OBJECTS = 9;
export const UNSOUND_SWAP = 10;
export const UNSOUND_POOL = 11;
export const UNSOUND_TLBS = 12;
export const UNSOUND_CACHES = 13;
export const UNSOUND_FILTER = 14;
export const UNSOUND_GUARDS = 15;
