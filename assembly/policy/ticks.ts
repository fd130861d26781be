/**
 * Clock ticks in virtual time: one every so many requests, for policies that look at R bits at intervals. An interval
 * of 0 follows the number of frames, since larger memories are looked through at longer intervals.
 */
import { make } from "../core/arena";

/** Requests a frame from one tick to the next, where the interval follows the number of frames. */
const REQUESTS_A_FRAME: u64 = 4;

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

  /** Counts a request; is it one of those at which the clock ticks? Costs an addition and a compare. */
  @inline
  count(capacity: u32): bool {
    this.since++;
    const interval = this.interval != 0 ? this.interval : REQUESTS_A_FRAME * capacity;
    if (this.since < interval) return false;
    this.since = 0;
    return true;
  }
}
