/**
 * LRU-K: evicts the page whose K-th last request lies furthest back. Pages with fewer than K requests are evicted first; of
 * those, the one requested longest ago. O'Neil, O'Neil and Weikum, "The LRU-K page replacement algorithm for database disk
 * buffering", SIGMOD (1993), figure 2.1.
 *
 *   0           8                    8k + 8
 *   ├ last u64 ─┼ hist 1 ─┼ … hist k ┤     a slot's times: its last request, and its last k uncorrelated ones; 0: none
 *
 * Requests closer together than `correlated` count as one, and a page is not evicted while such a period lasts. A page's
 * times are kept for a while after its eviction.
 *
 *   recent ──> front ─> … ─> back       pages whose period of correlation may last, by last request
 *   heap                                pages that may be evicted; times only grow, so it is updated only at its top
 *   ghosts ──> front ─> … ─> back       the back is dropped first
 *
 * Differences: `retained` bounds the number of ghosts, as a share of the frames, not their time. Time is counted in
 * requests. When the period of every page lasts, the page requested longest ago is evicted. An unknown time stays unknown
 * when a period of correlation moves the others.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { Heap } from "../../core/heap";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";
import { GhostQueue } from "../parts/ghost-queue";

/** The lists, after the slots; a mark of 1 means that a resident page is in `recent`. */
const RECENT: u32 = 0;
const GHOSTS: u32 = 1;
const IN_RECENT: u32 = 1;
/** Set in the ranks of pages with K requests. */
const KNOWN: u64 = 1 << 63;

@final
@unmanaged
export class LruK extends FixedPolicy {
  private k: u32;
  private correlated: u64;
  private retained: f64;
  private heap: Heap;
  private times: usize;
  /** Bytes of a slot's times. */
  private stride: usize;
  /** Requests so far. */
  private now: u64;
  private ghosts: GhostQueue;

  create(capacity: u32, parameters: usize): bool {
    this.k = <u32>load<f64>(parameters);
    this.correlated = <u64>load<f64>(parameters, 8);
    this.retained = load<f64>(parameters, 16);
    this.stride = (<usize>this.k + 1) << 3;
    if (!this.createSlots(capacity, <u64>(this.retained * <f64>capacity) + 1, 2)) return false;
    this.ghosts = GhostQueue.create(this.slots, GHOSTS);
    this.heap = Heap.create(this.slots.count, this.slots.count);
    this.times = allocate(<u64>this.slots.count * this.stride);
    return changetype<usize>(this.ghosts) != 0 && changetype<usize>(this.heap) != 0 && this.times != 0;
  }

  @inline
  private at(slot: u32): usize {
    return this.times + <usize>slot * this.stride;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const at = this.at(slot);
    const last = load<u64>(at);
    const now = ++this.now;
    if (now - last > this.correlated) this.shift(at, last - load<u64>(at, 8), now);
    store<u64>(at, now);
    if (this.correlated > 0) this.touch(slot);
  }

  /** Shifts the times at a new uncorrelated request; the period of correlation before it counts as a moment. */
  @inline
  private shift(at: usize, period: u64, now: u64): void {
    for (let hist = at + ((<usize>this.k) << 3); hist > at + 8; hist -= 8) {
      const later = load<u64>(hist - 8);
      store<u64>(hist, later == 0 ? 0 : later + period);
    }
    store<u64>(at, now, 8);
  }

  private touch(slot: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == IN_RECENT) List.moveToFront(slots.nodes, slots.count + RECENT, slot);
    else {
      slots.setMark(slot, IN_RECENT);
      List.insertAfter(slots.nodes, slots.count + RECENT, slot);
    }
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.now++;
    this.ghosts.request(slot);
  }

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    if (this.correlated > 0) this.expirePeriods();
    const victim = this.choose();
    this.ghosts.remember(victim, <u32>(this.retained * <f64>this.capacity));
    return victim;
  }

  /** Moves pages whose period of correlation is over from `recent` to the heap. */
  private expirePeriods(): void {
    const slots = this.slots;
    const recent = slots.count + RECENT;
    while (true) {
      const page = List.back(slots.nodes, recent);
      if (page == recent || this.now - load<u64>(this.at(page)) <= this.correlated) return;
      List.remove(slots.nodes, page);
      slots.setMark(page, 0);
      if (!this.heap.has(page)) this.heap.add(page, this.rank(page));
    }
  }

  private choose(): u32 {
    const slots = this.slots;
    const heap = this.heap;
    while (heap.size > 0) {
      const page = heap.top();
      const rank = this.rank(page);
      if (slots.mark(page) != IN_RECENT && rank != heap.topRank()) heap.increaseTop(rank);
      else {
        heap.removeTop();
        if (slots.mark(page) != IN_RECENT) return page;
      }
    }
    const page = List.back(slots.nodes, slots.count + RECENT);
    List.remove(slots.nodes, page);
    slots.setMark(page, 0);
    return page;
  }

  @inline
  private rank(slot: u32): u64 {
    const at = this.at(slot);
    const hist = load<u64>(at + ((<usize>this.k) << 3));
    return hist == 0 ? load<u64>(at) : hist | KNOWN;
  }

  insert(slot: u32, _kind: u32): void {
    const at = this.at(slot);
    if (this.slots.isGhost(slot)) {
      this.ghosts.remove(slot);
      this.shift(at, 0, this.now);
    } else {
      memory.fill(at, 0, this.stride);
      store<u64>(at, this.now, 8);
    }
    store<u64>(at, this.now);
    if (this.correlated > 0) this.touch(slot);
    else this.heap.add(slot, this.rank(slot));
  }

  remove(slot: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == IN_RECENT) List.remove(slots.nodes, slot);
    if (this.heap.has(slot)) this.heap.remove(slot);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const heap = this.heap;
    const recent = slots.count + RECENT;
    if (this.ghosts.length != slots.ghosts || !this.ghosts.isValid(IN_RECENT, 0)) return false;
    let pages = List.length(slots.nodes, recent, slots.residents);
    for (let page = List.front(slots.nodes, recent); page != recent; page = List.next(slots.nodes, page)) {
      if (slots.mark(page) != IN_RECENT || !slots.isResident(page)) return false;
    }
    for (let place: u32 = 0; place < heap.size; place++) {
      const page = heap.slotAt(place);
      if (!slots.isResident(page) || heap.rankAt(place) > this.rank(page)) return false;
      if (slots.mark(page) != IN_RECENT) pages++;
    }
    return pages == slots.residents && heap.isValid();
  }
}
