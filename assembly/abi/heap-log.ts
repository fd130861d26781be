/**
 * Logs of heaps: decoders, blocks by number, findings.
 */

// A survey of a log, `heap/survey.ts`: u64 each, then addresses of histograms, u32 each.
export const SURVEY_OPERATIONS = 0;
export const SURVEY_BYTES = 8;
export const SURVEY_MADE = 16;
export const SURVEY_FREED = 24;
export const SURVEY_SIZES = 32;
export const SURVEY_LIVES = 36;

// Faults of a line of a heap log, in addition to abi's DECODE_….
/** An argument or a result is not a number. */
export const DECODE_NOT_NUMBER = 16;
/** The call has fewer arguments than it takes. */
export const DECODE_FEW_ARGUMENTS = 17;
/** The call has no result. */
export const DECODE_NO_RESULT = 18;
/** The call ends before its `)`. */
export const DECODE_OPEN_CALL = 19;
/** A call is resumed that was not unfinished. */
export const DECODE_NOT_UNFINISHED = 20;
/** The log ends inside its last line. */
export const DECODE_CUT_LINE = 21;
/** Wasm's memory is out. */
export const DECODE_NO_MEMORY = 22;
/** No error: the line is a call for the host to take, where it asked for them. */
export const DECODE_CALL = 23;
/** An index of a data file that stands for no allocation. */
export const DECODE_NO_INDEX = 24;
/** The file is of a version that came later. */
export const DECODE_NEW_VERSION = 25;

// Fields of a decoder of heap logs after DECODER_BYTES, u32.
/** The host wants calls for mappings. */
export const HEAP_DECODER_TAKES_CALLS = 128;
/** Threads seen so far. */
export const HEAP_DECODER_THREADS = 132;
/** Blocks have no addresses in this file: records name them by numbers that are not in use otherwise. */
export const HEAP_DECODER_NO_ADDRESSES = 136;

// The blocks in a log, by address: `Resolver` in heap/resolver.ts. The fields are u64, the last two u32.
/** Blocks in use, and the bytes that they were asked for. */
export const RESOLVER_BLOCKS = 0;
export const RESOLVER_BYTES = 8;
/** Blocks of posix_memalign whose address the log lacks. */
export const RESOLVER_UNADDRESSED = 16;
/** How many findings of each kind there are, u64 each. */
export const RESOLVER_COUNTS = 24;
/** u32: the address of the findings, `MOST_FINDINGS` places for each kind. */
export const RESOLVER_FINDINGS = 64;
/** u32: 1 once Wasm's memory was out. */
export const RESOLVER_FAILED = 68;

/** A block was freed that had been freed already; one that was never allocated. */
export const FINDING_DOUBLE_FREE = 0;
export const FINDING_INVALID_FREE = 1;
/** realloc or malloc_usable_size was given a block that was freed; one that was never allocated. */
export const FINDING_USE_OF_FREED = 2;
export const FINDING_USE_OF_UNKNOWN = 3;
/** A block was given again that the log does not show to be freed. A free is put in before. */
export const FINDING_UNSEEN_FREE = 4;
export const FINDING_KINDS = 5;
/** The first of each kind that are kept. */
export const MOST_FINDINGS = 256;

//   0         8      12     16      20        24     28
//   ├ address ┼ line ┼ made ┼ freed ┼ operation ┼────┤     made, freed: the lines where the block was made and freed
//      u64      u32    u32    u32     u32        u32       before, 0 where it was not
export const FINDING_ADDRESS = 0;
export const FINDING_LINE = 8;
export const FINDING_MADE = 12;
export const FINDING_FREED = 16;
export const FINDING_OP = 20;
export const FINDING_BYTES = 32;

//   0         8       16     20       24
//   ├ address ┼ bytes ┼ line ┼ number ┤     a block that was not freed by the end
//      u64      u64     u32    u32
export const LEAK_ADDRESS = 0;
export const LEAK_SIZE = 8;
export const LEAK_LINE = 16;
export const LEAK_NUMBER = 20;
export const LEAK_BYTES = 24;
