/**
 * A ring of pages with counters: requests increment a page's counter, and the hand decrements it as it passes. The first
 * page found at 0 is evicted.
 *
 *   enters: initial        requested: + step, up to `most`        the hand passes: - 1
 *
 * The ring is a queue with its back under the hand, so advancing the hand moves a page to the front; the order of pages is
 * the same. A slot's mark is its counter.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@unmanaged
export abstract class ClockPolicy extends FixedPolicy {
  /** Sentinel of the queue: the page under the hand at the back. */
  private ring: u32;
  private initial: u32;
  private step: u32;
  private most: u32;

  /** For `create`: makes the slots and the ring; false when memory is out. */
  protected createRing(capacity: u32, initial: u32, step: u32, most: u32): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.ahead = 0;
    this.ring = this.slots.count;
    this.most = most;
    this.initial = min(initial, most);
    this.step = step;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    slots.setMark(slot, min(slots.mark(slot) + this.step, this.most));
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

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
