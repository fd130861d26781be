/**
 * Clock: first in, first out, but a page that was requested since the hand last passed gets another round. Corbató, "A
 * paging experiment with the Multics system" (1968), also with several bits: a page then stays for as many rounds as it
 * had requests, up to 2^bits - 1.
 *
 * What differs: the ring is a queue with its back under the hand, so advancing the hand moves a page to the front; the
 * order of pages is the same. The bits are a counter, decremented by the hand (Corbató's shift register also drops one
 * request per round). A page enters with its bits clear.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Clock extends FixedPolicy {
  /** Sentinel of the queue: the page under the hand at the back. */
  private ring: u32;
  /** The maximum of a page's counter. */
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
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.ring, slot);
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return slots.ghosts == 0 && List.length(slots.nodes, this.ring, slots.residents) == slots.residents;
  }
}
