/**
 * A page's frequency and last request in one sortable number: the key by which frequency experts choose.
 *
 *   63         40 39                    0
 *   ├ frequency ─┼─ time or -time ──────┤
 *
 * A frequency saturates at 2^24 - 1; a time counts requests, up to 2^40.
 */
const TIME_BITS: u64 = 40;
const TIME: u64 = (1 << 40) - 1;
const MAX_FREQUENCY: u64 = (1 << 24) - 1;

export class Usage {
  @inline
  static of(frequency: u64, time: u64): u64 {
    return (min(frequency, MAX_FREQUENCY) << TIME_BITS) | time;
  }

  /** Of two equally frequent pages, the one requested later is less. */
  @inline
  static latestFirst(frequency: u64, time: u64): u64 {
    return Usage.of(frequency, TIME - time);
  }

  @inline
  static frequency(usage: u64): u64 {
    return usage >> TIME_BITS;
  }

  @inline
  static time(usage: u64): u64 {
    return usage & TIME;
  }
}
