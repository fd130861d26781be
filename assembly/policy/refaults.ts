/**
 * How often evicted pages of each tier come back, and whether the pages of tier 1 are to be kept for it: the PID
 * controller of Linux's multi-generational LRU (mm/vmscan.c, `struct ctrl_pos`). The set point is tier 0's share of
 * refaults, the process variable tier 1's; the present term is what was counted since the oldest generation began,
 * the past's the moving average of that, halved at each step. There is no derivative term, in Linux either.
 *
 *   share = refaulted / total        total: evicted, and for tier 1 also protected
 *
 *   0               8             16           24             32
 *   ├ refaulted u64 ┼ total u64 ──┼ average of ┼ average of ──┤      a tier's counts
 *                                   refaulted    total
 */
import { allocate, make } from "../core/arena";

const TIERS: usize = 2;
const COUNTS: usize = 32;
const TOTAL: usize = 8;
const AVERAGE: usize = 16; // beside its count
/** MIN_LRU_BATCH: fewer refaults than this prove nothing. */
const BATCH: u64 = 64;
/** The gains of set point and process variable are 2 and 3, a margin for fluctuations. */
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

  /** A page that was of `tier` came back. */
  @inline
  count(tier: u32): void {
    this.increment(tier, 0);
  }

  /** A page of `tier` went. */
  @inline
  countEvicted(tier: u32): void {
    this.increment(tier, TOTAL);
  }

  /** A page of tier 1 was kept. */
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

  /** Do pages of tier 1 come back half as often again as those of tier 0? positive_ctrl_err, get_tier_idx */
  protect(): bool {
    const refaulted = <f64>this.sum(1, 0);
    if (refaulted < <f64>BATCH) return false;
    const setPoint = <f64>(this.sum(0, 0) + 1) / <f64>(this.sum(0, TOTAL) + BATCH);
    return refaulted / <f64>this.sum(1, TOTAL) > setPoint * MARGIN;
  }

  /** The oldest generation has ended: its counts go into the averages. */
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
