/**
 * SIEVE: a hand walks a queue from the oldest page to the newest. A page requested since the hand last passed stays in its
 * place, the first other one is evicted. Zhang, Yang, Yue, Vigfusson and Rashmi, "SIEVE is simpler than LRU: an efficient
 * turn-key eviction algorithm for web caches", NSDI (2024), algorithm 1.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

const VISITED: u32 = 1;

@final
@unmanaged
export class Sieve extends FixedPolicy {
  /** Sentinel of the queue: the newest page in front. */
  private queue: u32;
  /** The next page to check; the sentinel: start again with the oldest. */
  private hand: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.ahead = 0;
    this.queue = this.slots.count;
    this.hand = this.queue;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, VISITED);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  evict(): u32 {
    const slots = this.slots;
    const nodes = slots.nodes;
    const queue = this.queue;
    if (List.isEmpty(nodes, queue)) return NONE;
    let victim = this.hand;
    while (victim == queue || slots.mark(victim) == VISITED) {
      if (victim != queue) slots.setMark(victim, 0);
      victim = List.previous(nodes, victim);
    }
    this.hand = List.previous(nodes, victim);
    List.remove(nodes, victim);
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    List.insertAfter(this.slots.nodes, this.queue, slot);
  }

  remove(slot: u32): void {
    if (this.hand == slot) this.hand = List.previous(this.slots.nodes, slot);
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.hand != this.queue && !slots.isResident(this.hand)) return false;
    return slots.ghosts == 0 && List.length(slots.nodes, this.queue, slots.residents) == slots.residents;
  }
}
