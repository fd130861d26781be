/**
 * How a table's rows are read: which column does what.
 */

// ── A plan, which the host writes and DECODER_PLAN points to; u32 each ──────────────────────────────────
//
//   0         4        8         12       16          20       24        28      32
//   ├ columns ┼ least ┼ ranges ┼ scale ┼ sizeScale ┼ words ┼ wordCount ┼ (0) ─┼ u16[columns] actions …
//
// A row is a request of a page with a number or a key, or a range of bytes: offset × scale in a volume, size × sizeScale.

/** Columns up to the last one that is read. */
export const TABLE_COLUMNS = 0;
/** Columns that a row must have; those after may be missing. */
export const TABLE_LEAST = 4;
/** 1 if rows are ranges of bytes, 2 if volumes have them. */
export const TABLE_RANGES = 8;
/** Bytes of a unit of offsets, of one of sizes. */
export const TABLE_SCALE = 12;
export const TABLE_SIZE_SCALE = 16;
/** Address and number of the words for kinds that the user gave. */
export const TABLE_WORDS = 20;
export const TABLE_WORD_COUNT = 24;
export const TABLE_ACTIONS = 32;

/** Bits of an action: the column is a number of a page, a part of its key, a part of a volume's key, … */
export const ACTION_PAGE = 1;
export const ACTION_KEY = 2;
export const ACTION_VOLUME = 4;
export const ACTION_OFFSET = 8;
export const ACTION_SIZE = 16;
export const ACTION_KIND = 32;
/** Numbers are hexadecimal also without 0x. */
export const ACTION_HEX = 64;

/** The most columns that are read. */
export const MOST_COLUMNS = 1024;

// A word for a kind: small letters, zeros behind.
export const WORD_KIND = 0; // u32
export const WORD_LENGTH = 4; // u32
export const WORD_TEXT = 8;
export const WORD_BYTES = 72;
/** The kind of rows without a request. */
export const KIND_SKIP = 0xfe;

/** Bits of an address below the volume's number; a volume's bytes. */
export const VOLUME_SHIFT = 48;
