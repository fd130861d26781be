/**
 * Aging: at every clock tick each page's counter is shifted right and its R bit becomes the top bit, so that the counter
 * records in which of the last ticks the page was requested. The victim is the page with the lowest counter. Tanenbaum
 * and Bos, "Modern operating systems" (4th edition, 2014), section 3.4.7.
 *
 *   tick    counter of 8 bits                 R
 *    n      1 0 1 1 0 0 0 0   <── shifted ──  1     requested in ticks n, n-2, n-3
 *
 * What the book leaves open: of equal counters the page that entered first is evicted. A page enters with the top bit set,
 * as if a tick had just found it requested; with 0 it would be the next victim. A tick comes every `interval` requests (0:
 * see parts/ticks). An eviction costs O(1), a tick one step per page (parts/ranking).
 */

import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Ranking } from "../parts/ranking";
import { Ticks } from "../parts/ticks";

@final
@unmanaged
export class Aging extends BitPolicy {
  private ticks: Ticks;
  private ranking: Ranking;
  /** The counters' top bit. */
  private topBit: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.topBit = (<u32>1) << (<u32>load<f64>(parameters) - 1);
    this.ticks = Ticks.create(load<f64>(parameters, 8));
    this.ranking = Ranking.create(this.slots, this.slots.count, this.topBit);
    return changetype<usize>(this.ticks) != 0 && changetype<usize>(this.ranking) != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
    if (this.ticks.count(this.capacity)) this.tick();
  }

  @inline
  miss(_slot: u32): void {}

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
      const front = this.bits.testAndClearAccessed(slot) ? this.topBit : 0;
      ranking.setCounter(slot, (ranking.counter(slot) >> 1) | front);
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
