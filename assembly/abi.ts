/**
 * Numbers that the kernel (asc) and the host (tsc) share. Plain `export const` only: both compilers read this
 * file. Offsets and sizes are in bytes.
 */

// ── A record: one reference, or one call event, in a batch ──────────────────────────────────────────────
//
//   0               8       12   13     16
//   ├── address u64 ┼─ size ─┼kind┼ zero ┤
//                      u32     u8
//
// In block formats `address` is the page number itself and `size` is what the trace says, or 0.
// For `KIND_CALL`, `address` is the index of the call's text among the batch's calls.

export const RECORD_BYTES = 16;
export const RECORD_ADDRESS = 0;
export const RECORD_SIZE = 8;
export const RECORD_KIND = 12;

export const KIND_FETCH = 0;
export const KIND_LOAD = 1;
export const KIND_STORE = 2;
export const KIND_MODIFY = 3;
export const KIND_CALL = 4;

/** Records in a full batch: 512 KiB, so that it stays in a second-level cache between decoder and engine. */
export const BATCH_RECORDS = 32768;

// ── Status codes that exports return ────────────────────────────────────────────────────────────────────

export const STATUS_OK = 0;
/** `memory.grow` failed: the simulation needs more than Wasm can give. Exit status 3. */
export const STATUS_OUT_OF_MEMORY = 1;
/** A call of a process asks for more than Wasm could ever give: it was refused, and nothing has changed. Exit status 3. */
export const STATUS_REFUSED = 2;

// ── The header of linear memory: 1024 … 4095, below static data ─────────────────────────────────────────

/** Next free byte of the arena, u32. Zero until the first allocation. */
export const HEADER_ARENA_TOP = 1024;

/** No slot, no frame, no node: the end of every u32 link. */
export const NONE = 0xffffffff;

// ── A page block: what the pagewalk format carries for engines that need only the changes of page ───────
//
// The header is filled by the decoder. Symbols are `PAGE_BLOCK_SYMBOL_BYTES` (1 or 2) wide and index the
// dictionary. A symbol stands for one touch: the reference that reached another 4 KiB page than the one of its side
// (fetch or data) before it, or that crossed a boundary. References between two touches went to the page their side
// touched last and are passed over. An entry's `write` says that the touch itself or a passed-over reference after
// it, before the side's next touch, wrote the page. Each block starts afresh: the first reference of either side is
// a touch.

export const PAGE_BLOCK_SYMBOLS = 0; // u32: address of the symbols
export const PAGE_BLOCK_COUNT = 4; // u32: how many
export const PAGE_BLOCK_SYMBOL_BYTES = 8; // u32
export const PAGE_BLOCK_DICTIONARY = 12; // u32: address of the dictionary
export const PAGE_BLOCK_ENTRIES = 16; // u32: entries in it
export const PAGE_BLOCK_BYTES = 32;

//   0             8          12     13      14   16
//   ├── vpn u64 ──┼─ pages ──┼ side ┼ write ┼ 0 ─┤       vpn: address >> 12, whatever the machine's page size
//                     u32       u8     u8              pages: how many 4 KiB pages the reference touches from vpn on

export const PAGE_ENTRY_BYTES = 16;
export const PAGE_ENTRY_VPN = 0;
export const PAGE_ENTRY_PAGES = 8;
export const PAGE_ENTRY_SIDE = 12;
export const PAGE_ENTRY_WRITE = 13;
export const SIDE_FETCH = 0;
export const SIDE_DATA = 1;

// ── The pages engine ────────────────────────────────────────────────────────────────────────────────────

/** Which references count: the contract's `--only`. */
export const ONLY_ALL = 0;
export const ONLY_DATA = 1;
export const ONLY_INSTRUCTIONS = 2;

/** `pageShift` of traces whose addresses are page numbers already, so that sizes mean nothing. */
export const PAGES_ALREADY = 0xff;

/** Most requests that one step of the pages engine holds. */
export const REQUESTS_AT_ONCE = 32768;

// The start of a `Requests`: what its last step made.
export const REQUESTS_KEYS = 0; // u32: address of the page numbers, u64 each
export const REQUESTS_HASHES = 4; // u32: of their hashes, u32 each
export const REQUESTS_KINDS = 8; // u32: of the references' kinds, u8 each
export const REQUESTS_GAPS = 12; // u32: of the gaps to each request's next use, u32 each; the host writes them
export const REQUESTS_COUNT = 16; // u32

//   0             8       16         24            32
//   ├─ requests ──┼─ hits ┼─ misses ─┼─ evictions ─┼─ residence ─┤      a simulation's counters, u64 each
export const PAGES_REQUESTS = 0;
export const PAGES_HITS = 8;
export const PAGES_MISSES = 16;
export const PAGES_EVICTIONS = 24;
/** Resident pages after each request, summed up; counted for variable-space policies alone. */
export const PAGES_RESIDENCE = 32;

/** A request's gap to the next one for the same page when there is none. */
export const NEVER = 0xffffffff;

// ── A decoder: bytes in, records out ────────────────────────────────────────────────────────────────────
//
//   room for the line that the last chunk cut          padding, so that vector loads may run past the end
//            │                                            │
//   ├── LINE_BYTES ──┼──────── INPUT_BYTES ────────┼─ INPUT_PADDING ─┤
//             ^      ^                ^
//          position  DECODER_INPUT   end           the host puts new bytes at DECODER_INPUT and sets `end`

/** The longest line of text that a decoder takes. */
export const LINE_BYTES = 65536;
export const INPUT_BYTES = 262144;
export const INPUT_PADDING = 64;

export const DECODER_INPUT = 0; // u32: where the host puts the next chunk
export const DECODER_POSITION = 4; // u32: first byte not decoded yet
export const DECODER_END = 8; // u32: end of the bytes that are there
export const DECODER_FINAL = 12; // u32: 1 once no more bytes follow
export const DECODER_ERROR = 16; // u32: DECODE_…
export const DECODER_ERROR_LENGTH = 20; // u32: bytes at DECODER_POSITION that are wrong
export const DECODER_LINE = 24; // u64: lines before DECODER_POSITION
export const DECODER_SKIPS = 32; // u32: address of the list of skipped lines
export const DECODER_SKIP_COUNT = 36; // u32: entries in it
export const DECODER_BYTES = 128;

export const DECODE_OK = 0;
/** The line is none of the format's. */
export const DECODE_BAD_LINE = 1;
/** The line is longer than `LINE_BYTES`. */
export const DECODE_LONG_LINE = 2;
/** The number does not fit: an address beyond 64 bits, a size beyond 32 or zero. */
export const DECODE_BAD_NUMBER = 3;
/** The input ends inside a record. */
export const DECODE_CUT = 4;

// A skipped line's entry: before the batch's record `SKIP_RECORD`, `SKIP_LINES` lines so far had no record.
export const SKIP_BYTES = 8;
export const SKIP_RECORD = 0; // u32
export const SKIP_LINES = 4; // u32

// ── An encoder: records in, bytes out ───────────────────────────────────────────────────────────────────

export const ENCODER_OUT = 0; // u32: where the bytes are
export const ENCODER_RECORD = 4; // u32: next record of the batch; 0 before a batch, its count when it is written
export const ENCODER_PAGE = 8; // u64: next page of that record, in block formats
export const ENCODER_COUNT = 16; // u64: fetches not written yet (address), references written (oracleGeneral)
export const ENCODER_PAGE_SHIFT = 24; // u32: address bits in a page, 0 where records hold page numbers
export const ENCODER_BYTES = 64;
export const OUTPUT_BYTES = 262144;
/** The most bytes that an encoder writes at once. */
export const ENCODED_BYTES = 96;

/** Bytes of an oracleGeneral record: u32 time, u64 id, u32 size, i64 next. */
export const ORACLE_BYTES = 24;
export const ORACLE_ID = 4;
export const ORACLE_SIZE = 12;
export const ORACLE_NEXT = 16;

// ── A survey: what `trace info` counts ──────────────────────────────────────────────────────────────────

export const SURVEY_COUNTS = 0; // u64[5], by kind
export const SURVEY_BYTES_TOUCHED = 40; // u64
export const SURVEY_LOWEST = 48; // u64: lowest address, all ones when there is none
export const SURVEY_HIGHEST = 56; // u64: highest address touched
export const SURVEY_PAGES = 64; // u64: distinct pages
export const SURVEY_CROSSINGS = 72; // u64: references that touch two pages or more
export const SURVEY_BYTES = 128;

// ── A generator's parameters ────────────────────────────────────────────────────────────────────────────

export const PATTERN_ZIPF = 0;
export const PATTERN_UNIFORM = 1;
export const PATTERN_SEQUENTIAL = 2;
export const PATTERN_LOOP = 3;
export const PATTERN_STRIDE = 4;
export const PATTERN_WORKING_SET = 5;

export const GENERATOR_PATTERN = 0; // u32
export const GENERATOR_SIZE = 4; // u32: bytes a reference touches
export const GENERATOR_PAGES = 8; // u64: pages 0 … pages - 1 are referenced
export const GENERATOR_PAGE_BYTES = 16; // u64
export const GENERATOR_START = 24; // u64: address of page 0
export const GENERATOR_SEED = 32; // u64
export const GENERATOR_ALPHA = 40; // f64: zipf's exponent
export const GENERATOR_WRITES = 48; // f64: share of stores
export const GENERATOR_STRIDE = 56; // u64: bytes from one reference to the next
export const GENERATOR_SET_PAGES = 64; // u64: pages of a working set
export const GENERATOR_PHASE = 72; // u64: references of a phase
export const GENERATOR_LOCALITY = 80; // f64: share of references inside the working set
export const GENERATOR_BYTES = 88; // the parameters; the kernel's own state follows

// ── The machine ─────────────────────────────────────────────────────────────────────────────────────────

/** `--arch`, by number: the rows of mmu/geometry. */
export const ARCHITECTURE_NAMES = [
  "x86-64",
  "x86-64-la57",
  "i386",
  "i386-pae",
  "sv39",
  "sv48",
  "sv57",
  "aarch64-4k",
  "aarch64-16k",
  "aarch64-64k",
];

/** What a TLB overwrites. */
export const TLB_LRU = 0;
export const TLB_PLRU = 1;
export const TLB_FIFO = 2;
export const TLB_RANDOM = 3;

/** `--huge`. `madvise` maps huge pages only where the library asks for them. */
export const HUGE_NEVER = 0;
export const HUGE_ALWAYS = 1;
export const HUGE_MADVISE = 2;

/** Statuses of the machine, beside `STATUS_…` above. The last three are values of one access, not ends of a replay. */
export const MACHINE_ADDRESS_TOO_WIDE = 16;
export const MACHINE_MEMORY_FULL = 17;
export const MACHINE_SWAP_FULL = 18;
export const MACHINE_PROTECTION_FAULT = 19;
export const MACHINE_SEGMENTATION_FAULT = 20;
export const MACHINE_ALREADY_MAPPED = 21;

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

/** Fields of a geometry, u32 each but for the one byte of `SIGN_EXTENDED`. */
export const GEOMETRY_PAGE_SHIFT = 0;
export const GEOMETRY_INDEX_BITS = 4;
export const GEOMETRY_LEVELS = 8;
export const GEOMETRY_LEAF_LEVELS = 12;
export const GEOMETRY_ADDRESS_BITS = 16;
export const GEOMETRY_SIGN_EXTENDED = 20;
export const GEOMETRY_ENTRY_SHIFT = 24;

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

// ── Analyses: curves, samples, working sets ─────────────────────────────────────────────────────────────

//   0             8         12      16     an LRU curve of `Requests`
//   ├─ requests ──┼─ counts ┼ pages ┤      counts: address of u64[pages + 1], by stack distance; [0]: first requests
export const LRU_CURVE_REQUESTS = 0;
export const LRU_CURVE_COUNTS = 8;
export const LRU_CURVE_PAGES = 12;

//   0            8         12              a curve by sets
//   ├─ lookups ──┼─ counts ┤               counts: address of u64[ways + 1], by depth; [0]: deeper than all ways
export const SET_CURVE_LOOKUPS = 0;
export const SET_CURVE_COUNTS = 8;

//   0          8       12                  a sample
//   ├─ total ──┼ limit ┤                   total: requests that went by; limit: the highest hash that is sampled
export const SAMPLE_TOTAL = 0;
export const SAMPLE_LIMIT = 8;
/** Parts of a sample that are estimated apart, for the error bar; a power of two. */
export const SAMPLE_GROUPS = 8;

//   0        4       8                     a bounded sample
//   ├ curves ┼ pages ┤                     curves: address of those of the whole sample and of its groups, u32 each
export const BOUNDED_CURVES = 0;
export const BOUNDED_PAGES = 4;

//   0        8         12                  a scaled curve
//   ├─ cold ─┼ weights ┤
//     f64      u32: address of f64[SCALED_BUCKETS]
export const SCALED_COLD = 0;
export const SCALED_WEIGHTS = 8;
/** Up to this distance a bucket each; see analysis/scaled-curve. */
export const SCALED_EXACT = 256;
/** Buckets from one power of two to the next beyond. */
export const SCALED_STEPS = 128;
export const SCALED_BUCKETS = 3328;

//   0             8       12            16      20      24     28            32         40    reuse times
//   ├─ requests ──┼ pages ┼ windowCount ┼ times ┼ below ┼ sums ┼ differences ┼─ stride ─┤
//     u64           u32     u32           addresses: see analysis/reuse-times    u64
export const REUSE_REQUESTS = 0;
export const REUSE_PAGES = 8;
export const REUSE_TIMES = 16;
export const REUSE_BELOW = 20;
export const REUSE_SUMS = 24;
export const REUSE_DIFFERENCES = 28;
export const REUSE_STRIDE = 32;
/** Powers of two that a reuse time can have. */
export const REUSE_TIME_BITS = 64;
/** Most moments at which the size of the working set is known. */
export const MOMENTS = 1024;

// ── A heat map: requests by block of pages and window of time; see analysis/heat ────────────────────────
//
//   0        4        8      12           16            20 24         32
//   ├ blocks ┼ counts ┼ rows ┼ blockShift ┼ windowShift ┼ … ┼ requests ┤     u32 each, but the last: u64
//
// `blocks` is the address of the rows' block numbers, u64 each, and `counts` that of `HEAT_WINDOWS` u32 for each row.
// A block is 2^blockShift pages, a window 2^windowShift requests.

export const HEAT_BLOCKS = 0;
export const HEAT_COUNTS = 4;
export const HEAT_ROW_COUNT = 8;
export const HEAT_BLOCK_SHIFT = 12;
export const HEAT_WINDOW_SHIFT = 16;
export const HEAT_REQUESTS = 24;

export const HEAT_ROWS = 4096;
export const HEAT_WINDOWS = 256;

// ── Decoders of more formats ────────────────────────────────────────────────────────────────────────────
//
//   44        48        56           60           64           68          72       76        80        88          96
//   ├ runLeft ┼ runPage ┼ pageColumn ┼ sizeColumn ┼ kindColumn ┼ delimiter ┼ header ┼ version ┼ skipped ┼ batchLine ┼ part
//                 u64                                                                            u64         u64
//
// A decoder goes on behind `DECODER_SKIP_COUNT` with these, u32 where nothing else is said. The host sets the columns
// of csv (from 1, 0 for none), its delimiter and whether a header comes first, and the version of vscsi's records.

/** Pages of an arc line still to come, and the next of them. */
export const DECODER_RUN_LEFT = 44;
export const DECODER_RUN_PAGE = 48;
export const DECODER_PAGE_COLUMN = 56;
export const DECODER_SIZE_COLUMN = 60;
export const DECODER_KIND_COLUMN = 64;
export const DECODER_DELIMITER = 68;
export const DECODER_HEADER = 72;
export const DECODER_VERSION = 76;
/** u64: lines without a record so far. */
export const DECODER_SKIPPED = 80;
/** u64: lines (or records of a binary format) before the batch. */
export const DECODER_BATCH_LINE = 88;
/** References of a champsim instruction that are in earlier batches. */
export const DECODER_PART = 96;

/** A csv row ends before a column that is asked for. */
export const DECODE_NO_FIELD = 5;
/** A csv field that starts with a quote has no other in its line. */
export const DECODE_OPEN_QUOTE = 6;
/** A csv field that names no kind of reference. */
export const DECODE_BAD_KIND = 7;
/** A binary record is none of the format's. */
export const DECODE_BAD_RECORD = 8;

//   0       4       8       12    14    16        24       32     vscsi, version 1 (VMware's vscsiStats)
//   ├─ sn ──┼─ len ─┼─ nSG ─┼ cmd ┼ ver ┼── lbn ──┼── ts ──┤
//
//   0     2     4       8       12      16        24       32       40     version 2
//   ├ cmd ┼ ver ┼─ sn ──┼─ len ─┼─ nSG ─┼── lbn ──┼── ts ──┼── rt ──┤
//
//   ver: the version in the high byte    len: bytes    lbn: the first block    cmd: the SCSI operation code

export const VSCSI1_BYTES = 32;
export const VSCSI1_LEN = 4;
export const VSCSI1_SEGMENTS = 8;
export const VSCSI1_CMD = 12;
export const VSCSI1_VER = 14;
export const VSCSI_LBN = 16;
export const VSCSI_TS = 24;
export const VSCSI2_BYTES = 40;
export const VSCSI2_CMD = 0;
export const VSCSI2_VER = 2;
export const VSCSI2_LEN = 8;

//   0       8        9       10                    12               16                    32                64
//   ├─ ip ──┼ branch ┼ taken ┼ written registers ──┼ read registers ┼ u64[2] written ─────┼ u64[4] read ────┤  champsim

export const CHAMPSIM_BYTES = 64;
export const CHAMPSIM_BRANCH = 8;
export const CHAMPSIM_TAKEN = 9;
export const CHAMPSIM_WRITTEN = 16;
export const CHAMPSIM_READ = 32;
/** The most references that an instruction stands for: its fetch, four loads, two stores. */
export const CHAMPSIM_REFERENCES = 7;

/** The most generators that a mixture has. */
export const MIXTURE_MOST_PARTS = 64;
