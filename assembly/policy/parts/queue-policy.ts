/**
 * A policy without ghosts whose resident pages are in one queue: a page enters it at the front.
 *
 *   enters ──> front ─> … ─> back
 *
 * Such a policy adds what a hit does and which page is evicted.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@unmanaged
export abstract class QueuePolicy extends FixedPolicy {
  /** Sentinel of the queue. */
  protected queue: u32;

  /** For `create`: makes the slots and the queue; false when memory is out. */
  protected createQueue(capacity: u32): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.queue = this.slots.count;
    return true;
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.queue, slot);
  }

  /** For `hit`. */
  @inline
  protected moveToFront(slot: u32): void {
    List.moveToFront(this.slots.nodes, this.queue, slot);
  }

  /** For `evict`: evicts the page at the back; NONE when there is none. */
  @inline
  protected evictBack(): u32 {
    const nodes = this.slots.nodes;
    const victim = List.back(nodes, this.queue);
    if (victim == this.queue) return NONE;
    List.remove(nodes, victim);
    this.slots.free(victim);
    this.slots.prefetch(List.back(nodes, this.queue));
    return victim;
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return slots.ghosts == 0 && List.length(slots.nodes, this.queue, slots.residents) == slots.residents;
  }
}
