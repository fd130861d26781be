/**
 * Clock: first in, first out, but a page that was requested since the hand last passed gets another round. Corbató,
 * "A paging experiment with the Multics system" (1968).
 *
 * What differs: the ring is a queue whose back is under the hand, so the hand's advance moves a page to the front;
 * the order in which pages are looked at is the same. One reference bit; a page enters with its bit clear.
 */
import { NONE } from "../abi";
import { List } from "../core/list";
import { FixedPolicy } from "./contract";

const REFERENCED: u32 = 1;

@final
@unmanaged
export class Clock extends FixedPolicy {
  /** Sentinel of the queue: the page under the hand at the back. */
  private ring: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.ring = this.slots.count;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, REFERENCED);
  }

  @inline
  miss(_slot: u32): void {}

  evict(): u32 {
    const slots = this.slots;
    const nodes = slots.nodes;
    const ring = this.ring;
    let victim = List.back(nodes, ring);
    if (victim == ring) return NONE;
    while (slots.mark(victim) == REFERENCED) {
      slots.setMark(victim, 0);
      List.moveToFront(nodes, ring, victim);
      victim = List.back(nodes, ring);
    }
    List.remove(nodes, victim);
    slots.release(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.ring, slot);
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.release(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return slots.ghosts == 0 && List.length(slots.nodes, this.ring, slots.residents) == slots.residents;
  }
}
