/**
 * Heaps: operations, chunks, counters.
 */

// A heap operation: one call of the C library's allocator, 64 bytes.
//
//   0    4        8   16   24   32       40       48      52     56      60     64
//   ├ op ┼ thread ┼ a ┼ b ┼ c ──┼ result ┼ answer ┼ errno ┼ made ┼ freed ┼ line ┤
//    u32   u32     u64  u64  u64   u64      u64      u32    u32    u32     u32
//
// a, b, c: the arguments as the log has them. result: what the log says that the call returned. answer, errno: what the
// simulated allocator returned. made, freed: the dense numbers of the block that the call returned and of the block that
// it was given, NONE where there is none; the host's resolver assigns them from the log's addresses.
export const HEAP_OP = 0;
export const HEAP_THREAD = 4;
export const HEAP_A = 8;
export const HEAP_B = 16;
export const HEAP_C = 24;
export const HEAP_RESULT = 32;
export const HEAP_ANSWER = 40;
export const HEAP_ERRNO = 48;
export const HEAP_MADE = 52;
export const HEAP_FREED = 56;
export const HEAP_LINE = 60;
export const HEAP_BYTES = 64;

/** The operations by number, as C names them; arguments in the order of a, b, c. */
export const HEAP_OPERATIONS = [
  "malloc", // bytes
  "calloc", // count, bytes
  "realloc", // address, bytes
  "reallocarray", // address, count, bytes
  "free", // address
  "memalign", // alignment, bytes
  "aligned_alloc", // alignment, bytes
  "posix_memalign", // alignment, bytes, and what it returned (0 or an error); result: the address
  "valloc", // bytes
  "pvalloc", // bytes
  "malloc_usable_size", // address; result: bytes
  "malloc_trim", // pad; result: 1 when memory went back to the system
  "mallopt", // parameter, value; result: 1 when it was set
  "thread_exit", // the thread ends, and its cache with it
  "__malloc_donate", // start, end; musl's dynamic linker has no use for this memory
  "mallinfo2", // answer: where the figures of the heap are, FIGURES_…; 0: the allocator has none
  "malloc_stats", // likewise
  "malloc_info", // likewise
];
export const HEAP_MALLOC = 0;
export const HEAP_CALLOC = 1;
export const HEAP_REALLOC = 2;
export const HEAP_REALLOCARRAY = 3;
export const HEAP_FREE = 4;
export const HEAP_MEMALIGN = 5;
export const HEAP_ALIGNED_ALLOC = 6;
export const HEAP_POSIX_MEMALIGN = 7;
export const HEAP_VALLOC = 8;
export const HEAP_PVALLOC = 9;
export const HEAP_USABLE_SIZE = 10;
export const HEAP_TRIM = 11;
export const HEAP_MALLOPT = 12;
export const HEAP_THREAD_EXIT = 13;
export const HEAP_DONATE = 14;
export const HEAP_MALLINFO2 = 15;
export const HEAP_MALLOC_STATS = 16;
export const HEAP_MALLOC_INFO = 17;

/** Operations of one batch, at most. */
export const HEAP_BATCH = 16384;

// How an allocator's own accesses reach the machine.
/** No counting: the log has them as references, or they are not requested. */
export const HEAP_QUIET = 0;
/** The first store to a page is a reference; others are not. Faults and resident pages are right, TLB counts are not. */
export const HEAP_PAGES = 1;
/** Each one is a reference, and its cache line is counted. */
export const HEAP_WATCHED = 2;

// The state of a chunk in a walk over the heap.
export const CHUNK_USED = 0;
export const CHUNK_FREE = 1;
/** Freed, and kept by a cache (tcache, fast bin, magazine) as it was. */
export const CHUNK_CACHED = 2;
/** The end of a heap that allocations are cut from (glibc's top, a bump pointer's rest). */
export const CHUNK_TOP = 3;
/** The allocator's own data. */
export const CHUNK_META = 4;
/** Given by mmap for one block alone. */
export const CHUNK_MAPPED = 5;

// The chunk that `nextChunk` finds; also the cursor of a walk.
//
//   0         8       16      20    24      28     32     40
//   ├ address ┼ bytes ┼ state ┼ bin ┼ arena ┼ pad ─┼ next ┤
//      u64       u64    u32     u32   u32            u64
//
// address: of the chunk, header included; bin: the allocator's own number of the list that a free chunk is in, NONE: in none;
// next: the address of the chunk behind it in that list, 0: it is the last, or the allocator does not tell.
export const CHUNK_ADDRESS = 0;
export const CHUNK_SIZE = 8;
export const CHUNK_STATE = 16;
export const CHUNK_BIN = 20;
export const CHUNK_ARENA = 24;
export const CHUNK_NEXT = 32;
export const CHUNK_VIEW_BYTES = 40;

// Numbers of glibc's lists in a walk: bins as they are, from 1 (unsorted) to 127, fast bins and sizes of tcaches
// behind them.
export const GLIBC_FAST_BIN = 128;
export const GLIBC_TCACHE_BIN = 160;

// The number of an allocator in JavaScript, `heap/custom/custom.ts`. It is not in the list of allocators:
export const CUSTOM_ALLOCATOR = 0xffff;
// The call of the host's allocator that an operation needs.
/** Nothing: it is answered already. */
export const CUSTOM_NOTHING = 0;
export const CUSTOM_MALLOC = 1; // bytes
export const CUSTOM_CALLOC = 2; // count, bytes
export const CUSTOM_REALLOC = 3; // address, bytes
export const CUSTOM_FREE = 4; // address
export const CUSTOM_MEMALIGN = 5; // alignment, bytes
export const CUSTOM_USABLE_SIZE = 6; // address
export const CUSTOM_TRIM = 7; // bytes: the pad
export const CUSTOM_THREAD_EXIT = 8;
// Its arguments, f64 each; had: bytes that the block at `address` was asked for; other: the block that a new one overlaps.
export const CUSTOM_ADDRESS = 8;
export const CUSTOM_HAD = 16;
export const CUSTOM_COUNT = 24;
export const CUSTOM_BYTES = 32;
export const CUSTOM_ALIGNMENT = 40;
export const CUSTOM_OTHER = 48;
/** u32: errno where it comes to nothing. */
export const CUSTOM_FAILURE = 56;

// Results of serving its answer: it is valid; the block lies where the process has no memory that it can write; it
// overlaps another; Wasm's memory is out.
export const CUSTOM_DONE = 0;
export const CUSTOM_OUTSIDE = 1;
export const CUSTOM_OVERLAP = 2;
export const CUSTOM_NO_MEMORY = 3;

// A chunk as the host shows it, f64 each: address, bytes, CHUNK_….
export const CUSTOM_CHUNK_SIZE = 8;
export const CUSTOM_CHUNK_STATE = 16;
export const CUSTOM_CHUNK_BYTES = 24;

// Figures of glibc's heap, which mallinfo2, malloc_stats and malloc_info tell: heap/glibc/figures.ts. u64 each.
//
//   0        8        16             24            32                 40
//   ├ arenas ┼ mapped ┼ mapped bytes ┼ most mapped ┼ most mapped bytes ┼ FIGURES_ARENA_BYTES for each arena ┄
//
// arenas: how many there are, in the order of their list from the main one on, fewer where the process ended in the call.
export const FIGURES_ARENAS = 0;
export const FIGURES_MAPPED = 8;
export const FIGURES_MAPPED_BYTES = 16;
export const FIGURES_MOST_MAPPED = 24;
export const FIGURES_MOST_MAPPED_BYTES = 32;
export const FIGURES_FIRST_ARENA = 40;

// An arena:
//
//   0        8        16    24            32           40            48           56      64           72             80
//   ├ system ┼ most ──┼ top ┼ free chunks ┼ free bytes ┼ fast chunks ┼ fast bytes ┼ heaps ┼ heap bytes ┼ usable bytes ┼ lists ┄
//
// free: of the bins and the top, as the call counts them; heaps: of an arena other than the main one.
export const ARENA_SYSTEM = 0;
export const ARENA_MOST_SYSTEM = 8;
export const ARENA_TOP = 16;
export const ARENA_FREE_CHUNKS = 24;
export const ARENA_FREE_BYTES = 32;
export const ARENA_FAST_CHUNKS = 40;
export const ARENA_FAST_BYTES = 48;
export const ARENA_HEAPS = 56;
export const ARENA_HEAP_BYTES = 64;
export const ARENA_USABLE_BYTES = 72;
export const ARENA_LISTS = 80;
// A list: ├ least size ┼ greatest size ┼ bytes ┼ chunks ┤; the fast bins, then bins 1 to 127.
export const LIST_LEAST = 0;
export const LIST_GREATEST = 8;
export const LIST_TOTAL = 16;
export const LIST_CHUNKS = 24;
export const LIST_BYTES = 32;
export const FAST_LISTS = 10;
export const ARENA_LIST_COUNT = 137;
export const FIGURES_ARENA_BYTES = 4464; // ARENA_LISTS + ARENA_LIST_COUNT * LIST_BYTES

// Counters of a heap: `HeapMemory` in heap/memory.ts, u64 each.
export const HEAP_COMMITTED = 0; // bytes got from the system and not given back, PROT_NONE ones not counted
export const HEAP_PEAK_COMMITTED = 8;
export const HEAP_BRK_CALLS = 16;
export const HEAP_MMAP_CALLS = 24;
export const HEAP_MUNMAP_CALLS = 32;
export const HEAP_MREMAP_CALLS = 40;
export const HEAP_MPROTECT_CALLS = 48;
export const HEAP_MADVISE_CALLS = 56;
/** Nodes looked at in searches of free lists, trees and bitmaps; cache lines touched, counted once an operation. */
export const HEAP_STEPS = 64;
export const HEAP_LINES = 72;
/** Mappings whose address was taken from the log because the model's would have been another. */
export const HEAP_TAKEN = 80;
/** u32: signal << 8 | code that ended the process in the allocator, 0: none; address of its message, 0: none. */
export const HEAP_STOPPED = 88;
export const HEAP_MESSAGE = 92;

// A heap: what `heap/heap.ts` counts, u64 each.
export const HEAP_LIVE_BYTES = 0;
export const HEAP_LIVE_BLOCKS = 8;
export const HEAP_LIVE_FOOTPRINT = 16;
export const HEAP_PEAK_LIVE_BYTES = 24;
export const HEAP_PEAK_LIVE_BLOCKS = 32;
export const HEAP_FOOTPRINT_AT_PEAK = 40;
export const HEAP_COMMITTED_AT_PEAK = 48;
export const HEAP_OPERATION_COUNT = 56;
export const HEAP_FAILED = 64;
/** Operations whose answer differs from the log's result, where addresses are taken as they stand. */
export const HEAP_MISMATCHED = 72;
/** u32: the addresses of its `HeapMemory` and of its allocator. */
export const HEAP_MEMORY = 80;
export const HEAP_ALLOCATOR = 96;
