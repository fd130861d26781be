/**
 * LRU with several numbers of frames at once. LRU is a stack algorithm: a smaller memory holds a part of what a larger one
 * holds (Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage hierarchies", IBM Systems Journal 9, 1970).
 * So one list of pages by their last requests serves every size, and a size is a boundary in it:
 *
 *   positions   1 ────────────────────────────────────────────────> next    capacity
 *   live           .  1  .  1  1  .  1  .  1  1  .  1  1  1  .  1  1 │ (unused: all 1)
 *   boundaries        ^ of 10 frames       ^ of 7           ^ of 3
 *
 * Each request takes the next position. A page's last position is live, its earlier ones are not. A size misses when the
 * last position lies before its boundary; it then evicts the first live page from there on, and the boundary moves behind
 * that. So a request costs a hit in the largest of the smaller sizes nothing more than a compare, and an eviction a search
 * in a bit set. When positions run out, the pages of the largest size are compacted to the first ones.
 *
 * Dirty pages as in Thompson and Smith, "Efficient (stack) algorithms for analysis of write-back and sector memories", ACM
 * Transactions on Computer Systems 7 (1989): a page that is dirty in one size is so in all larger ones, thus a number a page
 * is enough.
 *
 * Differences: boundaries are kept as requests come, where Mattson and others count distances in the stack and sum them up
 * at the end. So the counters are complete after each step.
 */
import { KIND_STORE } from "../abi/core";
import { PAGES_BYTES, PAGES_EVICTIONS, PAGES_MISSES, PAGES_WRITEBACKS } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { powerOfTwoFrom } from "../core/hash";
import { Requests } from "./requests";
import { FIRST_PAGES, SizesEngine, serveStep, WINDOW } from "./sizes-engine";

const LEAST_POSITIONS: u64 = 16384;
const MOST_POSITIONS: u64 = 1 << 31;

// A size: ├ boundary u32 ┼ frames left u32 ┤
const SIZE_SHIFT: usize = 3;
const LEFT: usize = 4;

@final
@unmanaged
export class LruStack extends SizesEngine {
  /** Sizes by ascending numbers of frames. */
  private sizes: usize;
  /** The next position; position 0 is that of pages without a request. */
  private next: u32;
  private capacity: u32;
  private pages: usize; // page numbers u32 by position
  private live: usize; // a bit a position
  private last: usize; // positions u32 by page number
  /** By page number: 0 if the page is clean, else one more than the first size in which it is dirty. */
  private dirty: usize; // u8
  private anyStore: bool;
  /** Uses what is read ahead, so that the compiler keeps the reads. */
  sink: u32;

  /** `frames`: `count` numbers of frames, u32 each, ascending; at most `MOST_SIZES`. `counters`: where each counts. */
  static create(source: Requests, frames: usize, count: u32, counters: usize): LruStack {
    const nothing = changetype<LruStack>(0);
    const stack = make<LruStack>();
    if (changetype<usize>(stack) == 0 || counters == 0 || !source.numberPages()) return nothing;
    stack.source = source;
    stack.count = count;
    stack.next = 1;
    stack.counters = counters;
    stack.sizes = allocate((<u64>count) << SIZE_SHIFT);
    if (stack.sizes == 0) return nothing;
    for (let size: u32 = 0; size < count; size++) {
      const at = stack.sizes + ((<usize>size) << SIZE_SHIFT);
      store<u32>(at, 1);
      store<u32>(at, load<u32>(frames + ((<usize>size) << 2)), LEFT);
    }
    // At least half of the positions are free after a compaction.
    const most = <u64>load<u32>(frames + ((<usize>(count - 1)) << 2));
    const capacity = max(powerOfTwoFrom((most + WINDOW) << 1), LEAST_POSITIONS);
    if (capacity > MOST_POSITIONS) return nothing;
    stack.capacity = <u32>capacity;
    stack.pages = allocate(capacity << 2);
    stack.live = allocate(capacity >> 3);
    if (stack.pages == 0 || stack.live == 0) return nothing;
    memory.fill(stack.live, 0xff, <usize>(capacity >> 3));
    return stack.reach(max(source.expected, FIRST_PAGES)) ? stack : nothing;
  }

  /** Serves the requests of the source's step; a status. */
  run(): u32 {
    return serveStep<LruStack>(this);
  }

  @inline
  beginWindow(): void {
    if (this.next + WINDOW > this.capacity) this.compact();
  }

  reach(pages: u32): bool {
    const last = allocate((<u64>pages) << 2);
    const dirty = allocate(pages);
    if (last == 0 || dirty == 0) return false;
    memory.copy(last, this.last, (<usize>this.known) << 2);
    memory.copy(dirty, this.dirty, this.known);
    this.last = last;
    this.dirty = dirty;
    this.known = pages;
    return true;
  }

  @inline
  readAhead(start: u32, end: u32): void {
    const to = this.source.numbers + ((<usize>end) << 2);
    let sum: u32 = 0;
    for (let at = this.source.numbers + ((<usize>start) << 2); at < to; at += 4) {
      sum += load<u32>(this.last + ((<usize>load<u32>(at)) << 2));
    }
    this.sink = sum;
  }

  @inline
  serve(start: u32, end: u32): void {
    const source = this.source;
    const lasts = this.last;
    const pages = this.pages;
    const sizes = this.sizes;
    const kinds = source.kinds;
    let next = this.next;
    let number = source.numbers + ((<usize>start) << 2);
    for (let kind = kinds + start; kind < kinds + end; kind++, number += 4, next++) {
      const page = load<u32>(number);
      const place = lasts + ((<usize>page) << 2);
      const last = load<u32>(place);
      store<u32>(place, next);
      store<u32>(pages + ((<usize>next) << 2), page);
      this.clear(last);
      if (last < load<u32>(sizes)) this.miss(last);
      if (<u32>load<u8>(kind) >= <u32>KIND_STORE) this.markDirty(page);
    }
    this.next = next;
  }

  @inline
  private markDirty(page: u32): void {
    this.anyStore = true;
    store<u8>(this.dirty + page, 1);
  }

  @inline
  private clear(position: u32): void {
    const word = this.live + ((position >> 6) << 3);
    store<u64>(word, load<u64>(word) & ~((<u64>1) << (position & 63)));
  }

  /** A request for a page whose last position lies before the first boundary, and perhaps before others. */
  private miss(last: u32): void {
    const end = this.sizes + ((<usize>this.count) << SIZE_SHIFT);
    let counters = this.counters;
    for (let size = this.sizes; size < end && last < load<u32>(size); size += 1 << SIZE_SHIFT) {
      store<u64>(counters, load<u64>(counters, PAGES_MISSES) + 1, PAGES_MISSES);
      const left = load<u32>(size, LEFT);
      if (left > 0) store<u32>(size, left - 1, LEFT);
      else this.evict(size, counters);
      counters += PAGES_BYTES;
    }
  }

  /** Moves a boundary behind the first live position. */
  @inline
  private evict(size: usize, counters: usize): void {
    const victim = this.firstFrom(load<u32>(size));
    store<u32>(size, victim + 1);
    store<u64>(counters, load<u64>(counters, PAGES_EVICTIONS) + 1, PAGES_EVICTIONS);
    if (this.anyStore) this.clean(load<u32>(this.pages + ((<usize>victim) << 2)), size, counters);
  }

  /** The first live position from `position` on; there is one. */
  @inline
  private firstFrom(position: u32): u32 {
    let word = position >> 6;
    let bits = load<u64>(this.live + (word << 3)) & (u64.MAX_VALUE << (position & 63));
    while (bits == 0) bits = load<u64>(this.live + (++word << 3));
    return (word << 6) + <u32>ctz<u64>(bits);
  }

  /** Counts the page as written if it is dirty in the size that evicts it. It stays dirty in the larger ones. */
  private clean(page: u32, size: usize, counters: usize): void {
    const number = <u32>((size - this.sizes) >> SIZE_SHIFT) + 1;
    const first = <u32>load<u8>(this.dirty + page);
    if (first == 0 || first > number) return;
    store<u64>(counters, load<u64>(counters, PAGES_WRITEBACKS) + 1, PAGES_WRITEBACKS);
    store<u8>(this.dirty + page, number == this.count ? 0 : number + 1);
  }

  /** Compacts the pages of the largest size to the first positions, in order, and forgets the others. */
  private compact(): void {
    const low = this.boundary(this.count - 1);
    for (let size: u32 = 0; size < this.count; size++) {
      const boundary = this.boundary(size);
      store<u32>(this.sizes + ((<usize>size) << SIZE_SHIFT), 1 + this.liveIn(low, boundary));
    }
    let to: u32 = 1;
    for (let position: u32 = 1; position < this.next; position++) {
      if (!this.isLive(position)) continue;
      const page = this.pageAt(position);
      store<u32>(this.last + ((<usize>page) << 2), position < low ? 0 : to);
      if (position < low) continue;
      store<u32>(this.pages + ((<usize>to) << 2), page);
      to++;
    }
    this.next = to;
    memory.fill(this.live, 0xff, this.capacity >> 3);
  }

  @inline
  private boundary(size: u32): u32 {
    return load<u32>(this.sizes + ((<usize>size) << SIZE_SHIFT));
  }

  @inline
  private isLive(position: u32): bool {
    return ((load<u64>(this.live + ((position >> 6) << 3)) >> (position & 63)) & 1) != 0;
  }

  @inline
  private pageAt(position: u32): u32 {
    return load<u32>(this.pages + ((<usize>position) << 2));
  }

  /** The number of live positions from `start` on and before `end`. */
  private liveIn(start: u32, end: u32): u32 {
    let count: u32 = 0;
    for (let at = start; at < end; at = (at | 63) + 1) {
      let bits = load<u64>(this.live + ((at >> 6) << 3)) & (u64.MAX_VALUE << (at & 63));
      if (end - (at & ~63) < 64) bits &= ((<u64>1) << (end & 63)) - 1;
      count += <u32>popcnt<u64>(bits);
    }
    return count;
  }

  /** Is true when a page's last position is its live one, and each size holds its pages. Walks all positions. */
  isValid(): bool {
    for (let position: u32 = 1; position < this.next; position++) {
      const last = load<u32>(this.last + ((<usize>this.pageAt(position)) << 2));
      if (this.isLive(position) != (last == position)) return false;
    }
    let above = this.next;
    for (let size: u32 = 0; size < this.count; size++) {
      const counters = this.countersOf(size);
      const residents = load<u64>(counters, PAGES_MISSES) - load<u64>(counters, PAGES_EVICTIONS);
      const boundary = this.boundary(size);
      if (boundary > above || this.liveIn(boundary, this.next) != <u32>residents) return false;
      above = boundary;
    }
    return true;
  }
}
