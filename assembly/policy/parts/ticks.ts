/**
 * Clock ticks in virtual time: one per interval of requests, for policies that check R bits periodically. An interval of 0
 * is proportional to the number of frames, since larger memories are scanned less often.
 */
import { make } from "../../core/arena";

/** Requests per frame between two ticks when the interval is 0. */
const REQUESTS_PER_FRAME: u64 = 4;

@final
@unmanaged
export class Ticks {
  /** Requests since the last tick. */
  private since: u64;
  private interval: u64;

  /** Null when memory is out. */
  static create(interval: f64): Ticks {
    const ticks = make<Ticks>();
    if (changetype<usize>(ticks) != 0) ticks.interval = <u64>interval;
    return ticks;
  }

  /** Counts a request. True when the clock ticks. Costs an addition and a compare. */
  @inline
  count(capacity: u32): bool {
    this.since++;
    const interval = this.interval != 0 ? this.interval : REQUESTS_PER_FRAME * capacity;
    if (this.since < interval) return false;
    this.since = 0;
    return true;
  }
}
