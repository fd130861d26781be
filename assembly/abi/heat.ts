/**
 * Heat maps: requests by block of pages and window of time; see analysis/heat.
 */

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
