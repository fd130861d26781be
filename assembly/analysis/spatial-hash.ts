/**
 * The hash by which pages are sampled, one at a time and four at a time. A single multiplication, as in core/hash, would
 * space neighbouring pages evenly. Such a sample is not random, and the errors estimated from it would be too small. So
 * the bits are mixed fully, by two rounds of multiplication and shifted xor (the form of MurmurHash3's finaliser, with
 * constants that Wellons found by search, 2018).
 *
 * The upper half of a page number is folded in by a multiplication. Pages that collide then are sampled together; two
 * pages do with a probability of 2^-32.
 */
const FOLD: u32 = 0x9e3779b1;
const FIRST: u32 = 0x7feb352d;
const SECOND: u32 = 0x846ca68b;

export class SpatialHash {
  @inline
  static of(key: u64, seed: u32): u32 {
    return SpatialHash.mix(<u32>key ^ (<u32>(key >> 32) * FOLD) ^ seed);
  }

  @inline
  static mix(x: u32): u32 {
    x = (x ^ (x >> 16)) * FIRST;
    x = (x ^ (x >> 15)) * SECOND;
    return x ^ (x >> 16);
  }

  /** The hashes of four keys, given as their lower and upper halves. */
  @inline
  static ofFour(low: v128, high: v128, seed: v128): v128 {
    let x = v128.xor(v128.xor(low, i32x4.mul(high, i32x4.splat(FOLD))), seed);
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(FIRST));
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(SECOND));
    return v128.xor(x, i32x4.shr_u(x, 16));
  }
}
