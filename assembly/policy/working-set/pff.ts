/**
 * Page fault frequency: when more than `threshold` requests lie between two faults, the resident set is too large, and the
 * pages not requested in between are evicted; otherwise the fault only adds its page. Chu and Opderbeck, "The page fault
 * frequency replacement algorithm", AFIPS Fall Joint Computer Conference (1972); "Program behavior and the page fault
 * frequency replacement algorithm", Computer 9 (1976).
 *
 *   fault ──── t > threshold ──── fault      keeps the pages requested between the two, and the new page
 *   fault ── t <= threshold ── fault         keeps all pages, and the new page
 *
 * What differs: when memory is full, the page requested longest ago is evicted. `threshold` 0 means as many requests as
 * frames.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { VariablePolicy } from "../contract";

@final
@unmanaged
export class Pff extends VariablePolicy {
  /** Requests so far: virtual time. */
  private now: u64;
  private threshold: u64;
  private lastFault: u64;
  /** Pages whose last request is older are evicted. */
  private keepFrom: u64;
  /** Sentinel of the pages by their last request, the latest in front. */
  private stack: u32;
  /** Time of each page's last request, u64 by slot. */
  private times: usize;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.threshold = <u64>load<f64>(parameters);
    this.stack = this.slots.count;
    this.times = allocate((<u64>capacity) << 3);
    return this.times != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.stamp(slot);
    List.moveToFront(this.slots.nodes, this.stack, slot);
  }

  @inline
  miss(_slot: u32): void {}

  /** The fault belongs to this request, the next in time. */
  @inline
  insert(slot: u32, _kind: u32): void {
    this.stamp(slot);
    List.insertAfter(this.slots.nodes, this.stack, slot);
    const threshold = this.threshold != 0 ? this.threshold : <u64>this.capacity;
    if (this.now - this.lastFault > threshold) this.keepFrom = this.lastFault;
    this.lastFault = this.now;
  }

  @inline
  private stamp(slot: u32): void {
    this.now++;
    store<u64>(this.times + ((<usize>slot) << 3), this.now);
  }

  @inline
  private time(slot: u32): u64 {
    return load<u64>(this.times + ((<usize>slot) << 3));
  }

  @inline
  expired(): u32 {
    const oldest = List.back(this.slots.nodes, this.stack);
    return oldest == this.stack || this.time(oldest) >= this.keepFrom ? NONE : this.evict();
  }

  evict(): u32 {
    const victim = List.back(this.slots.nodes, this.stack);
    if (victim == this.stack) return NONE;
    this.remove(victim);
    return victim;
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || List.length(slots.nodes, this.stack, slots.residents) != slots.residents)
      return false;
    if (this.keepFrom > this.lastFault || this.lastFault > this.now) return false;
    let later = this.now + 1;
    for (
      let page = List.front(slots.nodes, this.stack);
      page != this.stack;
      page = List.next(slots.nodes, page)
    ) {
      if (this.time(page) >= later) return false;
      later = this.time(page);
    }
    return true;
  }
}
