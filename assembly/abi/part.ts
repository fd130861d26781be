/**
 * The part of a trace that is kept: the settings, which the host writes, and where it stands.
 */

// ── A part: `trace/part.ts` ─────────────────────────────────────────────────────────────────────────────

export const PART_FROM = 0; // u64: number of the first instruction that is kept
export const PART_UNTIL = 8; // u64: number of the instruction before which the part ends; all ones: none
export const PART_FROM_ADDRESS = 16; // u64: address of the instruction with which the part begins; all ones: none
export const PART_UNTIL_ADDRESS = 24; // u64: address of the instruction before which it ends; all ones: none
export const PART_LIMIT = 32; // u64: number of references after which it ends; all ones: none
export const PART_WINDOW = 40; // u64: instructions that are kept of each period
export const PART_PERIOD = 48; // u64: instructions of a period; 0: no windows
export const PART_MARKED = 56; // u32: 1 to keep only what lies between markers
export const PART_ENDED = 60; // u32: 1 when nothing that follows can be kept
export const PART_CALLS = 64; // u32: calls that were kept of the batch
