/**
 * A heap of slots, the least key on top: for policies whose victim is the least of something. Four children a node, so
 * that siblings share a cache line (LaMarca and Ladner, "The influence of caches on the performance of heaps", 1996).
 *
 *   0        8       12     16
 *   ├ key u64 ┼ slot ─┼─ 0 ─┤      a place; the children of place n are 4n + 1 … 4n + 4
 *
 * No two keys should be equal: which of two equal ones comes first is of no meaning.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";

const PLACE_SLOT: usize = 8;
/** Place 0 stands at the end of a cache line, and so every four siblings begin one. */
const FIRST_PLACE: usize = 48;

@final
@unmanaged
export class SlotHeap {
  size: u32;
  private places: usize;
  /** Each slot's place, u32; of use only while it is in the heap. */
  private placeOf: usize;

  /** For slots below `slots`, `most` of them at once; null when memory is out. */
  static create(slots: u32, most: u32): SlotHeap {
    const nothing = changetype<SlotHeap>(0);
    const heap = make<SlotHeap>();
    if (changetype<usize>(heap) == 0) return nothing;
    heap.places = allocate(((<u64>most) << 4) + FIRST_PLACE);
    heap.placeOf = allocate((<u64>slots) << 2);
    if (heap.places == 0 || heap.placeOf == 0) return nothing;
    heap.places += FIRST_PLACE;
    return heap;
  }

  /** The slot with the least key; the heap must not be empty. */
  @inline
  get least(): u32 {
    return this.slotAt(0);
  }

  @inline
  key(slot: u32): u64 {
    return this.keyAt(this.place(slot));
  }

  add(slot: u32, key: u64): void {
    this.rise(this.size++, key, slot);
  }

  /** Gives `slot`, which is in the heap, a key that is greater than its last. */
  @inline
  raise(slot: u32, key: u64): void {
    this.sink(this.place(slot), key, slot);
  }

  /** Takes `slot` out; the last place's fills the gap. */
  remove(slot: u32): void {
    const place = this.place(slot);
    const last = --this.size;
    if (place == last) return;
    const key = this.keyAt(last);
    const other = this.slotAt(last);
    if (place > 0 && this.keyAt((place - 1) >> 2) > key) this.rise(place, key, other);
    else this.sink(place, key, other);
  }

  @inline
  private place(slot: u32): u32 {
    return load<u32>(this.placeOf + ((<usize>slot) << 2));
  }

  @inline
  private keyAt(place: u32): u64 {
    return load<u64>(this.places + ((<usize>place) << 4));
  }

  @inline
  private slotAt(place: u32): u32 {
    return load<u32>(this.places + ((<usize>place) << 4), PLACE_SLOT);
  }

  @inline
  private put(place: u32, key: u64, slot: u32): void {
    const at = this.places + ((<usize>place) << 4);
    store<u64>(at, key);
    store<u32>(at, slot, PLACE_SLOT);
    store<u32>(this.placeOf + ((<usize>slot) << 2), place);
  }

  /** Puts `slot` where `place` is free, or above it. */
  private rise(place: u32, key: u64, slot: u32): void {
    while (place > 0) {
      const parent = (place - 1) >> 2;
      if (this.keyAt(parent) <= key) break;
      this.put(place, this.keyAt(parent), this.slotAt(parent));
      place = parent;
    }
    this.put(place, key, slot);
  }

  /** Puts `slot` where `place` is free, or below it. */
  private sink(place: u32, key: u64, slot: u32): void {
    while (true) {
      const child = this.leastChild(place);
      if (child == NONE || this.keyAt(child) >= key) break;
      this.put(place, this.keyAt(child), this.slotAt(child));
      place = child;
    }
    this.put(place, key, slot);
  }

  /** The child of `place` with the least key; NONE for a leaf. */
  @inline
  private leastChild(place: u32): u32 {
    const first = (place << 2) + 1;
    const end = min(first + 4, this.size);
    if (first >= end) return NONE;
    let least = first;
    for (let child = first + 1; child < end; child++) {
      if (this.keyAt(child) < this.keyAt(least)) least = child;
    }
    return least;
  }

  /** Is no key less than its parent's, and does every slot know its place? */
  isValid(): bool {
    for (let place: u32 = 0; place < this.size; place++) {
      if (this.place(this.slotAt(place)) != place) return false;
      if (place > 0 && this.keyAt((place - 1) >> 2) > this.keyAt(place)) return false;
    }
    return true;
  }
}
