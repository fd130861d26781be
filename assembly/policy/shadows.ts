/**
 * Shadow entries as Linux keeps them (mm/workingset.c): when each of the last pages that went did so, on whatever clock
 * the policy has. They are the policy's ghosts, in one of its lists, the last one in front.
 *
 *   slots of the policy ──> … list `sentinel`: last ──> … ──> oldest        stamps: u64 by slot
 *
 * A ghost that has been asked for is not forgotten while room is made for its page; so there may be one more for as
 * long as the page has not come in.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { List } from "../core/list";
import { Slots } from "./slots";

@final
@unmanaged
export class Shadows {
  private slots: Slots;
  private sentinel: u32;
  private most: u32;
  private wanted: u32;
  private stamps: usize;

  /** Never more than `most` of the slots' ghosts, in their list at `sentinel`; null when memory is out. */
  static create(slots: Slots, sentinel: u32, most: u32): Shadows {
    const shadows = make<Shadows>();
    if (changetype<usize>(shadows) == 0) return shadows;
    shadows.slots = slots;
    shadows.sentinel = sentinel;
    shadows.most = most;
    shadows.wanted = NONE;
    shadows.stamps = allocate((<u64>slots.count) << 3);
    return shadows.stamps != 0 ? shadows : changetype<Shadows>(0);
  }

  /** A page was missed: `ghost` is its slot, or NONE. There are to be `room` ghosts. */
  @inline
  want(ghost: u32, room: u32): void {
    this.wanted = ghost;
    this.forget(room);
  }

  /** The page of `slot`, in no list, has gone, and is one of at most `room` ghosts, at least 1. */
  add(slot: u32, stamp: u64, room: u32): void {
    const slots = this.slots;
    store<u64>(this.stamps + ((<usize>slot) << 3), stamp);
    this.forget(room - 1);
    List.insertAfter(slots.nodes, this.sentinel, slot);
    slots.remember(slot);
  }

  /** The page of the ghost comes in: takes it out of the list; the stamp that it went with. */
  @inline
  take(slot: u32): u64 {
    List.remove(this.slots.nodes, slot);
    return load<u64>(this.stamps + ((<usize>slot) << 3));
  }

  /** Leaves at most so many ghosts, and the one that is wanted. */
  private forget(most: u32): void {
    const slots = this.slots;
    while (slots.ghosts > most) {
      let oldest = List.back(slots.nodes, this.sentinel);
      if (oldest == this.wanted) oldest = List.previous(slots.nodes, oldest);
      if (oldest == this.sentinel) return;
      List.remove(slots.nodes, oldest);
      slots.release(oldest);
    }
  }

  /** Are all ghosts in the list, nobody else, and not too many? */
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
