/**
 * A heap of slots with the least rank on top and four children per node: half as many levels as with two, and siblings
 * share a cache line.
 *
 *   0          8       12     16
 *   ├ rank u64 ┼ slot ─┼─ 0 ──┤     a place; the children of place n are 4n + 1 … 4n + 4, one cache line
 *
 * An owner whose ranks only grow need not update the heap at each change: it compares the top's rank with the current
 * one, and increases it until they agree. Every other rank in the heap is then a lower bound, so the top is least.
 */
import { allocate, make } from "./arena";

const PLACE_SLOT: usize = 8;

@final
@unmanaged
export class Heap {
  size: u32;
  /** Places of the heap. Place 0 is the last of a cache line, so that siblings share one. */
  places: usize;
  /** The place of each slot that is in the heap, u32. */
  placeOf: usize;

  /** For slots below `count`, at most `most` of them at once; null when memory is out. */
  static create(count: u32, most: u32): Heap {
    const nothing = changetype<Heap>(0);
    const heap = make<Heap>();
    if (changetype<usize>(heap) == 0) return nothing;
    heap.places = allocate(((<u64>most) << 4) + 48);
    heap.placeOf = allocate((<u64>count) << 2);
    if (heap.places == 0 || heap.placeOf == 0) return nothing;
    heap.places += 48;
    return heap;
  }

  /** The slot of least rank; the heap must not be empty. */
  @inline
  top(): u32 {
    return this.slotAt(0);
  }

  @inline
  topRank(): u64 {
    return this.rankAt(0);
  }

  @inline
  has(slot: u32): bool {
    const place = this.place(slot);
    return place < this.size && this.slotAt(place) == slot;
  }

  @inline
  add(slot: u32, rank: u64): void {
    this.siftUp(this.size++, rank, slot);
  }

  /** Increases the rank of `slot`, which is in the heap, to `rank`. */
  @inline
  increase(slot: u32, rank: u64): void {
    this.put(this.siftDown(this.place(slot), rank), rank, slot);
  }

  /** Increases the rank of the top. */
  @inline
  increaseTop(rank: u64): void {
    this.replaceTop(this.slotAt(0), rank);
  }

  /** Puts `slot` in the place of the top, with the least rank or a greater one. */
  @inline
  replaceTop(slot: u32, rank: u64): void {
    this.put(this.siftDown(0, rank), rank, slot);
  }

  @inline
  removeTop(): void {
    this.removeAt(0);
  }

  remove(slot: u32): void {
    this.removeAt(this.place(slot));
  }

  /** The rank of `slot`, which is in the heap. */
  @inline
  rank(slot: u32): u64 {
    return this.rankAt(this.place(slot));
  }

  @inline
  rankAt(place: u32): u64 {
    return load<u64>(this.places + ((<usize>place) << 4));
  }

  @inline
  slotAt(place: u32): u32 {
    return load<u32>(this.places + ((<usize>place) << 4), PLACE_SLOT);
  }

  /** For owners that change every rank without changing their order. */
  @inline
  setRankAt(place: u32, rank: u64): void {
    store<u64>(this.places + ((<usize>place) << 4), rank);
  }

  @inline
  private place(slot: u32): u32 {
    return load<u32>(this.placeOf + ((<usize>slot) << 2));
  }

  @inline
  private put(place: u32, rank: u64, slot: u32): void {
    Heap.write(this.places, this.placeOf, place, rank, slot);
  }

  /**
   * Like `put`, for loops that keep the heap's fields in locals; through `this`, every store would make the compiler
   * reload them.
   */
  @inline
  private static write(places: usize, placeOf: usize, place: u32, rank: u64, slot: u32): void {
    const at = places + ((<usize>place) << 4);
    store<u64>(at, rank);
    store<u32>(at, slot, PLACE_SLOT);
    store<u32>(placeOf + ((<usize>slot) << 2), place);
  }

  /** Puts `slot` into the free `place`, or above it, by its rank. */
  private siftUp(place: u32, rank: u64, slot: u32): void {
    const places = this.places;
    const placeOf = this.placeOf;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const at = places + ((<usize>parent) << 4);
      const above = load<u64>(at);
      if (above <= rank) break;
      Heap.write(places, placeOf, place, above, load<u32>(at, PLACE_SLOT));
      place = parent;
    }
    Heap.write(places, placeOf, place, rank, slot);
  }

  /** Moves lesser children up into the free `place`, as far as `rank` must go down; the place that is free then. */
  private siftDown(place: u32, rank: u64): u32 {
    const places = this.places;
    const placeOf = this.placeOf;
    const size = this.size;
    let first = (place << 2) + 1;
    while (first + 4 <= size) {
      const least = first + Heap.leastOfFour(places + ((<usize>first) << 4));
      const at = places + ((<usize>least) << 4);
      const leastRank = load<u64>(at);
      if (leastRank >= rank) return place;
      Heap.write(places, placeOf, place, leastRank, load<u32>(at, PLACE_SLOT));
      place = least;
      first = (place << 2) + 1;
    }
    return first < size ? this.siftDownLast(place, rank, first) : place;
  }

  /** The index of the least rank of four places. Uses selects instead of branches, which would be unpredictable. */
  @inline
  private static leastOfFour(at: usize): u32 {
    const rank0 = load<u64>(at);
    const rank1 = load<u64>(at, 16);
    const rank2 = load<u64>(at, 32);
    const rank3 = load<u64>(at, 48);
    const left = rank1 < rank0;
    const right = rank3 < rank2;
    const isRight = select<u64>(rank3, rank2, right) < select<u64>(rank1, rank0, left);
    return select<u32>(2 + <u32>right, <u32>left, isRight);
  }

  /** An iteration of `siftDown` for the one place that has fewer than four children. */
  private siftDownLast(place: u32, rank: u64, first: u32): u32 {
    let least = first;
    for (let child = first + 1; child < this.size; child++) {
      if (this.rankAt(child) < this.rankAt(least)) least = child;
    }
    if (this.rankAt(least) >= rank) return place;
    this.put(place, this.rankAt(least), this.slotAt(least));
    return least;
  }

  /** Removes the slot at `place`; the slot of the last place fills the gap. */
  private removeAt(place: u32): void {
    const last = --this.size;
    if (place == last) return;
    const rank = this.rankAt(last);
    const slot = this.slotAt(last);
    this.siftUp(this.siftDown(place, rank), rank, slot);
  }

  /** Is true when no rank is below its parent's, and each slot's place is recorded. */
  isValid(): bool {
    for (let place: u32 = 0; place < this.size; place++) {
      if (this.place(this.slotAt(place)) != place) return false;
      if (place > 0 && this.rankAt((place - 1) >> 2) > this.rankAt(place)) return false;
    }
    return true;
  }
}
