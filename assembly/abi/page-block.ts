/**
 * Page blocks: what the pagewalk format carries for engines that need only the changes of page.
 */

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
