/**
 * OPT, also MIN: the page whose next request lies furthest ahead goes; no policy misses less. Belady, "A study of
 * replacement algorithms for a virtual-storage computer", IBM Systems Journal 5 (1966). It is told the future by a
 * first pass over the trace (engine/future).
 *
 * Pages with a next request are in a heap of four children a node, the furthest on top; pages without one are in a
 * list of their own and go first. A page that is requested was the heap's least, so it stands on a leaf, and the
 * farther request it gets instead rarely lifts it far.
 *
 *   0              8       12     16
 *   ├ next use u64 ┼ slot ─┼─ 0 ──┤     a place; the children of place n are 4n + 1 … 4n + 4, one cache line
 */
import { NEVER, NONE } from "../abi";
import { allocate } from "../core/arena";
import { List } from "../core/list";
import { FixedPolicy } from "./contract";

const PLACE_SLOT: usize = 8;

@final
@unmanaged
export class Opt extends FixedPolicy {
  /** Requests so far. */
  private now: u64;
  /** Places of the heap. Place 0 is at the end of a cache line, so that siblings share one. */
  private heap: usize;
  private size: u32;
  /** Each slot's place in the heap, u32; NONE: it is never requested again. */
  private placeOf: usize;
  /** Sentinel of the pages that are never requested again. */
  private done: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.done = this.slots.count;
    this.heap = allocate(((<u64>capacity) << 4) + 64);
    this.placeOf = allocate((<u64>capacity) << 2);
    if (this.heap == 0 || this.placeOf == 0) return false;
    this.heap += 48;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const place = load<u32>(this.placeOf + ((<usize>slot) << 2));
    assert(place != NONE, "a request that the future did not foretell");
    const gap = this.nextGap();
    if (gap != NEVER) this.rise(place, this.now + gap, slot);
    else {
      this.leave(place);
      this.retire(slot);
    }
  }

  @inline
  miss(_slot: u32): void {}

  evict(): u32 {
    const slots = this.slots;
    let victim = List.front(slots.nodes, this.done);
    if (victim != this.done) List.remove(slots.nodes, victim);
    else {
      if (this.size == 0) return NONE;
      victim = load<u32>(this.heap, PLACE_SLOT);
      this.leave(0);
    }
    slots.release(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const gap = this.nextGap();
    if (gap == NEVER) this.retire(slot);
    else this.rise(this.size++, this.now + gap, slot);
  }

  @inline
  private nextGap(): u32 {
    const gap = load<u32>(this.future);
    this.future += 4;
    this.now++;
    return gap;
  }

  @inline
  private retire(slot: u32): void {
    List.insertAfter(this.slots.nodes, this.done, slot);
    store<u32>(this.placeOf + ((<usize>slot) << 2), NONE);
  }

  @inline
  private nextUse(place: u32): u64 {
    return load<u64>(this.heap + ((<usize>place) << 4));
  }

  @inline
  private put(place: u32, nextUse: u64, slot: u32): void {
    const at = this.heap + ((<usize>place) << 4);
    store<u64>(at, nextUse);
    store<u32>(at, slot, PLACE_SLOT);
    store<u32>(this.placeOf + ((<usize>slot) << 2), place);
  }

  @inline
  private slotAt(place: u32): u32 {
    return load<u32>(this.heap + ((<usize>place) << 4), PLACE_SLOT);
  }

  /** Puts `slot` where `place` is free, or above it, by its next use. */
  private rise(place: u32, nextUse: u64, slot: u32): void {
    while (place > 0) {
      const parent = (place - 1) >> 2;
      if (this.nextUse(parent) >= nextUse) break;
      this.put(place, this.nextUse(parent), this.slotAt(parent));
      place = parent;
    }
    this.put(place, nextUse, slot);
  }

  /** Takes what stands at `place` out of the heap; the last place's page fills the gap. */
  private leave(place: u32): void {
    const last = --this.size;
    if (place == last) return;
    const nextUse = this.nextUse(last);
    const slot = this.slotAt(last);
    while (true) {
      const child = this.furthestChild(place);
      if (child == NONE || this.nextUse(child) <= nextUse) break;
      this.put(place, this.nextUse(child), this.slotAt(child));
      place = child;
    }
    this.rise(place, nextUse, slot);
  }

  /** The child of `place` whose next use is furthest; NONE for a leaf. */
  @inline
  private furthestChild(place: u32): u32 {
    const first = (place << 2) + 1;
    const end = min(first + 4, this.size);
    if (first >= end) return NONE;
    let furthest = first;
    for (let child = first + 1; child < end; child++) {
      if (this.nextUse(child) > this.nextUse(furthest)) furthest = child;
    }
    return furthest;
  }

  remove(slot: u32): void {
    const place = load<u32>(this.placeOf + ((<usize>slot) << 2));
    if (place == NONE) List.remove(this.slots.nodes, slot);
    else this.leave(place);
    this.slots.release(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    for (let place: u32 = 0; place < this.size; place++) {
      const slot = this.slotAt(place);
      if (load<u32>(this.placeOf + ((<usize>slot) << 2)) != place || !slots.isResident(slot)) return false;
      if (place > 0 && this.nextUse((place - 1) >> 2) < this.nextUse(place)) return false;
    }
    return List.length(slots.nodes, this.done, slots.residents) + this.size == slots.residents;
  }
}
