/**
 * Linux's shadow entries (mm/workingset.c): the eviction times of the last evicted pages, on the policy's own clock. They
 * are the policy's ghosts, in one of its lists, the last one in front.
 *
 *   slots of the policy ──> … list `sentinel`: last ──> … ──> oldest        stamps: u64 by slot
 *
 * A ghost that is being requested is not dropped until its page enters memory, so there may be one more meanwhile.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { List } from "../../core/list";
import { Slots } from "../slots";

@final
@unmanaged
export class Shadows {
  private slots: Slots;
  private sentinel: u32;
  private most: u32;
  private requested: u32;
  private stamps: usize;

  /** At most `most` ghosts, in the slots' list at `sentinel`; null when memory is out. */
  static create(slots: Slots, sentinel: u32, most: u32): Shadows {
    const shadows = make<Shadows>();
    if (changetype<usize>(shadows) == 0) return shadows;
    shadows.slots = slots;
    shadows.sentinel = sentinel;
    shadows.most = most;
    shadows.requested = NONE;
    shadows.stamps = allocate((<u64>slots.count) << 3);
    return shadows.stamps != 0 ? shadows : changetype<Shadows>(0);
  }

  /** Records a miss: `ghost` is the page's slot, or NONE. Drops ghosts until there are `room`. */
  @inline
  request(ghost: u32, room: u32): void {
    this.requested = ghost;
    this.forget(room);
  }

  /** Adds the evicted page of `slot`, which is in no list, as one of at most `room` ghosts, at least 1. */
  add(slot: u32, stamp: u64, room: u32): void {
    const slots = this.slots;
    store<u64>(this.stamps + ((<usize>slot) << 3), stamp);
    this.forget(room - 1);
    List.insertAfter(slots.nodes, this.sentinel, slot);
    slots.remember(slot);
  }

  /** Removes a ghost whose page enters memory; its stamp. */
  @inline
  remove(slot: u32): u64 {
    List.remove(this.slots.nodes, slot);
    return load<u64>(this.stamps + ((<usize>slot) << 3));
  }

  /** Drops the oldest ghosts beyond `most`, except the one that is being requested. */
  private forget(most: u32): void {
    const slots = this.slots;
    while (slots.ghosts > most) {
      let oldest = List.back(slots.nodes, this.sentinel);
      if (oldest == this.requested) oldest = List.previous(slots.nodes, oldest);
      if (oldest == this.sentinel) return;
      List.remove(slots.nodes, oldest);
      slots.free(oldest);
    }
  }

  /** Is true when the list has exactly the ghosts, and not too many. */
  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    if (slots.ghosts > this.most + 1) return false;
    if (List.length(nodes, this.sentinel, slots.ghosts) != slots.ghosts) return false;
    for (
      let ghost = List.front(nodes, this.sentinel);
      ghost != this.sentinel;
      ghost = List.next(nodes, ghost)
    ) {
      if (!slots.isGhost(ghost)) return false;
    }
    return true;
  }
}
