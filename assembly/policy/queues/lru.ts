/**
 * Least recently used: evicts the page whose last request lies furthest back. Mattson, Gecsei, Slutz and Traiger,
 * "Evaluation techniques for storage hierarchies", IBM Systems Journal 9 (1970).
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Lru extends FixedPolicy {
  /** Sentinel of the stack: the page requested last in front. */
  private stack: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.stack = this.slots.count;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    List.moveToFront(this.slots.nodes, this.stack, slot);
  }

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    const nodes = this.slots.nodes;
    const victim = List.back(nodes, this.stack);
    if (victim == this.stack) return NONE;
    List.remove(nodes, victim);
    this.slots.free(victim);
    this.slots.prefetch(List.back(nodes, this.stack));
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.stack, slot);
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return slots.ghosts == 0 && List.length(slots.nodes, this.stack, slots.residents) == slots.residents;
  }
}
