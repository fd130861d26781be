/**
 * First in, first out: evicts the page that entered longest ago. Belady, "A study of replacement algorithms for a
 * virtual-storage computer", IBM Systems Journal 5 (1966).
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Fifo extends FixedPolicy {
  /** Sentinel of the queue: the newest page in front. */
  private queue: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.queue = this.slots.count;
    return true;
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    const nodes = this.slots.nodes;
    const victim = List.back(nodes, this.queue);
    if (victim == this.queue) return NONE;
    List.remove(nodes, victim);
    this.slots.free(victim);
    this.slots.prefetch(List.back(nodes, this.queue));
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.queue, slot);
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
