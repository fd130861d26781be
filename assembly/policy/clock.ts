/**
 * Clock: first in, first out, but a page that was requested since the hand last passed gets another round. Corbató,
 * "A paging experiment with the Multics system" (1968), which has it with several bits too: a page then stays for as
 * many rounds as it was requested since, up to 2^bits - 1.
 *
 * What differs: the ring is a queue whose back is under the hand, so the hand's advance moves a page to the front;
 * the order in which pages are looked at is the same. The bits count down (Corbató's shift register forgets one
 * request a round, too). A page enters with its bits clear.
 */
import { NONE } from "../abi";
import { List } from "../core/list";
import { FixedPolicy } from "./contract";

@final
@unmanaged
export class Clock extends FixedPolicy {
  /** Sentinel of the queue: the page under the hand at the back. */
  private ring: u32;
  /** What a page's bits count up to. */
  private most: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.ring = this.slots.count;
    this.most = ((<u32>1) << (<u32>load<f64>(parameters))) - 1;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, min(this.slots.mark(slot) + 1, this.most));
  }

  @inline
  miss(_slot: u32): void {}

  evict(): u32 {
    const slots = this.slots;
    const nodes = slots.nodes;
    const ring = this.ring;
    let victim = List.back(nodes, ring);
    if (victim == ring) return NONE;
    for (let rounds = slots.mark(victim); rounds != 0; rounds = slots.mark(victim)) {
      slots.setMark(victim, rounds - 1);
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
