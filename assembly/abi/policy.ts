/** How a replacement policy shows the pages that it holds (policy/holdings.ts). */

//   0         8        12     13      14   16
//   ├ key u64 ┼ list ──┼ mark ┼ ghost ┼────┤    list: u32, its number, or NONE; mark and ghost: u8
export const HOLDING_KEY = 0;
export const HOLDING_LIST = 8;
export const HOLDING_MARK = 12;
export const HOLDING_GHOST = 13;
export const HOLDING_BYTES = 16;
