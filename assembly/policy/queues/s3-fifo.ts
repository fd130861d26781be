/**
 * S3-FIFO: three FIFO queues. A page enters the small queue. With enough hits it moves to the main queue, otherwise it is
 * evicted soon and remembered in the ghost queue. Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache
 * eviction", SOSP (2023), algorithm 1.
 *
 *   new ──> small (10 %) ──────── enough hits ────────> main (90 %) <──┐ hits left:
 *               │                                        ^     └───────┘ one less, another round
 *               └─ too few ─> ghosts (90 %) ── again ────┘     │
 *                             of its pages                     └─ none: evicted
 *
 * Differences: a page that moves on may make the main queue exceed its share until the next eviction, which is then from
 * that queue, as in the authors' program; algorithm 1 evicts from a full main queue at once, and so may evict twice for one
 * page. The small queue has room for at least one page.
 */
import { NONE } from "../../abi/core";
import { ProbationPolicy } from "../parts/probation-policy";

const MOST_HITS: u32 = 3;

@final
@unmanaged
export class S3Fifo extends ProbationPolicy {
  /** The hits with which a page moves from the small queue to the main one. */
  private minHits: u32;

  create(capacity: u32, parameters: usize): bool {
    this.minHits = <u32>load<f64>(parameters, 16);
    return this.createQueues(capacity, parameters);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.count(slot, MOST_HITS);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.ghosts.request(slot);
  }

  evict(): u32 {
    const victim = this.probation.length >= this.probationRoom ? this.evictSmall() : NONE;
    if (victim != NONE) return victim;
    return this.main.length > 0 ? this.evictMain() : this.evictSmall();
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.enter(slot);
  }

  remove(slot: u32): void {
    this.leave(slot);
    this.slots.free(slot);
  }

  @inline
  expired(): u32 {
    return NONE;
  }

  @inline
  isVariable(): bool {
    return false;
  }

  isValid(): bool {
    return this.areQueuesValid(0);
  }

  /** Evicts from the small queue, the one on probation; NONE when every page of it moved on. */
  private evictSmall(): u32 {
    const small = this.probation;
    while (small.length > 0) {
      const slot = small.pop();
      if (this.slots.mark(slot) < this.minHits) {
        this.demote(slot);
        return slot;
      }
      this.admit(slot);
    }
    return NONE;
  }
}
