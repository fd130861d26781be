/** The random number generators of the kernel, naively: with unlimited integers. */
import { U64_MAX } from "../structures.js";

const mask = (value: bigint) => value & U64_MAX;
const rotate = (value: bigint, by: bigint) => mask(value << by) | (value >> (64n - by));

/** SplitMix64 (Steele, Lea and Flood, 2014) as a stream. */
function splitMix(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = mask(state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = mask((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = mask((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

/** xoshiro256** (Blackman and Vigna, 2021), its state filled by SplitMix64. */
export function xoshiro(seed: bigint): () => bigint {
  const fill = splitMix(seed);
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  return () => {
    const result = mask(rotate(mask(b * 5n), 7n) * 9n);
    const shifted = mask(b << 17n);
    [c, d] = [c ^ a, d ^ b];
    [b, a] = [b ^ c, a ^ d];
    c ^= shifted;
    d = rotate(d, 45n);
    return result;
  };
}

/** Uniform in [0, bound): Lemire's algorithm 5 (2019), with L = 32. */
export function below(next: () => bigint, bound: bigint): bigint {
  const wide = 2n ** 32n;
  for (;;) {
    const product = (next() >> 32n) * bound;
    if (product % wide >= (wide - bound) % bound) return product / wide;
  }
}

/** The numbers in [0, bound) that both halves of an output give, the high one first; a biased half gives none. */
export function halvesBelow(output: bigint, bound: bigint): number[] {
  const wide = 2n ** 32n;
  const products = [output / wide, output % wide].map((half) => half * bound);
  return products
    .filter((product) => product % wide >= wide % bound)
    .map((product) => Number(product / wide));
}
