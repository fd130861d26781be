/**
 * Parameters of generated traces.
 */

// ── A generator's parameters ────────────────────────────────────────────────────────────────────────────

export const PATTERN_ZIPF = 0;
export const PATTERN_UNIFORM = 1;
export const PATTERN_SEQUENTIAL = 2;
export const PATTERN_LOOP = 3;
export const PATTERN_STRIDE = 4;
export const PATTERN_WORKING_SET = 5;

export const GENERATOR_PATTERN = 0; // u32
export const GENERATOR_SIZE = 4; // u32: bytes a reference touches
export const GENERATOR_PAGES = 8; // u64: pages 0 … pages - 1 are referenced
export const GENERATOR_PAGE_BYTES = 16; // u64
export const GENERATOR_START = 24; // u64: address of page 0
export const GENERATOR_SEED = 32; // u64
export const GENERATOR_ALPHA = 40; // f64: zipf's exponent
export const GENERATOR_WRITES = 48; // f64: share of stores
export const GENERATOR_STRIDE = 56; // u64: bytes from one reference to the next
export const GENERATOR_SET_PAGES = 64; // u64: pages of a working set
export const GENERATOR_PHASE = 72; // u64: references of a phase
export const GENERATOR_LOCALITY = 80; // f64: share of references inside the working set
export const GENERATOR_BYTES = 88; // the parameters; the kernel's own state follows

/** The most generators that a mixture has. */
export const MIXTURE_MOST_PARTS = 64;
