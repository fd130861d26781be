/**
 * A queue of ghosts: the pages that a policy evicted last, first in, first out. A ghost that is requested stays in the
 * queue until its page enters memory.
 *
 *   victim ──> newest ─ … ─ oldest ──> dropped, when there are more than the policy has room for
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { Slots } from "../slots";
import { SlotList } from "./slot-list";

@final
@unmanaged
export class GhostQueue {
  private slots: Slots;
  private list: SlotList;
  /** The ghost in this queue that is being requested; NONE for none. */
  private requested: u32;

  /** Uses list `number` of the slots; null when memory is out. */
  static create(slots: Slots, number: u32): GhostQueue {
    const queue = make<GhostQueue>();
    if (changetype<usize>(queue) == 0) return queue;
    queue.slots = slots;
    queue.requested = NONE;
    queue.list = SlotList.create(slots, number);
    return changetype<usize>(queue.list) != 0 ? queue : changetype<GhostQueue>(0);
  }

  @inline
  get length(): u32 {
    return this.list.length;
  }

  /** The next ghost to drop: the oldest that is not being requested; there must be one. */
  get oldest(): u32 {
    const list = this.list;
    if (list.back == this.requested) list.moveToFront(this.requested);
    return list.back;
  }

  /** The number of ghosts, except the one that is being requested. */
  @inline
  get others(): u32 {
    return this.list.length - <u32>(this.requested != NONE);
  }

  /** Records a request for the page of `slot`, a ghost of this queue; NONE for any other page. */
  @inline
  request(slot: u32): void {
    this.requested = slot;
  }

  /** Adds the victim `slot`, which is resident and in no list, and drops the oldest ghosts beyond `room`. */
  remember(slot: u32, room: u32): void {
    const slots = this.slots;
    while (this.others > 0 && this.others >= room) this.forget();
    if (room == 0) {
      slots.free(slot);
      return;
    }
    slots.remember(slot);
    this.list.push(slot);
  }

  /** Drops the oldest ghost; there must be one. */
  forget(): void {
    const ghost = this.oldest;
    this.list.remove(ghost);
    this.slots.free(ghost);
    this.slots.prefetch(this.list.back);
  }

  /** Removes the ghost `slot`, whose page enters memory: it was requested, or it is a victim that is put back. */
  @inline
  remove(slot: u32): void {
    if (slot == this.requested) this.requested = NONE;
    this.list.remove(slot);
  }

  /** Is true when all are ghosts, with `mark` in the bits of `mask`. */
  isValid(mask: u32, mark: u32): bool {
    return this.list.isValid(this.slots, mask, mark, true);
  }

  /** The number of ghosts with a bit of `mask` in their marks; for checks. */
  marked(mask: u32): u32 {
    return this.list.marked(this.slots, mask);
  }
}
