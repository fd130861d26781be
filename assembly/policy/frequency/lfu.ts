/**
 * Least frequently used: evicts the page with the fewest requests since it entered; among those, the one requested longest
 * ago. Every operation takes constant time, by a list of frequencies with a list of pages each: Shah, Mitra and Matani,
 * "An O(1) algorithm for implementing the LFU cache eviction scheme" (2010).
 *
 *   rising ──> 1 ──────> 2 ──────> 7          a bucket: a frequency that at least one page has
 *              │         │         │
 *             page      page      page        front of each list: requested last
 *
 * A bucket's node holds its frequency; the sentinel of its pages is slot `count + bucket`. Bucket 0 is the sentinel of the
 * buckets. There are never more buckets than resident pages.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List, NODE_BYTES } from "../../core/list";
import { FixedPolicy } from "../contract";

const SENTINEL: u32 = 0;

@final
@unmanaged
export class Lfu extends FixedPolicy {
  /** Nodes of the buckets, capacity + 2: the sentinel, and one more than pages while a page moves up. */
  private buckets: usize;
  /** The bucket of each resident slot, u32. */
  private bucketOf: usize;
  private unusedBucket: u32;
  /** Free buckets, linked through their `next`; SENTINEL ends the list. */
  private freeBucket: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, capacity + 2)) return false;
    this.buckets = allocate((<u64>capacity + 2) * NODE_BYTES);
    this.bucketOf = allocate((<u64>capacity) << 2);
    if (this.buckets == 0 || this.bucketOf == 0) return false;
    this.unusedBucket = SENTINEL + 1;
    this.freeBucket = SENTINEL;
    List.clear(this.buckets, SENTINEL);
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    const bucket = load<u32>(this.bucketOf + ((<usize>slot) << 2));
    const frequency = this.frequency(bucket) + 1;
    const next = List.next(this.buckets, bucket);
    const higher = this.frequency(next) == frequency ? next : this.addBucket(bucket, frequency);
    List.moveToFront(slots.nodes, slots.count + higher, slot);
    store<u32>(this.bucketOf + ((<usize>slot) << 2), higher);
    if (List.isEmpty(slots.nodes, slots.count + bucket)) this.dropBucket(bucket);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  evict(): u32 {
    const slots = this.slots;
    const bucket = List.front(this.buckets, SENTINEL);
    if (bucket == SENTINEL) return NONE;
    const victim = List.back(slots.nodes, slots.count + bucket);
    List.remove(slots.nodes, victim);
    if (List.isEmpty(slots.nodes, slots.count + bucket)) this.dropBucket(bucket);
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    const lowest = List.front(this.buckets, SENTINEL);
    const bucket = this.frequency(lowest) == 1 ? lowest : this.addBucket(SENTINEL, 1);
    List.insertAfter(slots.nodes, slots.count + bucket, slot);
    store<u32>(this.bucketOf + ((<usize>slot) << 2), bucket);
  }

  /** The frequency of a bucket; 0 for the sentinel. */
  @inline
  private frequency(bucket: u32): u64 {
    return load<u64>(this.buckets + ((<usize>bucket) << 4));
  }

  private addBucket(before: u32, frequency: u64): u32 {
    let bucket = this.freeBucket;
    if (bucket != SENTINEL) this.freeBucket = List.next(this.buckets, bucket);
    else bucket = this.unusedBucket++;
    store<u64>(this.buckets + ((<usize>bucket) << 4), frequency);
    List.insertAfter(this.buckets, before, bucket);
    List.clear(this.slots.nodes, this.slots.count + bucket);
    return bucket;
  }

  private dropBucket(bucket: u32): void {
    List.remove(this.buckets, bucket);
    List.setNext(this.buckets, bucket, this.freeBucket);
    this.freeBucket = bucket;
  }

  remove(slot: u32): void {
    const slots = this.slots;
    const bucket = load<u32>(this.bucketOf + ((<usize>slot) << 2));
    List.remove(slots.nodes, slot);
    if (List.isEmpty(slots.nodes, slots.count + bucket)) this.dropBucket(bucket);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    let pages: u32 = 0;
    let frequency: u64 = 0;
    for (
      let bucket = List.front(this.buckets, SENTINEL);
      bucket != SENTINEL;
      bucket = List.next(this.buckets, bucket)
    ) {
      if (this.frequency(bucket) <= frequency) return false;
      frequency = this.frequency(bucket);
      const length = List.length(slots.nodes, slots.count + bucket, slots.residents);
      if (length == 0 || !this.isListValid(bucket)) return false;
      pages += length;
    }
    return slots.ghosts == 0 && pages == slots.residents;
  }

  /** Is true when each page of `bucket` is recorded in it. */
  private isListValid(bucket: u32): bool {
    const nodes = this.slots.nodes;
    const sentinel = this.slots.count + bucket;
    for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
      if (load<u32>(this.bucketOf + ((<usize>slot) << 2)) != bucket) return false;
    }
    return true;
  }
}
