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
 * Differences from Olken's tree: positions are separate from the pages, so nothing is balanced and nothing is freed. Pages
 * have dense numbers.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Marks, MIN_POSITIONS } from "./marks";

const MAX_POSITIONS: u32 = 1 << 31;
const FIRST_PAGES: u32 = 4096;

/** The depth of a page that is not in the stack, and the result when memory is out. */
export const COLD: u32 = 0;
export const NO_MEMORY: u32 = NONE;

@final
@unmanaged
export class StackDistances {
  /** Pages in the stack. */
  live: u32;
  /** The position of each page's last request plus one, u32 by its number; 0: not in the stack. */
  private last: usize;
  private capacity: u32;
  private marks: Marks;
  private next: u32;

  /** Null when memory is out. */
  static create(): StackDistances {
    const nothing = changetype<StackDistances>(0);
    const distances = make<StackDistances>();
    if (changetype<usize>(distances) == 0) return nothing;
    distances.marks = Marks.create(MIN_POSITIONS);
    distances.last = allocate(FIRST_PAGES << 2);
    distances.capacity = FIRST_PAGES;
    return distances.last == 0 || changetype<usize>(distances.marks) == 0 ? nothing : distances;
  }

  /** Makes room for the pages below number `count`; false when memory is out. */
  @inline
  reach(count: u32): bool {
    return count <= this.capacity || this.grow(max(count, this.capacity << 1));
  }

  /** Reads the position of page number `id` to prefetch it; an arbitrary number. */
  @inline
  peek(id: u32): u32 {
    return load<u32>(this.last + ((<usize>id) << 2));
  }

  /** Moves page number `id` to the top of the stack; its old depth, `COLD`, or `NO_MEMORY`. */
  @inline
  touch(id: u32): u32 {
    if (this.next == this.marks.capacity && !this.compact()) return NO_MEMORY;
    const place = this.last + ((<usize>id) << 2);
    const last = load<u32>(place);
    store<u32>(place, ++this.next);
    if (last == 0) {
      this.live++;
      return COLD;
    }
    const depth = this.live - this.marks.before(last - 1);
    this.marks.clear(last - 1);
    return depth;
  }

  /** Removes a page, which is in the stack. */
  remove(id: u32): void {
    const place = this.last + ((<usize>id) << 2);
    this.marks.clear(load<u32>(place) - 1);
    store<u32>(place, 0);
    this.live--;
  }

  private grow(capacity: u32): bool {
    const last = allocate((<u64>capacity) << 2);
    if (last == 0) return false;
    memory.copy(last, this.last, (<usize>this.capacity) << 2);
    this.last = last;
    this.capacity = capacity;
    return true;
  }

  /** Compacts the pages to the first positions, in order; false when memory is out. */
  private compact(): bool {
    const marks = this.marks;
    const end = this.last + ((<usize>this.capacity) << 2);
    for (let place = this.last; place < end; place += 4) {
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
    for (let id: u32 = 0; id < this.capacity; id++) {
      const last = load<u32>(this.last + ((<usize>id) << 2));
      if (last == 0) continue;
      if (last > this.next || !marks.isMarked(last - 1)) return false;
      found++;
    }
    const marked = this.next == 0 ? 0 : marks.before(this.next - 1) + <u32>marks.isMarked(this.next - 1);
    return found == this.live && marked == this.live;
  }
}
