/**
 * The memory that recorded processes share with the reader (src/trace/record/qemu/plugin/shared.h draws it), its events,
 * and the decoder's state.
 */

// ── The file ────────────────────────────────────────────────────────────────────────────────────────────

export const SHARED_MAGIC = 0x51475750;
export const SHARED_RINGS = 1024;
export const SHARED_RINGS_AT = 4096;
export const SHARED_COUNTERS_AT = 266240;
export const SHARED_COUNTER_BYTES = 4096;
export const SHARED_EVENTS_AT = 16777216;
export const RING_EVENTS = 131072;
export const SHARED_BLOCKS_AT = 1090519040;
export const SHARED_BLOCKS_BYTES = 1073741824;
export const BLOCK_SEGMENT_BYTES = 1048576;

// The header: bytes 0 … 55.
export const SHARED_READER = 8; // u32: process number
export const SHARED_FAILURE = 12; // u32
export const SHARED_CLOCK = 16; // u64
export const SHARED_RINGS_USED = 28; // u32
export const SHARED_BLOCKS_USED = 32; // u64
export const SHARED_HEADER_BYTES = 56;

export const FAILED_BLOCKS = 1;
export const FAILED_RINGS = 2;
export const FAILED_VCPUS = 3;

// A ring's row.
export const RING_BYTES = 256;
export const RING_STATE = 0; // u32
export const RING_PID = 4; // u32
export const RING_TID = 8; // u32
export const RING_EXACT = 12; // u32
export const RING_FLOOR = 16; // u64
export const RING_WRITTEN = 24; // u64
export const RING_LEADS = 36; // u32
export const RING_SIGNAL = 40; // u32; then i32 si_code, u64 si_addr, u32 si_pid, u32 si_uid
export const RING_AT = 64; // u64
export const RING_MARK = 80; // u64
export const RING_LENGTH = 88; // u64
export const RING_LEAVES = 96; // u32
export const RING_KILLED = 100; // u32
export const RING_TAKEN = 128; // u64

export const LEAVES_WITH_PROCESS = 2;

export const RING_FREE = 0;
export const RING_CLAIMED = 1;
export const RING_LIVE = 2;
export const RING_ENDED = 3;

// ── Events, 64 bits each ────────────────────────────────────────────────────────────────────────────────

export const EVENT_BYTES = 8;
/** The top two bits. 1 and 2 are a load and a store, as in records. */
export const EVENT_TYPE = 62;
export const EVENT_OTHER = 0;
export const EVENT_BLOCK = 3;
/** Of an access. */
export const EVENT_SHIFT = 59;
export const EVENT_INSTRUCTION = 50;
export const EVENT_INSTRUCTION_BITS = 9;
/** Of a block. */
export const EVENT_RAN = 52;
export const EVENT_LENGTH = 32;
export const EVENT_LENGTH_BITS = 10;
/** Of others. */
export const EVENT_CODE = 56;
export const CODE_MARK = 1;
export const CODE_DONE = 2;
export const CODE_WIDE = 3;
export const CODE_TEXT = 4;

/** A definition in `blocks`: count u32, hash u32, zero u64, then its instructions as records. */
export const BLOCK_HEAD_BYTES = 16;
export const MOST_INSTRUCTIONS = 512;
export const MOST_TEXT_BYTES = 16384;

// ── The decoder ─────────────────────────────────────────────────────────────────────────────────────────

// 0        4        8        12      16      24      28       32
// ├ status ┼ wanted ┼ thread ┼ calls ┼ clock ┼ list ─┼ blocks ┤
//                                      u64

export const RECORDING_STATUS = 0; // RECORDING_…
export const RECORDING_WANTED = 4; // u32: number of the block that is not there
export const RECORDING_THREAD = 8; // u32: the thread with the fault
export const RECORDING_CALLS = 12; // u32: calls of the batch
export const RECORDING_CLOCK = 16; // u64: no ticket from here on is in order yet
export const RECORDING_LIST = 24; // u32: the calls
export const RECORDING_BLOCKS = 28; // u32: the addresses of the segments of `blocks`

export const RECORDING_OK = 0;
/** The thread that is next in order, or the only one, needs input. */
export const RECORDING_HUNGRY = 1;
export const RECORDING_NO_BLOCK = 2;
export const RECORDING_DAMAGED = 3;
/** The list of calls is full; the batch ends. */
export const RECORDING_FULL = 4;

/** A call of the batch: the thread's number u32, bytes of the text u32 (0: only its turn), the text's address u32. */
export const RECORDED_CALL_BYTES = 12;
export const MOST_RECORDED_CALLS = 4096;
export const RECORDED_TEXT_BYTES = 262144;

// A thread: the host fills its input, from `RECORDED_INPUT` on.
export const RECORDED_INPUT = 0; // u32
export const RECORDED_POSITION = 4; // u32
export const RECORDED_END = 8; // u32
export const RECORDED_NUMBER = 12; // u32
export const RECORDED_FLOOR = 16; // u64: no event that is still to come has a lower ticket
export const RECORDED_INPUT_BYTES = 262144;
