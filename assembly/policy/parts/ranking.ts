/**
 * Pages ranked by a counter that changes only at clock ticks: `sort` orders the resident pages once per tick, lowest counter
 * first, of equals the page that entered first. Pages that enter later all have the same counter and are at the end of the
 * queue, so the lowest page is at the front of one of two sequences.
 *
 *   queue    front: entered first ──────────────────> newcomer ────> back       list of core/list
 *   order    ├─ done ─┼ next ┼ … ┼ NONE ┼ … ┤                                    u32[capacity], sorted
 *                        ^ cursor    its page was removed
 *
 * Sorting is a radix sort by the bytes of the counters, from the lowest, which skips bytes that do not differ.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { List } from "../../core/list";
import { Slots } from "../slots";

const DIGITS: usize = 256;

@final
@unmanaged
export class Ranking {
  private slots: Slots;
  /** Sentinel of the queue. */
  private queue: u32;
  /** The first page that entered since the tick; the sentinel for none. */
  private newcomer: u32;
  private newcomersCounter: u32;
  private counters: usize; // u32 by slot
  private order: usize;
  private scratch: usize; // u32[capacity], for sorting
  private rankOf: usize; // u32 by slot: its place in `order`, NONE for newcomers
  private digits: usize; // u32[DIGITS]
  private cursor: u32;
  private end: u32;

  /** Ranks the pages of `slots` in its list `queue`; they enter with `counter`. Null when memory is out. */
  static create(slots: Slots, queue: u32, counter: u32): Ranking {
    const nothing = changetype<Ranking>(0);
    const ranking = make<Ranking>();
    if (changetype<usize>(ranking) == 0) return nothing;
    ranking.slots = slots;
    ranking.queue = queue;
    ranking.newcomer = queue;
    ranking.newcomersCounter = counter;
    ranking.counters = allocate((<u64>slots.count) << 2);
    ranking.order = allocate((<u64>slots.count) << 2);
    ranking.scratch = allocate((<u64>slots.count) << 2);
    ranking.rankOf = allocate((<u64>slots.count) << 2);
    ranking.digits = allocate(DIGITS << 2);
    const last = ranking.rankOf != 0 && ranking.digits != 0;
    return ranking.counters != 0 && ranking.order != 0 && ranking.scratch != 0 && last ? ranking : nothing;
  }

  @inline
  counter(slot: u32): u32 {
    return load<u32>(this.counters + ((<usize>slot) << 2));
  }

  @inline
  setCounter(slot: u32, counter: u32): void {
    store<u32>(this.counters + ((<usize>slot) << 2), counter);
  }

  @inline
  add(slot: u32): void {
    const nodes = this.slots.nodes;
    List.insertAfter(nodes, List.back(nodes, this.queue), slot);
    if (this.newcomer == this.queue) this.newcomer = slot;
    this.setCounter(slot, this.newcomersCounter);
    store<u32>(this.rankOf + ((<usize>slot) << 2), NONE);
  }

  remove(slot: u32): void {
    const nodes = this.slots.nodes;
    const place = load<u32>(this.rankOf + ((<usize>slot) << 2));
    if (place != NONE) this.put(this.order, place, NONE);
    else if (this.newcomer == slot) this.newcomer = List.next(nodes, slot);
    List.remove(nodes, slot);
  }

  /** The page with the lowest counter, which is not removed; NONE when there is none. */
  lowest(): u32 {
    while (this.cursor < this.end && this.at(this.order, this.cursor) == NONE) this.cursor++;
    const newcomer = this.newcomer == this.queue ? NONE : this.newcomer;
    if (this.cursor == this.end) return newcomer;
    const ranked = this.at(this.order, this.cursor);
    return newcomer == NONE || this.counter(ranked) <= this.newcomersCounter ? ranked : newcomer;
  }

  /** Ranks all pages by their current counters. */
  sort(): void {
    const nodes = this.slots.nodes;
    let count: u32 = 0;
    let differing: u32 = 0;
    const first = this.counter(List.front(nodes, this.queue));
    for (let slot = List.front(nodes, this.queue); slot != this.queue; slot = List.next(nodes, slot)) {
      this.put(this.order, count++, slot);
      differing |= this.counter(slot) ^ first;
    }
    this.newcomer = this.queue;
    this.cursor = 0;
    this.end = count;
    for (let shift: u32 = 0; shift < 32; shift += 8) {
      if (((differing >> shift) & 0xff) != 0) this.sortBy(shift);
    }
    for (let place: u32 = 0; place < count; place++) {
      store<u32>(this.rankOf + ((<usize>this.at(this.order, place)) << 2), place);
    }
  }

  /** Sorts by one byte of the counters; stable. */
  private sortBy(shift: u32): void {
    const from = this.order;
    const digits = this.digits;
    memory.fill(digits, 0, DIGITS << 2);
    for (let n: u32 = 0; n < this.end; n++) {
      const digit = (this.counter(this.at(from, n)) >> shift) & 0xff;
      this.put(digits, digit, this.at(digits, digit) + 1);
    }
    let place: u32 = 0;
    for (let digit: u32 = 0; digit < <u32>DIGITS; digit++) {
      const pages = this.at(digits, digit);
      this.put(digits, digit, place);
      place += pages;
    }
    for (let n: u32 = 0; n < this.end; n++) {
      const slot = this.at(from, n);
      const digit = (this.counter(slot) >> shift) & 0xff;
      this.put(this.scratch, this.at(digits, digit), slot);
      this.put(digits, digit, this.at(digits, digit) + 1);
    }
    this.order = this.scratch;
    this.scratch = from;
  }

  @inline
  private at(array: usize, place: u32): u32 {
    return load<u32>(array + ((<usize>place) << 2));
  }

  @inline
  private put(array: usize, place: u32, value: u32): void {
    store<u32>(array + ((<usize>place) << 2), value);
  }

  /** Is true when each resident page is in one of the two sequences, and both are in order. */
  isValid(): bool {
    const slots = this.slots;
    if (List.length(slots.nodes, this.queue, slots.residents) != slots.residents) return false;
    let pages: u32 = 0;
    let least: u32 = 0;
    for (let place: u32 = 0; place < this.end; place++) {
      const slot = this.at(this.order, place);
      if (slot == NONE) continue;
      if (place < this.cursor || this.at(this.rankOf, slot) != place || this.counter(slot) < least)
        return false;
      least = this.counter(slot);
      pages++;
    }
    for (let slot = this.newcomer; slot != this.queue; slot = List.next(slots.nodes, slot)) {
      if (this.at(this.rankOf, slot) != NONE || this.counter(slot) != this.newcomersCounter) return false;
      pages++;
    }
    return pages == slots.residents;
  }
}
