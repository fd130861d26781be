/**
 * A seeded random number generator: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021). SplitMix64 fills its state from one 64-bit seed, as its authors advise. The state lies in
 * linear memory, so a copy of memory continues with the same numbers.
 */
@final
@unmanaged
export class Rng {
  private s0: u64;
  private s1: u64;
  private s2: u64;
  private s3: u64;

  seed(seed: u64): void {
    this.s0 = splitMix64(seed, 1);
    this.s1 = splitMix64(seed, 2);
    this.s2 = splitMix64(seed, 3);
    this.s3 = splitMix64(seed, 4);
  }

  next(): u64 {
    const result = rotl<u64>(this.s1 * 5, 7) * 9;
    const shifted = this.s1 << 17;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= shifted;
    this.s3 = rotl<u64>(this.s3, 45);
    return result;
  }

  /** Uniform in [0, 1): the 53 high bits. */
  real(): f64 {
    return <f64>(this.next() >> 11) * (1.0 / 9007199254740992.0);
  }

  /**
   * Uniform in [0, bound), bound up to 2^32, without bias (Lemire, "Fast random integer generation in an interval",
   * 2019): the high half of a product, drawn again in the rare case that its low half would favour some results.
   */
  below(bound: u64): u64 {
    let product = (this.next() >> 32) * bound;
    if ((product & 0xffffffff) < bound) {
      const threshold = (<u64>0x100000000 - bound) % bound;
      while ((product & 0xffffffff) < threshold) product = (this.next() >> 32) * bound;
    }
    return product >> 32;
  }

  /** Like `below(1 << count)`, `count` from 1 to 32: that many high bits. */
  @inline
  bits(count: u64): u64 {
    return this.next() >> (64 - count);
  }

  /**
   * Writes `count` numbers like those of `below` to `at`, u32 each, with room for one more: two from each output, from its
   * high half first. The state stays in registers.
   */
  fill(bound: u32, count: u32, at: usize): void {
    const threshold = <u64>((<u32>0 - bound) % bound);
    const end = at + ((<usize>count) << 2);
    let s0 = this.s0;
    let s1 = this.s1;
    let s2 = this.s2;
    let s3 = this.s3;
    while (at < end) {
      const result = rotl<u64>(s1 * 5, 7) * 9;
      const shifted = s1 << 17;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = rotl<u64>(s3, 45);
      const high = (result >> 32) * bound;
      store<u32>(at, <u32>(high >> 32));
      at += (<usize>((high & 0xffffffff) >= threshold)) << 2;
      const low = (result & 0xffffffff) * bound;
      store<u32>(at, <u32>(low >> 32));
      at += (<usize>((low & 0xffffffff) >= threshold)) << 2;
    }
    this.s0 = s0;
    this.s1 = s1;
    this.s2 = s2;
    this.s3 = s3;
  }

  /** Is true when the state is not all zeros, the only state that never changes. */
  isValid(): bool {
    return (this.s0 | this.s1 | this.s2 | this.s3) != 0;
  }
}

/** The `n`th output (from 1) of SplitMix64 (Steele, Lea and Flood, 2014) seeded with `seed`. */
export function splitMix64(seed: u64, n: u64): u64 {
  let z = seed + n * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
