/**
 * A page's frequency and last request in one sortable number: the key by which frequency experts choose.
 *
 *   63         40 39                    0
 *   ├ frequency ─┼─ time ───────────────┤
 *
 * A frequency saturates at 2^24 - 1; a time counts requests, up to 2^40.
 */
const TIME_BITS: u64 = 40;
const TIME: u64 = (1 << 40) - 1;
const MAX_FREQUENCY: u64 = (1 << 24) - 1;

export class Usage {
  /** With these bits inverted, the later of two equally frequent pages is less. */
  static readonly LATEST_FIRST: u64 = TIME;

  @inline
  static of(frequency: u64, time: u64): u64 {
    return (min(frequency, MAX_FREQUENCY) << TIME_BITS) | time;
  }

  /** The usage after another request. A page with the greatest frequency keeps the time at which it reached it. */
  @inline
  static again(usage: u64, time: u64): u64 {
    const frequency = Usage.frequency(usage);
    return frequency < MAX_FREQUENCY ? ((frequency + 1) << TIME_BITS) | time : usage;
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
