/**
 * A queue of ghosts: the pages that a policy evicted last, remembered first in, first out. One that is asked for again
 * leaves it when it enters memory, and is not forgotten before.
 *
 *   victim ──> newest ─ … ─ oldest ──> forgotten, as soon as there are more than the policy has room for
 */
import { NONE } from "../abi";
import { make } from "../core/arena";
import { SlotList } from "./slot-list";
import { Slots } from "./slots";

@final
@unmanaged
export class GhostQueue {
  private slots: Slots;
  private list: SlotList;
  /** The ghost that is being asked for, in this queue; NONE. */
  private asked: u32;

  /** In list `number` of those that the slots were made with; null when memory is out. */
  static create(slots: Slots, number: u32): GhostQueue {
    const queue = make<GhostQueue>();
    if (changetype<usize>(queue) == 0) return queue;
    queue.slots = slots;
    queue.asked = NONE;
    queue.list = SlotList.create(slots, number);
    return changetype<usize>(queue.list) != 0 ? queue : changetype<GhostQueue>(0);
  }

  @inline
  get length(): u32 {
    return this.list.length;
  }

  /** The next to be forgotten: the one remembered longest, unless it is being asked for; there must be another. */
  get oldest(): u32 {
    const list = this.list;
    if (list.back == this.asked) list.moveToFront(this.asked);
    return list.back;
  }

  /** How many there are beside the one that is being asked for. */
  @inline
  get others(): u32 {
    return this.list.length - <u32>(this.asked != NONE);
  }

  /** A request for the page of `slot`, a ghost of this queue; or for one that is not, NONE. */
  @inline
  ask(slot: u32): void {
    this.asked = slot;
  }

  /**
   * The victim `slot`, resident and in no list, leaves memory; it is remembered, and the oldest forgotten, where there
   * is room for so many.
   */
  remember(slot: u32, room: u32): void {
    const slots = this.slots;
    while (this.others > 0 && this.others >= room) this.forget();
    if (room == 0) {
      slots.release(slot);
      return;
    }
    slots.remember(slot);
    this.list.push(slot);
  }

  /** The oldest is forgotten; there must be one. */
  forget(): void {
    const ghost = this.oldest;
    this.list.remove(ghost);
    this.slots.release(ghost);
    this.slots.foresee(this.list.back);
  }

  /** The ghost `slot` enters memory: it was asked for, or was the last victim and has to stay. */
  @inline
  enter(slot: u32): void {
    if (slot == this.asked) this.asked = NONE;
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
