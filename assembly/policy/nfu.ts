/**
 * Not frequently used: at every clock tick each page's R bit is added to its counter; the page with the lowest goes.
 * It never forgets: a page that was requested much keeps others out long after. Tanenbaum and Bos, "Modern operating
 * systems" (4th edition, 2014), section 3.4.7, which goes on to aging.
 *
 * What the book leaves open: of equal counters the page that entered first goes. Counters begin at 0, so between two
 * ticks the pages that came since go before those that a tick found requested; a page that comes back begins anew. A
 * tick comes every `interval` requests, 0 meaning as policy/ticks says; an eviction costs O(1), a tick a step a page
 * (policy/ranking).
 */

import { NONE } from "../abi";
import { List } from "../core/list";
import { BitPolicy } from "./contract";
import { Ranking } from "./ranking";
import { Ticks } from "./ticks";

@final
@unmanaged
export class Nfu extends BitPolicy {
  private ticks: Ticks;
  private ranking: Ranking;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.ticks = Ticks.create(load<f64>(parameters));
    this.ranking = Ranking.create(this.slots, this.slots.count, 0);
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

  /** A counter at the end of its 32 bits stays there. */
  private tick(): void {
    const nodes = this.slots.nodes;
    const queue = this.slots.count;
    const ranking = this.ranking;
    for (let slot = List.front(nodes, queue); slot != queue; slot = List.next(nodes, slot)) {
      const counter = ranking.counter(slot);
      if (this.bits.takeAccessed(slot) && counter != u32.MAX_VALUE) ranking.setCounter(slot, counter + 1);
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
    this.slots.release(slot);
  }

  isValid(): bool {
    return this.slots.ghosts == 0 && this.ranking.isValid();
  }
}
