/**
 * PCG32 (XSH RR 64/32): M. E. O'Neill, "PCG: A family of simple fast space-efficient statistically good algorithms for
 * random number generation", Harvey Mudd College HMC-CS-2014-0905 (2014); the same numbers as the author's
 * `pcg32_srandom_r(seed, stream)`.
 */
import { make } from "./arena";

const MULTIPLIER: u64 = 6364136223846793005;

@final
@unmanaged
export class Pcg32 {
  private state: u64;
  private increment: u64;

  /** Null when memory is out. */
  static create(seed: u64, stream: u64): Pcg32 {
    const rng = make<Pcg32>();
    if (changetype<usize>(rng) == 0) return rng;
    rng.increment = (stream << 1) | 1;
    rng.next();
    rng.state += seed;
    rng.next();
    return rng;
  }

  /** 32 random bits. */
  next(): u32 {
    const old = this.state;
    this.state = old * MULTIPLIER + this.increment;
    return rotr<u32>(<u32>(((old >> 18) ^ old) >> 27), <u32>(old >> 59));
  }

  /** A number from 0 to `bound - 1`, each as likely as the others (Lemire's multiplication, with his rejection). */
  below(bound: u32): u32 {
    let product = <u64>this.next() * bound;
    if (<u32>product < bound) {
      const threshold: u32 = (0 - bound) % bound;
      while (<u32>product < threshold) product = <u64>this.next() * bound;
    }
    return <u32>(product >> 32);
  }
}
