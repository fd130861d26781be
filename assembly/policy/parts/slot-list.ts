/**
 * A list of slots with its length: a queue or stack of a policy.
 *
 *   sentinel <─> front <─> … <─> back <─> sentinel        length: nodes between
 *
 * It uses the slots' own entries (core/list), so a slot is in one such list at a time.
 */
import { make } from "../../core/arena";
import { List } from "../../core/list";
import { Slots } from "../slots";

@final
@unmanaged
export class SlotList {
  length: u32;
  nodes: usize;
  sentinel: u32;

  /** List `number` of the slots; null when memory is out. */
  static create(slots: Slots, number: u32): SlotList {
    const list = make<SlotList>();
    if (changetype<usize>(list) == 0) return list;
    list.nodes = slots.nodes;
    list.sentinel = slots.count + number;
    return list;
  }

  /** The slot at the back; the sentinel when the list is empty. */
  @inline
  get back(): u32 {
    return List.back(this.nodes, this.sentinel);
  }

  /** Puts `slot`, which is in no list, at the front. */
  @inline
  push(slot: u32): void {
    List.insertAfter(this.nodes, this.sentinel, slot);
    this.length++;
  }

  /** Removes and returns the slot at the back; the list must not be empty. */
  @inline
  pop(): u32 {
    const slot = this.back;
    this.remove(slot);
    return slot;
  }

  @inline
  remove(slot: u32): void {
    assert(this.length > 0, "a slot is removed from an empty list");
    List.remove(this.nodes, slot);
    this.length--;
  }

  @inline
  moveToFront(slot: u32): void {
    List.moveToFront(this.nodes, this.sentinel, slot);
  }

  /** Is true when there are `length` slots, all with `mark` in the bits of `mask`, and all ghosts or all resident. */
  isValid(slots: Slots, mask: u32, mark: u32, ghosts: bool): bool {
    const sentinel = this.sentinel;
    if (List.length(this.nodes, sentinel, this.length) != this.length) return false;
    for (let slot = List.front(this.nodes, sentinel); slot != sentinel; slot = List.next(this.nodes, slot)) {
      if ((slots.mark(slot) & mask) != mark) return false;
      if (ghosts ? !slots.isGhost(slot) : !slots.isResident(slot)) return false;
    }
    return true;
  }

  /** The number of slots with a bit of `mask` in their marks; for checks. */
  marked(slots: Slots, mask: u32): u32 {
    let count: u32 = 0;
    const sentinel = this.sentinel;
    for (let slot = List.front(this.nodes, sentinel); slot != sentinel; slot = List.next(this.nodes, slot)) {
      if ((slots.mark(slot) & mask) != 0) count++;
    }
    return count;
  }
}
