/**
 * LFU with dynamic aging: a page's key is the number of its requests plus the cache's age at the last of them. The page
 * with the least key is evicted, and the age becomes that key, so that formerly popular pages do not stay for ever.
 * Arlitt, Cherkasova, Dilley, Friedrich and Jin, "Evaluating content management techniques for web proxy caches", WISP
 * (1999).
 *
 * GreedyDual-Size-Frequency, Cherkasova, "Improving WWW proxies performance with GreedyDual-Size-Frequency caching
 * policy", HP Labs technical report HPL-98-69R1 (1998), divides by size what LFU-DA counts: with pages, all of one
 * size and cost, it is this policy.
 *
 *   63      32 31       0
 *   ├── key ──┼── turn ─┤     a rank: of equal keys the one requested longest ago is evicted
 *
 * A key only grows, so the heap is updated only when the page is at its top; all other ranks in it are lower bounds. A new
 * page takes the victim's place there, near which it stays.
 *
 * Differences: the papers leave ties open. Every 2³² requests `renormalize` makes keys and turns small again; this loses
 * only the order of pages that were not requested during the last 2³¹.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { DEBUG } from "../../core/checks";
import { Heap } from "../../core/heap";
import { FixedPolicy } from "../contract";

/** Turns between two calls of `renormalize`; few in debug builds, so that tests reach one. */
const TURNS: u32 = DEBUG ? 1 << 13 : 0xffffffff;
const MAX_U32: u64 = 0xffffffff;

/** A slot's record: ├ rank u64 ┼ requests u64 ┤ */
const REQUESTS: usize = 8;

@final
@unmanaged
export class Lfuda extends FixedPolicy {
  private heap: Heap;
  private records: usize;
  /** The cache's age: the greatest key of a victim so far. */
  private age: u64;
  private turn: u32;
  /** The top of the heap was evicted, and no page has taken its place yet. */
  private isVacant: bool;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.heap = Heap.create(capacity, capacity);
    this.records = allocate((<u64>capacity) << 4);
    this.ahead = this.records; // each as long as a slot's entry
    return changetype<usize>(this.heap) != 0 && this.records != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.count(slot, load<u64>(this.records + ((<usize>slot) << 4), REQUESTS) + 1);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    const heap = this.heap;
    this.closeTop();
    let victim = heap.top();
    for (let rank = this.rank(victim); rank != heap.topRank(); rank = this.rank(victim)) {
      heap.increaseTop(rank);
      victim = heap.top();
    }
    this.age = heap.topRank() >> 32;
    this.isVacant = true;
    this.slots.free(victim);
    return victim;
  }

  /** Removes the top that was evicted, if no page has taken its place. */
  @inline
  private closeTop(): void {
    if (this.isVacant) this.heap.removeTop();
    this.isVacant = false;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.count(slot, 1);
    if (this.isVacant) this.heap.replaceTop(slot, this.rank(slot));
    else this.heap.add(slot, this.rank(slot));
    this.isVacant = false;
  }

  /** Records the number of requests for the page of `slot`. */
  @inline
  private count(slot: u32, requests: u64): void {
    if (this.turn == TURNS) this.renormalize();
    this.turn++;
    const at = this.records + ((<usize>slot) << 4);
    store<u64>(at, (min(requests + this.age, MAX_U32) << 32) | this.turn);
    store<u64>(at, requests, REQUESTS);
  }

  @inline
  private rank(slot: u32): u64 {
    return load<u64>(this.records + ((<usize>slot) << 4));
  }

  /** Subtracts the age from every key, which is at least as large, and half of the turns from every turn. */
  private renormalize(): void {
    const heap = this.heap;
    this.closeTop();
    for (let place: u32 = 0; place < heap.size; place++) {
      const slot = heap.slotAt(place);
      heap.setRankAt(place, this.renormalized(heap.rankAt(place)));
      store<u64>(this.records + ((<usize>slot) << 4), this.renormalized(this.rank(slot)));
    }
    this.age = 0;
    this.turn -= TURNS >> 1;
  }

  @inline
  private renormalized(rank: u64): u64 {
    const turn = rank & MAX_U32;
    const dropped = <u64>(TURNS >> 1);
    return (((rank >> 32) - this.age) << 32) | (turn > dropped ? turn - dropped : 0);
  }

  remove(slot: u32): void {
    this.heap.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const heap = this.heap;
    const first: u32 = this.isVacant ? 1 : 0;
    for (let place = first; place < heap.size; place++) {
      const slot = heap.slotAt(place);
      const rank = heap.rankAt(place);
      if (!slots.isResident(slot) || rank > this.rank(slot) || rank >> 32 < this.age) return false;
    }
    return slots.ghosts == 0 && heap.size - first == slots.residents && heap.isValid();
  }
}
