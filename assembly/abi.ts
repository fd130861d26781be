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

// ── The header of linear memory: 1024 … 4095, below static data ─────────────────────────────────────────

/** Next free byte of the arena, u32. Zero until the first allocation. */
export const HEADER_ARENA_TOP = 1024;

/** No slot, no frame, no node: the end of every u32 link. */
export const NONE = 0xffffffff;

// ── A page block: what the pagewalk format carries for engines that need only the changes of page ───────
//
// The header is filled by the decoder. Symbols are `PAGE_BLOCK_SYMBOL_BYTES` (1, 2 or 4) wide and index the
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

//   0             8       16         24            32
//   ├─ requests ──┼─ hits ┼─ misses ─┼─ evictions ─┤      a simulation's counters, u64 each
export const PAGES_REQUESTS = 0;
export const PAGES_HITS = 8;
export const PAGES_MISSES = 16;
export const PAGES_EVICTIONS = 24;

/** A request's gap to the next one for the same page when there is none. */
export const NEVER = 0xffffffff;
