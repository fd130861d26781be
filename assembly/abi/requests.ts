/**
 * The pages engine: requests, and the counters of a simulation.
 */

// ── The pages engine ────────────────────────────────────────────────────────────────────────────────────

/** Which references count: the contract's `--only`. */
export const ONLY_ALL = 0;
export const ONLY_DATA = 1;
export const ONLY_INSTRUCTIONS = 2;

/** `pageShift` of traces whose addresses are page numbers already, so that sizes mean nothing. */
export const PAGES_ALREADY = 0xff;

/** Most requests of a step of the pages engine: at first, and when steps have become longer. */
export const LEAST_AT_ONCE = 32768;
export const MOST_AT_ONCE = 524288;

// The start of a `Requests`: its step.
export const REQUESTS_KEYS = 0; // u32: address of the page numbers, u64 each
export const REQUESTS_NUMBERS = 4; // u32: of the pages' dense numbers, u32 each
export const REQUESTS_KINDS = 8; // u32: of the references' kinds, u8 each
export const REQUESTS_GAPS = 12; // u32: of the gaps to each request's next use, u32 each; the host writes them
export const REQUESTS_COUNT = 16; // u32
export const REQUESTS_LEFT = 20; // u32: records of the batch that have made no request yet

//   0             8       16         24            32            40
//   ├─ requests ──┼─ hits ┼─ misses ─┼─ evictions ─┼─ residence ─┼─ writebacks ─┤   a simulation's counters, u64 each
export const PAGES_REQUESTS = 0;
export const PAGES_HITS = 8;
export const PAGES_MISSES = 16;
export const PAGES_EVICTIONS = 24;
/** Resident pages after each request, summed up; counted for variable-space policies alone. */
export const PAGES_RESIDENCE = 32;
/** Evicted pages that had been stored to, and pages that a policy wrote before it evicted them. */
export const PAGES_WRITEBACKS = 40;
export const PAGES_BYTES = 48;

/** The start of what serves several numbers of frames (engine/sizes): u32, address of the counters of each. */
export const SIZES_COUNTERS = 0;
/** Most numbers of frames that are served at once. */
export const MOST_SIZES = 255;

/** A request's gap to the next one for the same page when there is none. */
export const NEVER = 0xffffffff;
