/**
 * A policy that counts by R bits, which each clock tick reads and clears. The page with the lowest counter is evicted; of
 * equal counters, the page that entered first.
 *
 *   at a tick      counter = (counter >> shift) + R * weight        up to 2^32 - 1
 *
 * An eviction costs O(1), a tick one step per page (ranking.ts).
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Ranking } from "./ranking";
import { Ticks } from "./ticks";

@unmanaged
export abstract class CounterPolicy extends BitPolicy {
  private ticks: Ticks;
  private ranking: Ranking;
  private shift: u32;
  private weight: u32;

  /** For `create`: a tick comes every `interval` requests (0: see ticks.ts). Pages enter with `counter`. */
  protected createCounters(capacity: u32, interval: f64, counter: u32, shift: u32, weight: u32): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.shift = shift;
    this.weight = weight;
    this.ticks = Ticks.create(interval);
    this.ranking = Ranking.create(this.slots, this.slots.count, counter);
    return changetype<usize>(this.ticks) != 0 && changetype<usize>(this.ranking) != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
    if (this.ticks.count(this.capacity)) this.tick();
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  insert(slot: u32, kind: u32): void {
    if (this.ticks.count(this.capacity)) this.tick();
    this.bits.enter(slot, kind);
    this.ranking.add(slot);
  }

  private tick(): void {
    const nodes = this.slots.nodes;
    const queue = this.slots.count;
    const ranking = this.ranking;
    for (let slot = List.front(nodes, queue); slot != queue; slot = List.next(nodes, slot)) {
      const shifted = ranking.counter(slot) >> this.shift;
      const counter = this.bits.testAndClearAccessed(slot) ? shifted + this.weight : shifted;
      ranking.setCounter(slot, counter >= shifted ? counter : u32.MAX_VALUE);
    }
    ranking.sort();
  }

  evict(): u32 {
    const victim = this.ranking.lowest();
    if (victim != NONE) this.remove(victim);
    return victim;
  }

  remove(slot: u32): void {
    this.ranking.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    return this.slots.ghosts == 0 && this.ranking.isValid();
  }
}
