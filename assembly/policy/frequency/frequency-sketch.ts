/**
 * An approximate count of each page's recent requests in little memory, TinyLFU's frequency sketch. Einziger, Friedman and
 * Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage 13 (2017), section 3, in the form
 * of the authors' simulator (Caffeine's CountMin4, with periodic reset).
 *
 *   63                    3 0
 *   ├ 15 ┼ 14 ┼ … ┼ 2 ┼ 1 ┼ 0 ┤       a word: 16 counters of 4 bits; there are as many words as frames, rounded up to a
 *                                     power of two
 *
 * - A count-min sketch (Cormode and Muthukrishnan 2005): a key has a counter in each of four words, and the least of them is
 *   its frequency. A request increments all four.
 * - Reset: after `sample` requests for each word every counter is halved, so that old requests fade. Requests that find all
 *   four counters at their maximum are not in the sample. A reset halves the sample, too, less what the halves lost.
 * - The doorkeeper, optional, a Bloom filter of 64 bits a word: it records a key's first request, so that pages requested
 *   once do not use counters. A reset clears it.
 *
 * The hash functions are those of the authors' simulator, with which estimates are equal. Difference: the doorkeeper has two
 * bits for each key, in two words.
 */
import { allocate, make } from "../../core/arena";

const MAX_COUNT: u64 = 15;
/** Clears the bit of each counter that a shift moves in from the next. */
const HALVES: u64 = 0x7777777777777777;
/** The lowest bit of each counter. */
const ODD: u64 = 0x1111111111111111;
/** The multipliers of the four hash functions, and the one that mixes a key's 32 bits. */
const SEED_0: u64 = 0xc3a5c85c97cb3127;
const SEED_1: u64 = 0xb492b66fbe98f273;
const SEED_2: u64 = 0x9ae16a3b2f90404f;
const SEED_3: u64 = 0xcbf29ce484222325;
const MIX: u32 = 0x45d9f3b;

@final
@unmanaged
export class FrequencySketch {
  private words: usize;
  private mask: u32;
  /** The doorkeeper's words; 0 without one. */
  private doors: usize;
  /** Requests since the last reset, and what that left of those before. */
  private requests: u64;

  /** For at most `frames` frames; null when memory is out. */
  static create(frames: u32, hasDoorkeeper: bool): FrequencySketch {
    const nothing = changetype<FrequencySketch>(0);
    const sketch = make<FrequencySketch>();
    if (changetype<usize>(sketch) == 0) return nothing;
    sketch.fit(frames);
    const bytes = (<u64>sketch.mask + 1) << 3;
    sketch.words = allocate(bytes);
    if (hasDoorkeeper) sketch.doors = allocate(bytes);
    return sketch.words != 0 && (sketch.doors != 0 || !hasDoorkeeper) ? sketch : nothing;
  }

  /** Sets the size for `frames`, at least 1 and at most those of `create`, before the first request. */
  fit(frames: u32): void {
    assert(this.requests == 0, "the size of a sketch changes only before its first request");
    this.mask = <u32>(((<u64>1) << (32 - clz<u32>(frames - 1))) - 1);
  }

  /** The approximate number of requests for `key` in the sample, at most 15. */
  estimate(key: u64): u32 {
    const hash = FrequencySketch.mix(key);
    const first = (<u64>(hash & 3)) << 4;
    const least = min(
      min(this.counter(hash, SEED_0, first), this.counter(hash, SEED_1, first + 4)),
      min(this.counter(hash, SEED_2, first + 8), this.counter(hash, SEED_3, first + 12)),
    );
    return <u32>min(least + <u64>(this.doors != 0 && this.knows(hash)), MAX_COUNT);
  }

  /** Counts a request for `key`; resets after `sample` requests a word. */
  count(key: u64, sample: u64): void {
    const hash = FrequencySketch.mix(key);
    if (this.doors != 0 && !this.knows(hash)) {
      this.admit(hash);
      return;
    }
    const first = (<u64>(hash & 3)) << 4;
    const raised =
      this.raise(hash, SEED_0, first) |
      this.raise(hash, SEED_1, first + 4) |
      this.raise(hash, SEED_2, first + 8) |
      this.raise(hash, SEED_3, first + 12);
    if (raised && ++this.requests >= sample * (<u64>this.mask + 1)) this.reset();
  }

  @inline
  private static mix(key: u64): u32 {
    let hash = <u32>(key ^ (key >> 32));
    hash = ((hash >> 16) ^ hash) * MIX;
    hash = ((hash >> 16) ^ hash) * MIX;
    return (hash >> 16) ^ hash;
  }

  /** The offset of a key's word, for one of the hash functions. */
  @inline
  private offset(hash: u32, seed: u64): usize {
    const product = (<u64>(<i64>(<i32>hash)) + seed) * seed;
    return (<usize>(<u32>(product + (product >> 32)) & this.mask)) << 3;
  }

  /** The counter at `shift` of a key's word. */
  @inline
  private counter(hash: u32, seed: u64, shift: u64): u64 {
    return (load<u64>(this.words + this.offset(hash, seed)) >> shift) & MAX_COUNT;
  }

  /** Increments that counter; false when it is at its maximum. */
  @inline
  private raise(hash: u32, seed: u64, shift: u64): bool {
    const at = this.words + this.offset(hash, seed);
    const word = load<u64>(at);
    const grows = ((word >> shift) & MAX_COUNT) != MAX_COUNT;
    store<u64>(at, word + ((<u64>grows) << shift));
    return grows;
  }

  /** Is true when the doorkeeper has the key. */
  private knows(hash: u32): bool {
    const one = load<u64>(this.doors + this.offset(hash, SEED_0)) >> (<u64>(hash >> 20) & 63);
    const other = load<u64>(this.doors + this.offset(hash, SEED_1)) >> (<u64>(hash >> 26) & 63);
    return (one & other & 1) != 0;
  }

  private admit(hash: u32): void {
    const one = this.doors + this.offset(hash, SEED_0);
    const other = this.doors + this.offset(hash, SEED_1);
    store<u64>(one, load<u64>(one) | ((<u64>1) << (<u64>(hash >> 20) & 63)));
    store<u64>(other, load<u64>(other) | ((<u64>1) << (<u64>(hash >> 26) & 63)));
  }

  private reset(): void {
    const bytes = (<usize>this.mask + 1) << 3;
    let odd: u64 = 0;
    for (let at = this.words; at < this.words + bytes; at += 8) {
      const word = load<u64>(at);
      odd += popcnt<u64>(word & ODD);
      store<u64>(at, (word >> 1) & HALVES);
    }
    this.requests = (this.requests - (odd >> 2)) >> 1;
    if (this.doors != 0) memory.fill(this.doors, 0, bytes);
  }
}
