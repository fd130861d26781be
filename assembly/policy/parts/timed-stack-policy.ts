/**
 * A variable-space policy that keeps its pages by their last request, with its time. When memory is full, the page requested
 * longest ago is evicted.
 *
 *   front: requested last ─> … ─> back: requested longest ago        times: u64 by slot
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { VariablePolicy } from "../contract";

@unmanaged
export abstract class TimedStackPolicy extends VariablePolicy {
  /** Requests so far: virtual time. */
  protected now: u64;
  /** Sentinel of the stack. */
  private stack: u32;
  private times: usize;

  /** For `create`: makes the slots and the stack; false when memory is out. */
  protected createStack(capacity: u32): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
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
  miss(_slot: u32, _key: u64): void {}

  /** For `insert`: the page enters by this request, the next in time. */
  @inline
  protected enter(slot: u32): void {
    this.stamp(slot);
    List.insertAfter(this.slots.nodes, this.stack, slot);
  }

  @inline
  private stamp(slot: u32): void {
    this.now++;
    store<u64>(this.times + ((<usize>slot) << 3), this.now);
  }

  /** The time of the page's last request. */
  @inline
  protected time(slot: u32): u64 {
    return load<u64>(this.times + ((<usize>slot) << 3));
  }

  /** The page requested longest ago; NONE when there is none. */
  @inline
  protected get oldest(): u32 {
    const page = List.back(this.slots.nodes, this.stack);
    return page == this.stack ? NONE : page;
  }

  evict(): u32 {
    const victim = this.oldest;
    if (victim != NONE) this.remove(victim);
    return victim;
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  /** For `isValid`: is true when the stack holds the resident pages, the later requested first. */
  protected isStackValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    if (slots.ghosts != 0 || List.length(nodes, this.stack, slots.residents) != slots.residents) return false;
    let later = this.now + 1;
    for (let page = List.front(nodes, this.stack); page != this.stack; page = List.next(nodes, page)) {
      if (this.time(page) >= later) return false;
      later = this.time(page);
    }
    return true;
  }
}
