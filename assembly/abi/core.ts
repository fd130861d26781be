/**
 * Numbers that all parts of the kernel and the host use: records of references, status codes, the header of memory.
 */

// ── A record: one reference, or one call event, in a batch ──────────────────────────────────────────────
//
//   0               8       12   13     16
//   ├── address u64 ┼─ size ─┼kind┼ zero ┤
//                      u32     u8
//
// In block formats `address` is the page number itself and `size` is what the trace says, or 0.
// For `KIND_CALL`, the low half of `address` is the index of the call's text among the batch's calls. A call that another
// thread makes than the one before is a turn: `size` is the number of that thread plus one, and the high half of `address`
// the number of its address space. Otherwise both are 0. Threads and spaces are numbered from 0 in order of appearance.

export const RECORD_BYTES = 16;
export const RECORD_ADDRESS = 0;
/** Of a turn. */
export const RECORD_SPACE = 4;
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
export const SIDE_FETCH = 0;
export const SIDE_DATA = 1;
