/**
 * LRU stack distances (Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
 * Journal 9, 1970): the depth of a page in the stack of all pages, with the one requested last on top, at depth 1. LRU
 * with f frames misses exactly when the depth is more than f, so one pass gives the misses for every f.
 *
 * Each request gets the next position. A page's mark is at the position of its last request, so the marks from there on
 * belong to the page and those above it.
 *
 *   positions   0 ──────────────── last(page) ─────────── next        capacity
 *   marks          1  .  .  1  .  . 1  .  1  1  .  1  1 │ (unused: all 1)
 *                                   └──── depth: 6 ─────┘
 *
 * When positions run out, the pages are compacted in order to the first positions, and the positions are doubled if more
 * than half are in use. So memory is bounded by the number of distinct pages, and compaction costs less than a request
 * for each position gained.
 *
 * Differences from Olken's tree: positions are separate from the keys, so nothing is balanced and nothing is freed.
 */
import { make } from "../core/arena";
import { Marks, MIN_POSITIONS } from "./marks";
import { COLD, NO_MEMORY, PageStack } from "./page-stack";

const MAX_POSITIONS: u32 = 1 << 31;

/** A page's place is the position of its last request plus one. */
@final
@unmanaged
export class StackDistances extends PageStack {
  /** Numbers of pages in use are below. */
  private used: u32;
  private marks: Marks;
  private next: u32;

  /** Null when memory is out. */
  static create(): StackDistances {
    const nothing = changetype<StackDistances>(0);
    const distances = make<StackDistances>();
    if (changetype<usize>(distances) == 0) return nothing;
    distances.marks = Marks.create(MIN_POSITIONS);
    return changetype<usize>(distances.marks) == 0 ? nothing : distances;
  }

  @inline
  peek(id: u32): u32 {
    return this.placeOf(id);
  }

  @inline
  touch(id: u32): u32 {
    if (this.next == this.marks.capacity && !this.compact()) return NO_MEMORY;
    const place = this.places + ((<usize>id) << 2);
    const last = load<u32>(place);
    store<u32>(place, ++this.next);
    if (last == 0) {
      this.live++;
      this.used = max(this.used, id + 1);
      return COLD;
    }
    const depth = this.live - this.marks.before(last - 1);
    this.marks.clear(last - 1);
    return depth;
  }

  /** Removes a page, which is in the stack. */
  remove(id: u32): void {
    const place = this.places + ((<usize>id) << 2);
    this.marks.clear(load<u32>(place) - 1);
    store<u32>(place, 0);
    this.live--;
  }

  /** Compacts the pages to the first positions, in order; false when memory is out. */
  private compact(): bool {
    const marks = this.marks;
    const end = this.places + ((<usize>this.used) << 2);
    for (let place = this.places; place < end; place += 4) {
      const last = load<u32>(place);
      if (last != 0) store<u32>(place, marks.before(last - 1) + 1);
    }
    this.next = this.live;
    if (this.live <= marks.capacity >> 1) {
      marks.markAll();
      return true;
    }
    if (marks.capacity == MAX_POSITIONS) return false;
    this.marks = Marks.create(marks.capacity << 1);
    return changetype<usize>(this.marks) != 0;
  }

  /**
   * Is true when every page in the stack has a mark at a used position, and no other used position has one. Walks all
   * pages.
   */
  isValid(): bool {
    const marks = this.marks;
    if (!marks.isValid() || this.next > marks.capacity) return false;
    let found: u32 = 0;
    for (let id: u32 = 0; id < this.used; id++) {
      const last = load<u32>(this.places + ((<usize>id) << 2));
      if (last == 0) continue;
      if (last > this.next || !marks.isMarked(last - 1)) return false;
      found++;
    }
    const marked = this.next == 0 ? 0 : marks.before(this.next - 1) + <u32>marks.isMarked(this.next - 1);
    return found == this.live && marked == this.live;
  }
}
