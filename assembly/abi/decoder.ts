/**
 * Decoders: bytes in, records out.
 */

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

// ── Decoders of more formats ────────────────────────────────────────────────────────────────────────────
//
//   44        48        56           60           64           68          72     76        80        88          96     100
//   ├ runLeft ┼ runPage ┼ pageColumn ┼ sizeColumn ┼ kindColumn ┼ delimiter ┼ plan ┼ version ┼ skipped ┼ batchLine ┼ part ┼ table
//                 u64                                                                          u64         u64
//   104
//   ├ openEnd
//
// Fields of a decoder after `DECODER_SKIP_COUNT`, u32 unless noted. The host sets what csv
// needs: the delimiter, the plan of `abi/table.ts`, and the columns if the fast path may read them (from 1, 0 for none;
// no page column: it may not); and the version of vscsi's
// records, and for `plan` the bits by which a block's number becomes an address; and of plain ids, their bytes for `version`, and 1 for `plan` if they
// are big-endian.

/** Pages of an arc line still to come, and the next of them. */
export const DECODER_RUN_LEFT = 44;
export const DECODER_RUN_PAGE = 48;
export const DECODER_PAGE_COLUMN = 56;
export const DECODER_SIZE_COLUMN = 60;
export const DECODER_KIND_COLUMN = 64;
export const DECODER_DELIMITER = 68;
export const DECODER_PLAN = 72;
export const DECODER_VERSION = 76;
/** u64: lines without a record so far. */
export const DECODER_SKIPPED = 80;
/** u64: lines (or records of a binary format) before the batch. */
export const DECODER_BATCH_LINE = 88;
/** References of a champsim instruction that are in earlier batches. */
export const DECODER_PART = 96;
/** The decoder's own state of a table: the row, keys, volumes. */
export const DECODER_TABLE = 100;

/** Where the text ends whose last line had no end, the one added to it included; 0: it had one, or more may follow. */
export const DECODER_OPEN_END = 104;

/** A csv row ends before a column that is asked for. */
export const DECODE_NO_FIELD = 5;
/** A csv field that starts with a quote has no other in its line. */
export const DECODE_OPEN_QUOTE = 6;
/** A csv field that names no kind of reference. */
export const DECODE_BAD_KIND = 7;
/** A binary record is none of the format's. */
export const DECODE_BAD_RECORD = 8;
/** A range of bytes is longer than a reference can be, or leaves its volume. */
export const DECODE_BAD_RANGE = 9;
/** Two keys have the same hash. */
export const DECODE_COLLISION = 10;
/** There are more volumes than addresses can distinguish. */
export const DECODE_MANY_VOLUMES = 11;
/** A line stands for more pages than one may. */
export const DECODE_LONG_RUN = 12;

/** The most pages that a line may stand for: 64 GiB of 4 KiB pages. */
export const MOST_RUN = 0x1000000;
