/**
 * How often and when a page was requested, in one number that sorts: the key by which frequency experts choose.
 *
 *   63         40 39                    0
 *   ├ frequency ─┼─ time or -time ──────┤
 *
 * A frequency stays at 2^24 - 1 once it is there; a time counts requests, up to 2^40.
 */
const TIME_BITS: u64 = 40;
const TIME: u64 = (1 << 40) - 1;
const MOST_FREQUENT: u64 = (1 << 24) - 1;

export class Usage {
  @inline
  static of(frequency: u64, time: u64): u64 {
    return (min(frequency, MOST_FREQUENT) << TIME_BITS) | time;
  }

  /** Of two pages as frequent, the one requested later is less. */
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
