/**
 * Not recently used: pages are in four classes by their R and M bits, and a page of the lowest class is evicted. R is
 * cleared at every clock tick, so that it means "recently". Tanenbaum and Bos, "Modern operating systems" (4th edition,
 * 2014), section 3.4.2.
 *
 *   class    0    1    2    3
 *   R        0    0    1    1
 *   M        0    1    0    1
 *
 * Differences: of a class the page that entered first is evicted, where the book draws one at random. A tick comes every
 * `interval` requests (0: four times the number of frames).
 *
 * Between two ticks bits are only set, so a page that is not in a class never enters it: a hand for each class walks the
 * queue once per tick. An eviction costs amortised O(1), a tick one step per eight pages.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Ticks } from "../parts/ticks";

const CLASSES: u32 = 4;

@final
@unmanaged
export class Nru extends BitPolicy {
  private ticks: Ticks;
  /** Sentinel of the queue: the page that entered first in front. */
  private queue: u32;
  /** For each class, the last page that its hand has passed since the tick; the sentinel for none. u32[CLASSES] */
  private hands: usize;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.ticks = Ticks.create(load<f64>(parameters));
    this.hands = allocate(CLASSES << 2);
    if (changetype<usize>(this.ticks) == 0 || this.hands == 0) return false;
    this.queue = this.slots.count;
    this.resetHands();
    return true;
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
    const nodes = this.slots.nodes;
    List.insertAfter(nodes, List.back(nodes, this.queue), slot);
  }

  private tick(): void {
    this.bits.clearAllAccessed(this.slots);
    this.resetHands();
  }

  private resetHands(): void {
    for (let hand: u32 = 0; hand < CLASSES; hand++) this.setPassed(hand, this.queue);
  }

  evict(): u32 {
    for (let wanted: u32 = 0; wanted < CLASSES; wanted++) {
      const victim = this.find(wanted);
      if (victim == NONE) continue;
      this.remove(victim);
      return victim;
    }
    return NONE;
  }

  /** The next page of class `wanted`, NONE when there is none. Its hand passes those before it. */
  private find(wanted: u32): u32 {
    const nodes = this.slots.nodes;
    const bits = this.bits;
    let passed = this.passed(wanted);
    let page = List.next(nodes, passed);
    while (page != this.queue && ((<u32>bits.isAccessed(page)) << 1) + <u32>bits.isDirty(page) != wanted) {
      passed = page;
      page = List.next(nodes, page);
    }
    this.setPassed(wanted, passed);
    return page == this.queue ? NONE : page;
  }

  @inline
  private passed(hand: u32): u32 {
    return load<u32>(this.hands + ((<usize>hand) << 2));
  }

  @inline
  private setPassed(hand: u32, page: u32): void {
    store<u32>(this.hands + ((<usize>hand) << 2), page);
  }

  /** Removes the page. Hands that point to it step back. */
  remove(slot: u32): void {
    const nodes = this.slots.nodes;
    for (let hand: u32 = 0; hand < CLASSES; hand++) {
      if (this.passed(hand) == slot) this.setPassed(hand, List.previous(nodes, slot));
    }
    List.remove(nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    for (let hand: u32 = 0; hand < CLASSES; hand++) {
      const page = this.passed(hand);
      if (page != this.queue && !slots.isResident(page)) return false;
    }
    return slots.ghosts == 0 && List.length(slots.nodes, this.queue, slots.residents) == slots.residents;
  }
}
