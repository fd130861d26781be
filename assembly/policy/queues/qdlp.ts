/**
 * QD-LP-FIFO, quick demotion and lazy promotion: a new page that is not requested in a short queue is evicted; otherwise it
 * moves to a clock of two bits, which moves nothing on a hit. Yang, Qiu, Zhang, Yue and Rashmi, "FIFO can be better than
 * LRU: the power of lazy promotion and quick demotion", HotOS (2023), section 4, and the authors' program (QDLP.c of
 * libCacheSim).
 *
 *   new ──> probation (10 %) ─── requested ───> main (90 %) <──┐ counter above 0:
 *               │                                ^     └───────┘ one less, another round
 *               └─ not ──> ghosts (90 %) ─ again ┘     │
 *                                                      └─ 0: evicted
 *
 * Unlike in s3-fifo, its successor, one hit is enough to move on, and main never exceeds its share, so a page that enters a
 * full main queue evicts another. As in the authors' program, a ghost that returns to a full main queue evicts a page of
 * main besides the one from the probation queue that makes room. So a frame may stay free until the next new page.
 *
 * Difference: the probation queue has room for at least one page. In the authors' program a queue of fewer than two takes
 * none, and every request misses.
 */
import { NONE } from "../../abi/core";
import { ProbationPolicy } from "../parts/probation-policy";

@final
@unmanaged
export class Qdlp extends ProbationPolicy {
  /** The maximum of the clock's counters. */
  private most: u32;
  /** The page of main that a returning ghost replaces, in no queue until it is evicted; NONE for none. */
  private replaced: u32;

  create(capacity: u32, parameters: usize): bool {
    this.most = (1 << (<u32>load<f64>(parameters, 16))) - 1;
    this.replaced = NONE;
    return this.createQueues(capacity, parameters);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.count(slot, this.most);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.ghosts.request(slot);
  }

  evict(): u32 {
    const probation = this.probation;
    if (this.main.length > this.mainRoom()) return this.evictMain();
    while (probation.length > 0) {
      const slot = probation.pop();
      if (this.slots.mark(slot) == 0) {
        this.demote(slot);
        return slot;
      }
      const victim = this.isMainFull() ? this.evictMain() : NONE;
      this.admit(slot);
      if (victim != NONE) return victim;
    }
    return this.main.length > 0 ? this.evictMain() : this.expired();
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const returns = this.slots.isGhost(slot);
    if (returns && this.replaced == NONE && this.isMainFull()) this.replaced = this.unlinkVictim();
    this.enter(slot);
  }

  /** Main's share. */
  private mainRoom(): u32 {
    return this.capacity - min(this.probationRoom, this.capacity);
  }

  private isMainFull(): bool {
    return this.main.length > 0 && this.main.length >= this.mainRoom();
  }

  @inline
  expired(): u32 {
    const replaced = this.replaced;
    if (replaced == NONE) return NONE;
    this.replaced = NONE;
    this.slots.free(replaced);
    return replaced;
  }

  @inline
  isVariable(): bool {
    return true;
  }

  remove(slot: u32): void {
    if (slot == this.replaced) this.replaced = NONE;
    else this.leave(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    return this.areQueuesValid(<u32>(this.replaced != NONE));
  }
}
