/**
 * A list of slots that knows its length: one of the queues and stacks that a policy is made of.
 *
 *   sentinel <─> front <─> … <─> back <─> sentinel        length: nodes between
 *
 * It runs through the slots' own entries (core/list), so a slot is in one such list at a time.
 */
import { make } from "../core/arena";
import { List } from "../core/list";
import { Slots } from "./slots";

@final
@unmanaged
export class SlotList {
  length: u32;
  nodes: usize;
  sentinel: u32;

  /** List `number` of those that the slots were made with; null when memory is out. */
  static create(slots: Slots, number: u32): SlotList {
    const list = make<SlotList>();
    if (changetype<usize>(list) == 0) return list;
    list.nodes = slots.nodes;
    list.sentinel = slots.count + number;
    return list;
  }

  /** The slot at the back; the sentinel where the list is empty. */
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

  /** Takes the slot at the back out; the list must not be empty. */
  @inline
  pop(): u32 {
    const slot = this.back;
    this.remove(slot);
    return slot;
  }

  @inline
  remove(slot: u32): void {
    assert(this.length > 0, "a slot taken out of an empty list");
    List.remove(this.nodes, slot);
    this.length--;
  }

  @inline
  moveToFront(slot: u32): void {
    List.moveToFront(this.nodes, this.sentinel, slot);
  }

  /** Are there `length` slots, all marked with `mark` in the bits of `mask`, and ghosts or not as `ghosts` says? */
  isValid(slots: Slots, mask: u32, mark: u32, ghosts: bool): bool {
    const sentinel = this.sentinel;
    if (List.length(this.nodes, sentinel, this.length) != this.length) return false;
    for (let slot = List.front(this.nodes, sentinel); slot != sentinel; slot = List.next(this.nodes, slot)) {
      if ((slots.mark(slot) & mask) != mark) return false;
      if (ghosts ? !slots.isGhost(slot) : !slots.isResident(slot)) return false;
    }
    return true;
  }

  /** How many of the slots have a bit of `mask` in their marks; for checks. */
  marked(slots: Slots, mask: u32): u32 {
    let count: u32 = 0;
    const sentinel = this.sentinel;
    for (let slot = List.front(this.nodes, sentinel); slot != sentinel; slot = List.next(this.nodes, slot)) {
      if ((slots.mark(slot) & mask) != 0) count++;
    }
    return count;
  }
}
