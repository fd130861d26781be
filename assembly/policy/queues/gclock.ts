/**
 * GCLOCK, the generalised clock: each page has a counter that requests increment and the hand decrements as it passes. The
 * first page found at 0 is evicted. Smith, "Sequentiality and prefetching in database systems", ACM Transactions on
 * Database Systems 3 (1978); analysed by Nicola, Dan and Dias, "Analysis of the generalized clock buffer replacement
 * scheme for database transaction processing", SIGMETRICS (1992).
 *
 *   enters: initial        requested: + step, up to `most`        the hand passes: - 1
 *
 * What differs: counters are bounded by `most`; without a bound a page requested a thousand times would delay the hand for
 * a thousand rounds. The defaults are PostgreSQL's (1 and 5, see its buffer/README). `initial=0,most=1` is clock, and
 * `initial=0,most=3` is clock with two bits. The ring is a queue as in clock.ts.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Gclock extends FixedPolicy {
  /** Sentinel of the queue: the page under the hand at the back. */
  private ring: u32;
  private initial: u32;
  private step: u32;
  private most: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.ring = this.slots.count;
    this.most = <u32>load<f64>(parameters, 16);
    this.initial = min(<u32>load<f64>(parameters), this.most);
    this.step = <u32>load<f64>(parameters, 8);
    return true;
  }

  /** The counter is the slot's mark. */
  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    slots.setMark(slot, min(slots.mark(slot) + this.step, this.most));
  }

  @inline
  miss(_slot: u32): void {}

  evict(): u32 {
    const slots = this.slots;
    const nodes = slots.nodes;
    const ring = this.ring;
    let victim = List.back(nodes, ring);
    if (victim == ring) return NONE;
    for (let counter = slots.mark(victim); counter > 0; counter = slots.mark(victim)) {
      slots.setMark(victim, counter - 1);
      List.moveToFront(nodes, ring, victim);
      victim = List.back(nodes, ring);
    }
    List.remove(nodes, victim);
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, this.initial);
    List.insertAfter(this.slots.nodes, this.ring, slot);
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || List.length(slots.nodes, this.ring, slots.residents) != slots.residents)
      return false;
    for (
      let page = List.front(slots.nodes, this.ring);
      page != this.ring;
      page = List.next(slots.nodes, page)
    ) {
      if (slots.mark(page) > this.most) return false;
    }
    return true;
  }
}
