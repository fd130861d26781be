/**
 * OPT, also MIN: evicts the page whose next request lies furthest in the future; no policy has fewer misses. Belady, "A
 * study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5 (1966). A first pass over the
 * trace provides the future (engine/future).
 *
 * Pages with a next request are in a heap, the furthest on top: their rank is the complement of its time. Pages without one
 * are in a list of their own and are evicted first. A requested page had the greatest rank, so it is at a leaf of the heap,
 * and its new rank rarely moves it far.
 */
import { NONE } from "../../abi/core";
import { NEVER } from "../../abi/requests";
import { Heap, PLACE_SHIFT } from "../../core/heap";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Opt extends FixedPolicy {
  /** Requests so far. */
  private now: u64;
  private heap: Heap;
  /** Sentinel of the pages that are never requested again. */
  private done: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.done = this.slots.count;
    this.heap = Heap.create(capacity, capacity);
    if (changetype<usize>(this.heap) == 0) return false;
    this.ahead = this.heap.places;
    this.aheadShift = PLACE_SHIFT;
    this.aheadPlaces = this.heap.placeOf;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    assert(this.heap.has(slot), "a page without a next request is requested");
    const gap = this.nextGap();
    if (gap != NEVER) this.heap.decrease(slot, ~(this.now + gap));
    else {
      this.heap.remove(slot);
      List.insertAfter(this.slots.nodes, this.done, slot);
    }
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  evict(): u32 {
    const slots = this.slots;
    let victim = List.front(slots.nodes, this.done);
    if (victim != this.done) List.remove(slots.nodes, victim);
    else {
      if (this.heap.size == 0) return NONE;
      victim = this.heap.top();
      this.heap.removeTop();
    }
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const gap = this.nextGap();
    if (gap == NEVER) List.insertAfter(this.slots.nodes, this.done, slot);
    else this.heap.add(slot, ~(this.now + gap));
  }

  @inline
  private nextGap(): u32 {
    const gap = load<u32>(this.future);
    this.future += 4;
    this.now++;
    return gap;
  }

  remove(slot: u32): void {
    if (this.heap.has(slot)) this.heap.remove(slot);
    else List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const heap = this.heap;
    for (let place: u32 = 0; place < heap.size; place++) {
      if (!slots.isResident(heap.slotAt(place))) return false;
    }
    return (
      heap.isValid() && List.length(slots.nodes, this.done, slots.residents) + heap.size == slots.residents
    );
  }
}
