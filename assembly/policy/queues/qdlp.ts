/**
 * QD-LP-FIFO, quick demotion and lazy promotion: a new page that is not requested in a short queue is evicted; otherwise it
 * moves to a clock of two bits, which moves nothing on a hit. Yang, Qiu, Zhang, Yue and Rashmi, "FIFO can be better than
 * LRU: the power of lazy promotion and quick demotion", HotOS (2023), section 4.
 *
 *   new ──> probation (10 %) ─── requested ───> main (90 %) <──┐ counter above 0:
 *               │                                ^     └───────┘ one less, another round
 *               └─ not ──> ghosts (90 %) ─ again ┘     │
 *                                                      └─ 0: evicted
 *
 * Unlike in s3-fifo, its successor, one hit is enough to move on, and main never exceeds its share, so a page that enters a
 * full main queue evicts another. What the paper leaves open: when a ghost returns to a full main queue, main's own victim
 * is evicted. The probation queue has room for at least one page.
 */
import { NONE } from "../../abi/core";
import { ProbationPolicy } from "../parts/probation-policy";

@final
@unmanaged
export class Qdlp extends ProbationPolicy {
  /** The maximum of the clock's counters. */
  private most: u32;
  /** A ghost is being requested; its page will enter main. */
  private returns: bool;

  create(capacity: u32, parameters: usize): bool {
    this.most = (1 << (<u32>load<f64>(parameters, 16))) - 1;
    return this.createQueues(capacity, parameters);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.count(slot, this.most);
  }

  @inline
  miss(slot: u32): void {
    this.returns = slot != NONE;
    this.ghosts.request(slot);
  }

  evict(): u32 {
    const probation = this.probation;
    const main = this.main;
    const room = this.mainRoom();
    if (main.length > room) return this.evictMain();
    while (probation.length > 0) {
      const slot = probation.pop();
      if (this.slots.mark(slot) == 0) {
        this.demote(slot);
        return slot;
      }
      const victim = main.length > 0 && main.length >= room ? this.evictMain() : NONE;
      this.admit(slot);
      if (victim != NONE) return victim;
    }
    return main.length > 0 ? this.evictMain() : NONE;
  }

  /** Main's share, less the place for a ghost that is being requested. */
  private mainRoom(): u32 {
    const taken = this.probationRoom + <u32>this.returns;
    return this.capacity - min(taken, this.capacity);
  }
}
