/**
 * Not frequently used: at every clock tick each page's R bit is added to its counter. The victim is the page with the
 * lowest counter. Counters never decay, so a formerly frequent page stays for long. Tanenbaum and Bos, "Modern operating
 * systems" (4th edition, 2014), section 3.4.7, which continues with aging.
 *
 * What the book leaves open: of equal counters the page that entered first is evicted. Counters start at 0, also for a page
 * that returns, so pages that entered since the last tick are evicted before those that a tick found requested. A tick
 * comes every `interval` requests (0: see parts/ticks). An eviction costs O(1), a tick one step per page (parts/ranking).
 */

import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Ranking } from "../parts/ranking";
import { Ticks } from "../parts/ticks";

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

  /** Counters saturate at 32 bits. */
  private tick(): void {
    const nodes = this.slots.nodes;
    const queue = this.slots.count;
    const ranking = this.ranking;
    for (let slot = List.front(nodes, queue); slot != queue; slot = List.next(nodes, slot)) {
      const counter = ranking.counter(slot);
      if (this.bits.testAndClearAccessed(slot) && counter != u32.MAX_VALUE)
        ranking.setCounter(slot, counter + 1);
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
