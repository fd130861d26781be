/**
 * A queue of ghosts: the pages that a policy evicted last, remembered first in, first out. One that is asked for again
 * leaves it.
 *
 *   victim ──> newest ─ … ─ oldest ──> forgotten, as soon as there are more than the policy has room for
 */
import { make } from "../core/arena";
import { SlotList } from "./slot-list";
import { Slots } from "./slots";

@final
@unmanaged
export class GhostQueue {
  private slots: Slots;
  private list: SlotList;

  /** In list `number` of those that the slots were made with; null when memory is out. */
  static create(slots: Slots, number: u32): GhostQueue {
    const queue = make<GhostQueue>();
    if (changetype<usize>(queue) == 0) return queue;
    queue.slots = slots;
    queue.list = SlotList.create(slots, number);
    return changetype<usize>(queue.list) != 0 ? queue : changetype<GhostQueue>(0);
  }

  @inline
  get length(): u32 {
    return this.list.length;
  }

  /** The ghost remembered longest; not a slot where there is none. */
  @inline
  get oldest(): u32 {
    return this.list.back;
  }

  /**
   * The victim `slot`, resident and in no list, leaves memory; it is remembered, and the oldest forgotten, where there
   * is room for so many.
   */
  remember(slot: u32, room: u32): void {
    const slots = this.slots;
    const list = this.list;
    while (list.length > 0 && list.length >= room) this.forget();
    if (room == 0) {
      slots.release(slot);
      return;
    }
    slots.remember(slot);
    list.push(slot);
  }

  /** The oldest is forgotten; there must be one. */
  @inline
  forget(): void {
    this.slots.release(this.list.pop());
    this.slots.foresee(this.list.back);
  }

  /** The ghost `slot` is asked for again: it is in no list from now on, and not forgotten before it enters. */
  @inline
  leave(slot: u32): void {
    this.list.remove(slot);
  }

  /** Are these ghosts, all marked with `mark` in the bits of `mask`? */
  isValid(mask: u32, mark: u32): bool {
    return this.list.isValid(this.slots, mask, mark, true);
  }

  /** How many of the ghosts have a bit of `mask` in their marks; for checks. */
  marked(mask: u32): u32 {
    return this.list.marked(this.slots, mask);
  }
}
