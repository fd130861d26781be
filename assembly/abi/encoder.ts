/**
 * Encoders: records in, bytes out.
 */

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
