/**
 * The hash by which pages are sampled, one at a time and four at a time. A multiplication alone, as in core/hash, would
 * space the neighbours in a scan evenly, and an even sample is no random one: errors told from it would be too small.
 * So the bits are mixed in full, by two rounds of multiplication and shifted xor (the shape of MurmurHash3's finaliser,
 * with the constants that Wellons found by search, 2018).
 *
 * The upper half of a page number is folded in by a multiplication; pages that it makes the same are sampled together,
 * which happens to two of them in 2^32.
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

  /** Of four keys, given as their lower and upper halves. */
  @inline
  static ofFour(low: v128, high: v128, seed: v128): v128 {
    let x = v128.xor(v128.xor(low, i32x4.mul(high, i32x4.splat(FOLD))), seed);
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(FIRST));
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(SECOND));
    return v128.xor(x, i32x4.shr_u(x, 16));
  }
}
