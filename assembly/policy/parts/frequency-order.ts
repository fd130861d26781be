/**
 * Resident pages in the order of their frequencies, for experts that evict the least frequent page: of equally frequent
 * ones the page requested longest ago or, with `latestFirst`, last. Pages of a low frequency are in a list for each, in the
 * order of their requests; the others are in a heap.
 *
 *   filled   0 1 0 1 1 0 …        the lists that may have pages, a bit each
 *              │   │ └─ 4         front of each list: requested last
 *              │   └─ 3                                                             LISTS and more
 *              1                                                                         heap
 *
 *   63        32 31         0
 *   ├ previous ─┼── next ───┤     a slot's word: its links in a list, list n begins at word `count + n`;
 *   ├──────── usage ────────┤     otherwise its usage, which remains after the page was removed
 *
 * Every operation on a list takes constant time. Hits on pages of the heap change their words only: ranks there never fall,
 * so the heap is updated when the page is at its top, and all other ranks in it are lower bounds.
 */
import { allocate, make } from "../../core/arena";
import { DEBUG } from "../../core/checks";
import { Heap } from "../../core/heap";
import { Slots } from "../slots";
import { Usage } from "./usage";

/** Frequencies below this have lists; few in debug builds, so that tests reach the heap. */
const LISTS: u32 = DEBUG ? 4 : 32;
/** Added to a frequency: the place of a page that is in its list, beyond all places of the heap. */
const LISTED: u32 = 0x80000000;
const PREVIOUS: usize = 4;

@final
@unmanaged
export class FrequencyOrder {
  private heap: Heap;
  private places: usize; // of the heap: u32 per slot
  private words: usize;
  private count: u32;
  private filled: u32;
  /** The bits in which a usage and its rank in the heap differ. */
  private flip: u64;

  /** For at most `capacity` of the slots at once; null when memory is out. */
  static create(slots: Slots, capacity: u32, latestFirst: bool): FrequencyOrder {
    const nothing = changetype<FrequencyOrder>(0);
    const order = make<FrequencyOrder>();
    if (changetype<usize>(order) == 0) return nothing;
    order.count = slots.count;
    order.flip = latestFirst ? Usage.LATEST_FIRST : 0;
    order.heap = Heap.create(slots.count, capacity);
    order.words = allocate((<u64>slots.count + LISTS) << 3);
    if (changetype<usize>(order.heap) == 0 || order.words == 0) return nothing;
    order.places = order.heap.placeOf;
    for (let list: u32 = 0; list < LISTS; list++) order.join(order.sentinel(list), order.sentinel(list));
    return order;
  }

  /** A request at `time` for the resident page of `slot`. */
  @inline
  request(slot: u32, time: u64): void {
    const place = load<u32>(this.place(slot));
    if (place < LISTED) store<u64>(this.word(slot), Usage.again(load<u64>(this.word(slot)), time));
    else {
      this.unlink(slot);
      this.add(slot, place - LISTED + 1, time);
    }
  }

  /** Adds the page of `slot`, whose last request is the latest of all. */
  @inline
  add(slot: u32, frequency: u64, time: u64): void {
    if (frequency < LISTS) this.link(slot, <u32>frequency);
    else this.addToHeap(slot, Usage.of(frequency, time));
  }

  private addToHeap(slot: u32, usage: u64): void {
    store<u64>(this.word(slot), usage);
    this.heap.add(slot, this.flip != 0 ? Usage.of(Usage.frequency(usage), 0) : usage);
  }

  /** Removes the page of `slot`. Its usage is then its frequency, and `time`. */
  @inline
  remove(slot: u32, time: u64): void {
    const place = load<u32>(this.place(slot));
    let frequency = <u64>(place - LISTED);
    if (place >= LISTED) this.unlink(slot);
    else {
      frequency = Usage.frequency(this.usage(slot));
      this.heap.remove(slot);
    }
    store<u64>(this.word(slot), Usage.of(frequency, time));
  }

  /** The usage of a page that was removed last. */
  @inline
  usage(slot: u32): u64 {
    return load<u64>(this.word(slot));
  }

  /** The first page of this order; there must be one. */
  @inline
  first(): u32 {
    for (let filled = this.filled; filled != 0; filled &= filled - 1) {
      const list = this.sentinel(ctz(filled));
      const slot = this.flip != 0 ? this.next(list) : this.previous(list);
      if (slot == list) continue;
      this.filled = filled;
      return slot;
    }
    this.filled = 0;
    return this.firstOfHeap();
  }

  private firstOfHeap(): u32 {
    const heap = this.heap;
    let slot = heap.top();
    for (let rank = this.rank(slot); rank != heap.topRank(); rank = this.rank(slot)) {
      heap.increaseTop(rank);
      slot = heap.top();
    }
    return slot;
  }

  /** The rank of a page in the heap as it is now. */
  @inline
  private rank(slot: u32): u64 {
    return this.usage(slot) ^ this.flip;
  }

  @inline
  private place(slot: u32): usize {
    return this.places + ((<usize>slot) << 2);
  }

  @inline
  private word(slot: u32): usize {
    return this.words + ((<usize>slot) << 3);
  }

  @inline
  private sentinel(list: u32): u32 {
    return this.count + list;
  }

  @inline
  private next(slot: u32): u32 {
    return load<u32>(this.word(slot));
  }

  @inline
  private previous(slot: u32): u32 {
    return load<u32>(this.word(slot), PREVIOUS);
  }

  @inline
  private join(before: u32, after: u32): void {
    store<u32>(this.word(before), after);
    store<u32>(this.word(after), before, PREVIOUS);
  }

  /** Puts `slot` at the front of list `frequency`. */
  @inline
  private link(slot: u32, frequency: u32): void {
    const sentinel = this.sentinel(frequency);
    const after = this.next(sentinel);
    this.join(sentinel, slot);
    this.join(slot, after);
    store<u32>(this.place(slot), LISTED + frequency);
    this.filled |= (<u32>1) << frequency;
  }

  @inline
  private unlink(slot: u32): void {
    this.join(this.previous(slot), this.next(slot));
  }

  /** Is true when it has `pages` pages, all resident, each in the place that its frequency gives it. */
  isValid(slots: Slots, pages: u32): bool {
    const heap = this.heap;
    let found = heap.size;
    for (let list: u32 = 0; list < LISTS && found <= pages; list++)
      found += this.listLength(slots, list, pages);
    for (let place: u32 = 0; place < heap.size; place++) {
      const slot = heap.slotAt(place);
      if (!slots.isResident(slot) || heap.rankAt(place) > this.rank(slot)) return false;
      if (Usage.frequency(this.usage(slot)) < LISTS) return false;
    }
    return found == pages && heap.isValid();
  }

  /** The number of pages in a list; more than `limit` when it is not sound. */
  private listLength(slots: Slots, list: u32, limit: u32): u32 {
    const sentinel = this.sentinel(list);
    let length: u32 = 0;
    let before = sentinel;
    for (let slot = this.next(sentinel); slot != sentinel; slot = this.next(slot)) {
      const isHere = slots.isResident(slot) && load<u32>(this.place(slot)) == LISTED + list;
      if (!isHere || this.previous(slot) != before || ++length > limit) return limit + 1;
      before = slot;
    }
    const isKnown = length == 0 || (this.filled & ((<u32>1) << list)) != 0;
    return isKnown && this.previous(sentinel) == before ? length : limit + 1;
  }
}
