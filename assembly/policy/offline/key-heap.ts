/**
 * A heap of u64 keys with the greatest on top and four children per node, half a cache line: those of place n are places
 * 4n + 1 … 4n + 4.
 *
 *   63              0
 *   ├────── key ────┤     a place. The owner's number is in the low bits, so no place is recorded outside of the heap
 *
 * After `takeTop` the top is vacant. The next key that is added takes that place, where it stays if it is among the
 * greatest; without one, the next `takeTop` closes it.
 */
import { allocate, make } from "../../core/arena";

/** Place 0 is the last of half a cache line, so that siblings share one. */
const FIRST: usize = 24;

@final
@unmanaged
export class KeyHeap {
  /** Places in use; the top counts when it is vacant, too. */
  size: u32;
  /** The most keys. */
  private room: u32;
  private keys: usize;
  private isVacant: bool;

  /** For at most `room` keys; null when memory is out. */
  static create(room: u32): KeyHeap {
    const heap = make<KeyHeap>();
    if (changetype<usize>(heap) == 0) return heap;
    heap.keys = allocate(((<u64>room) << 3) + FIRST);
    if (heap.keys == 0) return changetype<KeyHeap>(0);
    heap.keys += FIRST;
    heap.room = room;
    return heap;
  }

  @inline
  get isFull(): bool {
    return this.size == this.room && !this.isVacant;
  }

  clear(): void {
    this.size = 0;
    this.isVacant = false;
  }

  /** The first place with a key. */
  get first(): u32 {
    return <u32>this.isVacant;
  }

  /** The key at `place`. */
  @inline
  at(place: u32): u64 {
    return load<u64>(this.keys + ((<usize>place) << 3));
  }

  @inline
  private put(place: u32, key: u64): void {
    store<u64>(this.keys + ((<usize>place) << 3), key);
  }

  /** Removes and returns the greatest key; 0 when there is none. */
  takeTop(): u64 {
    if (this.isVacant) this.closeTop();
    if (this.size == 0) return 0;
    this.isVacant = true;
    return this.at(0);
  }

  private closeTop(): void {
    this.isVacant = false;
    const last = --this.size;
    if (last > 0) this.siftDown(0, this.at(last));
  }

  add(key: u64): void {
    if (this.isVacant) {
      this.isVacant = false;
      this.siftDown(0, key);
      return;
    }
    const keys = this.keys;
    let place = this.size++;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const above = load<u64>(keys + ((<usize>parent) << 3));
      if (above >= key) break;
      store<u64>(keys + ((<usize>place) << 3), above);
      place = parent;
    }
    store<u64>(keys + ((<usize>place) << 3), key);
  }

  /** Adds a key at the end; after the last one `order` must be called. */
  @inline
  append(key: u64): void {
    this.put(this.size++, key);
  }

  /** Makes a heap of what was appended: Floyd, "Algorithm 245: treesort 3", Communications of the ACM 7 (1964). */
  order(): void {
    if (this.size < 2) return;
    for (let place = (this.size - 2) >> 2; place != ~0; place--) this.siftDown(place, this.at(place));
  }

  /** Puts `key` into the free `place` or below it, by moving greater children up. */
  private siftDown(place: u32, key: u64): void {
    const keys = this.keys;
    const size = this.size;
    let first = (place << 2) + 1;
    while (first + 4 <= size) {
      const at = keys + ((<usize>first) << 3);
      const key0 = load<u64>(at);
      const key1 = load<u64>(at, 8);
      const key2 = load<u64>(at, 16);
      const key3 = load<u64>(at, 24);
      const left = key1 > key0;
      const right = key3 > key2;
      const leftKey = select<u64>(key1, key0, left);
      const rightKey = select<u64>(key3, key2, right);
      const isRight = rightKey > leftKey;
      const greatest = select<u64>(rightKey, leftKey, isRight);
      if (greatest <= key) break;
      store<u64>(keys + ((<usize>place) << 3), greatest);
      place = first + select<u32>(2 + <u32>right, <u32>left, isRight);
      first = (place << 2) + 1;
    }
    if (first < size && first + 4 > size) place = this.siftDownLast(place, key, first);
    this.put(place, key);
  }

  /** An iteration of `siftDown` for the one place that has fewer than four children. */
  private siftDownLast(place: u32, key: u64, first: u32): u32 {
    let greatest = first;
    for (let child = first + 1; child < this.size; child++) {
      if (this.at(child) > this.at(greatest)) greatest = child;
    }
    if (this.at(greatest) <= key) return place;
    this.put(place, this.at(greatest));
    return greatest;
  }

  /** Is true when no key is above its parent's. */
  isValid(): bool {
    for (let place: u32 = 1; place < this.size; place++) {
      const parent = (place - 1) >> 2;
      if (parent >= this.first && this.at(parent) < this.at(place)) return false;
    }
    return this.size <= this.room;
  }
}
