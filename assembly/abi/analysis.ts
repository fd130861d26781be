/**
 * Curves, samples, working sets.
 */

// ── Analyses: curves, samples, working sets ─────────────────────────────────────────────────────────────

//   0             8         12      16     a curve of a policy with the stack property
//   ├─ requests ──┼─ counts ┼ pages ┤      counts: address of u64[pages + 1], by stack distance; [0]: first requests
export const STACK_CURVE_REQUESTS = 0;
export const STACK_CURVE_COUNTS = 8;
export const STACK_CURVE_PAGES = 12;
/** The policies. */
export const STACK_LRU = 0;
export const STACK_OPT = 1;
export const STACK_MRU = 2;

//   0            8         12              a curve by sets
//   ├─ lookups ──┼─ counts ┤               counts: address of u64[ways + 1], by depth; [0]: deeper than all ways
export const SET_CURVE_LOOKUPS = 0;
export const SET_CURVE_COUNTS = 8;

//   0          8       12                  a sample
//   ├─ total ──┼ limit ┤                   total: requests that went by; limit: the highest hash that is sampled
export const SAMPLE_TOTAL = 0;
export const SAMPLE_LIMIT = 8;
/** Parts of a sample that are estimated apart, for the error bar; a power of two. */
export const SAMPLE_GROUPS = 8;

//   0        4       8                     a bounded sample
//   ├ curves ┼ pages ┤                     curves: address of those of the whole sample and of its groups, u32 each
export const BOUNDED_CURVES = 0;
export const BOUNDED_PAGES = 4;

//   0        8         12                  a scaled curve
//   ├─ cold ─┼ weights ┤
//     f64      u32: address of f64[SCALED_BUCKETS]
export const SCALED_COLD = 0;
export const SCALED_WEIGHTS = 8;
/** Up to this distance a bucket each; see analysis/scaled-curve. */
export const SCALED_EXACT = 256;
/** Buckets from one power of two to the next beyond. */
export const SCALED_STEPS = 128;
export const SCALED_BUCKETS = 3328;

//   0             8       12            16      20      24     28            32         40    reuse times
//   ├─ requests ──┼ pages ┼ windowCount ┼ times ┼ below ┼ sums ┼ differences ┼─ stride ─┤
//     u64           u32     u32           addresses: see analysis/reuse-times    u64
export const REUSE_REQUESTS = 0;
export const REUSE_PAGES = 8;
export const REUSE_TIMES = 16;
export const REUSE_BELOW = 20;
export const REUSE_SUMS = 24;
export const REUSE_DIFFERENCES = 28;
export const REUSE_STRIDE = 32;
/** Powers of two that a reuse time can have. */
export const REUSE_TIME_BITS = 64;
/** Most moments at which the size of the working set is known. */
export const MOMENTS = 1024;
