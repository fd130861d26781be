/**
 * Refault rates of evicted pages by tier, and the decision to protect the pages of tier 1: the PID controller of Linux's
 * multi-generational LRU (mm/vmscan.c, `struct ctrl_pos`). The set point is tier 0's share of refaults, the process variable
 * tier 1's. The proportional term is the count since the oldest generation started, the integral term its moving average,
 * halved at each step. As in Linux there is no derivative term.
 *
 *   share = refaulted / total        total: evicted, and for tier 1 also protected
 *
 *   0               8             16           24             32
 *   ├ refaulted u64 ┼ total u64 ──┼ average of ┼ average of ──┤      a tier's counts
 *                                   refaulted    total
 */
import { allocate, make } from "../../core/arena";

const TIERS: usize = 2;
const COUNTS: usize = 32;
const TOTAL: usize = 8;
const AVERAGE: usize = 16; // after its count
/** MIN_LRU_BATCH: the minimum of refaults for a decision. */
const BATCH: u64 = 64;
/** The gains of set point and process variable, 2 and 3, which leave a margin for fluctuations. */
const MARGIN: f64 = 1.5;

@final
@unmanaged
export class Refaults {
  private counts: usize;

  /** Null when memory is out. */
  static create(): Refaults {
    const refaults = make<Refaults>();
    if (changetype<usize>(refaults) == 0) return refaults;
    refaults.counts = allocate(TIERS * COUNTS);
    return refaults.counts != 0 ? refaults : changetype<Refaults>(0);
  }

  /** Counts a refault of a page of `tier`. */
  @inline
  count(tier: u32): void {
    this.increment(tier, 0);
  }

  /** Counts an eviction of a page of `tier`. */
  @inline
  countEvicted(tier: u32): void {
    this.increment(tier, TOTAL);
  }

  /** Counts a protected page of tier 1. */
  @inline
  countProtected(): void {
    this.increment(1, TOTAL);
  }

  @inline
  private at(tier: u32, offset: usize): usize {
    return this.counts + <usize>tier * COUNTS + offset;
  }

  @inline
  private increment(tier: u32, offset: usize): void {
    const at = this.at(tier, offset);
    store<u64>(at, load<u64>(at) + 1);
  }

  /** A count and its average. */
  @inline
  private sum(tier: u32, offset: usize): u64 {
    const at = this.at(tier, offset);
    return load<u64>(at) + load<u64>(at, AVERAGE);
  }

  /** Is true when the refault rate of tier 1 is more than 1.5 times that of tier 0. positive_ctrl_err, get_tier_idx */
  protect(): bool {
    const refaulted = <f64>this.sum(1, 0);
    if (refaulted < <f64>BATCH) return false;
    const setPoint = <f64>(this.sum(0, 0) + 1) / <f64>(this.sum(0, TOTAL) + BATCH);
    return refaulted / <f64>this.sum(1, TOTAL) > setPoint * MARGIN;
  }

  /** Moves the counts into the averages, when the oldest generation ends. */
  carryOver(): void {
    for (let tier: u32 = 0; tier < <u32>TIERS; tier++) {
      for (let offset: usize = 0; offset <= TOTAL; offset += TOTAL) {
        const at = this.at(tier, offset);
        store<u64>(at, this.sum(tier, offset) >> 1, AVERAGE);
        store<u64>(at, 0);
      }
    }
  }
}
