/**
 * Chance in jemalloc: a linear congruential generator of 64 bits, of whose states the high bits are used (Knuth, "The Art of
 * Computer Programming" vol. 2, for MMIX). From: include/jemalloc/internal/prng.h and ticker.h of jemalloc 5.3.0.
 */

/** The state behind `state`. */
export function nextRandom(state: u64): u64 {
  return state * 6364136223846793005 + 1442695040888963407;
}

/** Calls until the clock is looked at, on average and at first. */
export const DEFAULT_TICKS: i32 = 1000;

/**
 * A geometrically distributed number of calls: -ln(u) times the usual number, u one of 64 steps, of which the logarithm is
 * rounded to 1/61.
 */
export function ticksFor(state: u64): i32 {
  const step = <i32>(state >> 58) + 1;
  return (DEFAULT_TICKS * <i32>Math.floor(61 * Math.log(64.0 / <f64>step) + 0.5)) / 61;
}
