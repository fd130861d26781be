/**
 * Seeded random numbers, for own policies and for the search for their faults: sfc32 of Chris Doty-Humphrey's
 * PractRand, which passes its own tests and wants nothing but additions, shifts and exclusive ors of 32 bits.
 */

/** Numbers that it mixes before the first is given out, so that close seeds part. */
const WARM_UP = 15;

/** The next of a sequence of numbers from 0 up to, and without, 1. */
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
