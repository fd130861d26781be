/**
 * LRU stack distances (Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
 * Journal 9, 1970): how deep a page lies in the stack of all pages, the one requested last on top, at depth 1. LRU with
 * f frames misses exactly where the depth is more than f, so one pass tells the misses of every f.
 *
 * Each request takes the next position; a page's mark stands at the position of its last request, so the marks from
 * there on are the pages above it and itself.
 *
 *   positions   0 ──────────────── last(page) ─────────── next        capacity
 *   marks          1  .  .  1  .  . 1  .  1  1  .  1  1 │ (unused: all 1)
 *                                   └──── depth: 6 ─────┘
 *
 * When positions run out, the pages are packed in order onto the first ones, over twice as many if they fill half:
 * memory is bounded by distinct pages, and packing costs less than a request for each position won.
 *
 * What differs from Olken's tree: positions are kept apart from the keys, so nothing is balanced and nothing freed.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Ids } from "../core/ids";
import { LEAST_POSITIONS, Marks } from "./marks";

const MOST_POSITIONS: u32 = 1 << 31;
const FIRST_PAGES: u32 = 4096;

/** Depth of a page that is not in the stack, and of one for which there was no memory. */
export const COLD: u32 = 0;
export const NO_MEMORY: u32 = NONE;

@final
@unmanaged
export class StackDistances {
  /** Pages in the stack. */
  live: u32;
  private ids: Ids;
  /** Position of each page's last request plus one, u32 by id; 0: not in the stack. */
  private last: usize;
  private room: u32;
  private marks: Marks;
  private next: u32;

  /** Null when memory is out. */
  static create(): StackDistances {
    const nothing = changetype<StackDistances>(0);
    const distances = make<StackDistances>();
    if (changetype<usize>(distances) == 0) return nothing;
    distances.ids = Ids.create();
    distances.marks = Marks.create(LEAST_POSITIONS);
    distances.last = allocate(FIRST_PAGES << 2);
    distances.room = FIRST_PAGES;
    if (changetype<usize>(distances.ids) == 0 || distances.last == 0) return nothing;
    return changetype<usize>(distances.marks) == 0 ? nothing : distances;
  }

  /** Reads the bucket that a request for the page of this hash wants first, so that it comes near; any number. */
  @inline
  peek(hash: u32): u32 {
    return this.ids.peek(hash);
  }

  /** The number by which `touch` knows a page, below `NO_MEMORY`, or that. */
  @inline
  number(key: u64, hash: u32): u32 {
    const id = this.ids.of(key, hash);
    return id < this.room || this.widen(id) ? id : NO_MEMORY;
  }

  /** As `peek`, for the position of page number `id`. */
  @inline
  peekPosition(id: u32): u32 {
    return load<u32>(this.last + ((<usize>id) << 2));
  }

  /** Puts page number `id` on top of the stack; the depth at which it was, or `COLD`, or `NO_MEMORY`. */
  @inline
  touch(id: u32): u32 {
    if (this.next == this.marks.capacity && !this.pack()) return NO_MEMORY;
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

  /** Takes a page out of the stack that is in it. */
  remove(id: u32): void {
    const place = this.last + ((<usize>id) << 2);
    this.marks.clear(load<u32>(place) - 1);
    store<u32>(place, 0);
    this.live--;
  }

  /** Makes room for the page of this id; false when memory is out. */
  private widen(id: u32): bool {
    if (id == NONE) return false;
    const room = this.room << 1;
    const last = allocate((<u64>room) << 2);
    if (last == 0) return false;
    memory.copy(last, this.last, this.room << 2);
    this.last = last;
    this.room = room;
    return true;
  }

  /** Packs the pages onto the first positions, in their order; false when memory is out. */
  private pack(): bool {
    const marks = this.marks;
    const end = this.last + ((<usize>this.ids.count) << 2);
    for (let place = this.last; place < end; place += 4) {
      const last = load<u32>(place);
      if (last != 0) store<u32>(place, marks.before(last - 1) + 1);
    }
    this.next = this.live;
    if (this.live <= marks.capacity >> 1) {
      marks.markAll();
      return true;
    }
    if (marks.capacity == MOST_POSITIONS) return false;
    this.marks = Marks.create(marks.capacity << 1);
    return changetype<usize>(this.marks) != 0;
  }

  /** Has every page in the stack a mark at a position taken up, and has no other position one? Walks all. */
  isValid(): bool {
    const marks = this.marks;
    if (!marks.isValid() || this.next > marks.capacity) return false;
    let found: u32 = 0;
    for (let id: u32 = 0; id < this.ids.count; id++) {
      const last = load<u32>(this.last + ((<usize>id) << 2));
      if (last == 0) continue;
      if (last > this.next || !marks.isMarked(last - 1)) return false;
      found++;
    }
    const marked = this.next == 0 ? 0 : marks.before(this.next - 1) + <u32>marks.isMarked(this.next - 1);
    return found == this.live && marked == this.live;
  }
}
