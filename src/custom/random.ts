/**
 * Seeded random numbers, for custom policies and for the search for their errors: sfc32 of Chris Doty-Humphrey's
 * PractRand. It passes PractRand's tests and uses only additions, shifts and exclusive ors of 32 bits.
 */

/** Numbers skipped at the start, so that close seeds give different sequences. */
const WARM_UP = 15;

/** Returns the next number, from 0 up to but excluding 1. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let [a, b, c, counter] = [0, seed | 0, (seed / 2 ** 32) | 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let n = 0; n < WARM_UP; n++) next();
  return next;
}
