/**
 * Numbers of the pagewalk format, read by asc and tsc alike: plain `export const` only. `docs/trace-format.md` is the
 * specification; what stands here is its layouts. All fields are little-endian; offsets and lengths are in bytes.
 */

// ── The file ────────────────────────────────────────────────────────────────────────────────────────────
//
//   ┌─ header ─┬─ block ─┬─ block ─┬─ … ─┬─ index ─┬─ trailer ─┐

export const FORMAT_VERSION = 1;

//   0              8         10     11    12                 16              20     24
//   ├─ 89 PGW\r\n  ┼ version ┼ unit ┼ 0 ──┼ blockReferences ─┼ metadataBytes ┼ crc ─┼─ metadata (JSON) …
//      1A \n          u16      u8                u32                u32         u32: bytes 0 … 19 and the metadata

export const MAGIC_LOW = 0x57475089; // the magic's first four bytes as a u32
export const MAGIC_HIGH = 0x0a1a0a0d;
export const FILE_VERSION = 8;
export const FILE_UNIT = 10;
export const FILE_BLOCK_REFERENCES = 12;
export const FILE_METADATA_BYTES = 16;
export const FILE_CRC = 20;
export const FILE_HEADER_BYTES = 24;
export const UNIT_ADDRESS = 0;
export const UNIT_PAGE = 1;

// ── A block's header ────────────────────────────────────────────────────────────────────────────────────
//
//   0      4        8                16                         32        36        40           44       48   52
//   ├ PGWB ┼ calls ─┼ firstReference ┼ u32 per kind: fetch load ┼ touches ┼ entries ┼ operations ┼ chains ┼ 0 ─┤
//                          u64         store modify
//   52                                                              124
//   ├─ per section u32 rawBytes, u32 storedBytes, u32 crc (stored) ─┼ crc ┤   crc: bytes 0 … 123

export const BLOCK_MAGIC = 0x42574750; // "PGWB"
export const BLOCK_CALLS = 4;
export const BLOCK_FIRST_REFERENCE = 8;
export const BLOCK_COUNTS = 16;
export const BLOCK_TOUCHES = 32;
export const BLOCK_ENTRIES = 36;
export const BLOCK_OPERATIONS = 40;
export const BLOCK_CHAINS = 44;
export const BLOCK_RESERVED = 48;
export const BLOCK_SECTIONS = 52;
export const BLOCK_CRC = 124;
export const BLOCK_HEADER_BYTES = 128;

export const SECTION_RAW_BYTES = 0;
export const SECTION_STORED_BYTES = 4;
export const SECTION_CRC = 8;
export const SECTION_HEADER_BYTES = 12;

// The sections in the order in which they follow the header.
export const SECTION_PAGES = 0;
export const SECTION_CALLS = 1;
export const SECTION_OPERATIONS = 2;
export const SECTION_PATH = 3;
export const SECTION_GUESSES = 4;
export const SECTION_ADDRESSES = 5;
export const SECTIONS = 6;

// ── The index and the trailer ───────────────────────────────────────────────────────────────────────────
//
//   0      4        8                                                               8 + 40 n
//   ├ PGWI ┼ blocks ┼─ per block: u64 offset, u64 firstReference, u32[4] counts, ───┼ crc ┤   crc: all before it
//              n       u32 calls, u32 bytes of header and pages section
//
//   0              8                16       20       24
//   ├ index offset ┼ references u64 ┼ crc ───┼ "PGWE" ┤     crc: bytes 0 … 15

export const INDEX_MAGIC = 0x49574750; // "PGWI"
export const INDEX_HEADER_BYTES = 8;
export const INDEX_ENTRY_BYTES = 40;
export const INDEX_FIRST_REFERENCE = 8;
export const INDEX_COUNTS = 16;
export const INDEX_CALLS = 32;
export const INDEX_PATH_BYTES = 36;

export const TRAILER_REFERENCES = 8;
export const TRAILER_CRC = 16;
export const TRAILER_MAGIC = 0x45574750; // "PGWE"
export const TRAILER_MAGIC_AT = 20;
export const TRAILER_BYTES = 24;

// ── Limits ──────────────────────────────────────────────────────────────────────────────────────────────

export const MOST_METADATA_BYTES = 1048576;
/** A block has at most what the file's header says, and that is at most this. */
export const MOST_BLOCK_REFERENCES = 4194304;
export const DEFAULT_BLOCK_REFERENCES = 1048576;
export const MOST_ENTRIES = 65536;
export const MOST_OPERATIONS = 65536;
export const MOST_CALLS = 65536;
export const MOST_CALL_BYTES = 268435456;
/** The most 4 KiB pages that one reference touches: its size is below 4 GiB. */
export const MOST_PAGES = 1048577;

// ── The model: see the specification's "References" ─────────────────────────────────────────────────────

/** Data references after a fetch that belong to its instruction; one that follows is an operation by itself. */
export const MOST_DEPTH = 8;

// An operation's flags in the dictionary.
export const OPERATION_KIND = 3; // mask
export const OPERATION_STARTS_CHAIN = 4;
export const OPERATION_FOLLOWS = 8; // a fetch at the end of the dictionary's previous fetch

// An event is a varint `run << 2 | code`: `run` right guesses, then what `code` says.
export const EVENT_CODE_BITS = 2;
export const PATH_AFTER_ONE = 0; // the chain that followed this one the last time
export const PATH_NEW = 1; // the first chain not seen yet
export const PATH_EXPLICIT = 2; // a varint follows
export const ADDRESS_STEP = 0; // the previous address, plus this operation's last step from the one before it
export const ADDRESS_STRIDE = 1; // this operation's last address, plus its last stride
export const ADDRESS_EXPLICIT = 2; // a varint in the addresses section

// Multipliers of the two hashes (Steele and Vigna's 64-bit constants), and the hashed tables' size.
export const TABLE_BITS = 16;

// ── The regions of a collected block: u32 address, u32 bytes of each ────────────────────────────────────

export const REGION_HEADER = 0; // the block's header, counts of kinds and calls
export const REGION_PATH = 1;
export const REGION_ADDRESSES = 2;
export const REGION_OPERATIONS = 3;
export const REGION_SYMBOLS = 4;
export const REGION_ENTRIES = 5;
export const REGION_GUESSES = 6;
export const REGIONS = 7;
export const REGION_BYTES = 8;

// ── The kernel's encoder and decoder, as the host sees them ─────────────────────────────────────────────

export const CODEC_HEADER = 0; // a block's header, 128 bytes
export const CODEC_SECTIONS = 128; // u32 address, u32 bytes of each raw section, and of the packed pages
export const PACKED_PAGES = 6; // the pages section as stored: an LZ4 block
export const CODEC_CALL_POSITIONS = 184; // u32: address of u32[calls], references of the block before each call
export const CODEC_CALL_TEXTS = 188; // u32: encoder only, address of u32[calls], the calls' indexes in their batches
export const CODEC_ERROR = 192; // u32: the section that is damaged, or `NONE`
export const CODEC_CALLS_DONE = 196; // u32: decoder only, calls decoded so far
export const CODEC_PAGE_BLOCK = 208; // abi's page block, 32 bytes
export const CODEC_BYTES = 240;
/** Bytes after every section in kernel memory, so that numbers are read and bytes copied before an end is checked. */
export const SECTION_PADDING = 64;
