/**
 * The working set: keeps the pages requested within the last `window` requests, tau. A page is evicted as soon as it has not
 * been requested for that long, even when memory is not full. Denning, "The working set model for program behavior",
 * Communications of the ACM 11 (1968).
 *
 *   now - window < last request of the page <= now         resident
 *
 * What differs: when the working set is larger than memory, the page requested longest ago is evicted, since there is no
 * other program to suspend. `window` 0 means as many requests as frames, which never fills them.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { VariablePolicy } from "../contract";

@final
@unmanaged
export class WorkingSet extends VariablePolicy {
  /** Requests so far: virtual time. */
  private now: u64;
  private window: u64;
  /** Sentinel of the pages by their last request, the latest in front. */
  private stack: u32;
  /** Time of each page's last request, u64 by slot. */
  private times: usize;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.window = <u64>load<f64>(parameters);
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

  @inline
  insert(slot: u32, _kind: u32): void {
    this.stamp(slot);
    List.insertAfter(this.slots.nodes, this.stack, slot);
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
    const window = this.window != 0 ? this.window : <u64>this.capacity;
    return oldest == this.stack || this.now - this.time(oldest) < window ? NONE : this.evict();
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
