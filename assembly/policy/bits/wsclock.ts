/**
 * WSClock: a clock whose hand keeps the working set. Each page has the time at which the hand last found it requested. A
 * page that is idle for longer than `window` requests, the working set's tau, is not in the working set.
 *
 *   R = 1                 clear R, store the time, advance
 *   R = 0, in window      advance
 *   idle, dirty           write it, advance
 *   idle, clean           evict it
 *
 * Carr and Hennessy, "WSClock: a simple and effective algorithm for virtual memory management", SOSP (1981).
 *
 * Differences: writes complete at once, so if a round found no clean page but wrote some, the first of those is evicted; in
 * the paper the hand finds them when their write is done. After a round without either, the paper's load control suspends a
 * process. Here there is only one, so until the hand has passed as many pages again, the first unreferenced page is
 * evicted, as in clock. This also limits an eviction to a few steps of the hand when the working set is larger than memory.
 * `window` 0 means as many requests as frames.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";

@final
@unmanaged
export class Wsclock extends BitPolicy {
  /** Requests so far: virtual time. */
  private now: u64;
  private window: u64;
  /** Sentinel of the ring as a queue: the page under the hand in front. */
  private ring: u32;
  /** The time at which the hand last found each page requested, u64 by slot. */
  private times: usize;
  /** Pages that the hand has still to pass after a round in which all were in the working set. */
  private crowded: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.window = <u64>load<f64>(parameters);
    this.ring = this.slots.count;
    this.times = allocate((<u64>capacity) << 3);
    return this.times != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.now++;
    this.bits.touch(slot, kind);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  insert(slot: u32, kind: u32): void {
    this.now++;
    this.bits.enter(slot, kind);
    this.setTime(slot, this.now);
    this.append(slot);
  }

  evict(): u32 {
    let victim = NONE;
    if (this.crowded == 0) victim = this.runRound();
    if (victim == NONE) victim = this.findUnreferenced();
    if (victim != NONE) this.remove(victim);
    return victim;
  }

  /**
   * Runs one round of the hand: the first page that is idle and clean, otherwise the first that was written; NONE
   * without either.
   */
  private runRound(): u32 {
    const bits = this.bits;
    const window = this.window != 0 ? this.window : <u64>this.capacity;
    let written = NONE;
    for (let left = this.slots.residents; left > 0; left--) {
      const page = List.front(this.slots.nodes, this.ring);
      if (bits.testAndClearAccessed(page)) this.setTime(page, this.now);
      if (this.now - this.time(page) > window) {
        if (!bits.isDirty(page)) return page;
        bits.launder(page);
        if (written == NONE) written = page;
      }
      this.advance(page);
    }
    if (written == NONE) this.crowded = this.slots.residents;
    else this.advanceTo(written);
    return written;
  }

  private advanceTo(page: u32): void {
    const nodes = this.slots.nodes;
    while (List.front(nodes, this.ring) != page) this.advance(List.front(nodes, this.ring));
  }

  private findUnreferenced(): u32 {
    const nodes = this.slots.nodes;
    for (let page = List.front(nodes, this.ring); page != this.ring; page = List.front(nodes, this.ring)) {
      if (this.crowded > 0) this.crowded--;
      if (!this.bits.testAndClearAccessed(page)) return page;
      this.setTime(page, this.now);
      this.advance(page);
    }
    return NONE;
  }

  @inline
  private advance(page: u32): void {
    List.remove(this.slots.nodes, page);
    this.append(page);
  }

  /** Appends a page to the queue, behind the hand. */
  @inline
  private append(page: u32): void {
    const nodes = this.slots.nodes;
    List.insertAfter(nodes, List.back(nodes, this.ring), page);
  }

  @inline
  private time(slot: u32): u64 {
    return load<u64>(this.times + ((<usize>slot) << 3));
  }

  @inline
  private setTime(slot: u32, time: u64): void {
    store<u64>(this.times + ((<usize>slot) << 3), time);
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || List.length(slots.nodes, this.ring, slots.residents) != slots.residents)
      return false;
    for (
      let page = List.front(slots.nodes, this.ring);
      page != this.ring;
      page = List.next(slots.nodes, page)
    ) {
      const time = this.time(page);
      if (time > this.now) return false;
    }
    return true;
  }
}
