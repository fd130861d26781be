/**
 * MQ, multi-queue: LRU queues for pages requested once, twice, four times and so on. A page without a request during its
 * lifetime moves down one queue. The victim is the back of the lowest queue with pages, and its count of requests is
 * remembered for a while. Zhou, Philbin and Li, "The multi-queue replacement algorithm for second level buffer caches",
 * USENIX Annual Technical Conference (2001), figure 5.
 *
 *   queue 0: 1 request    1: 2, 3    2: 4 … 7    …    queues − 1      front of each: requested last
 *       <── lifetime over ───────────────────────
 *       └──> Qout: ghosts with their counts, first in, first out
 *
 * Differences: lifetime and the length of Qout are shares of the frames; the paper tunes the lifetime by the distances
 * between requests. `Adjust` checks the queues only when the first lifetime may be over, not at each request. A ghost that
 * is being requested does not count in Qout.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";
import { GhostQueue } from "../parts/ghost-queue";

/** A slot's record: ├ expires u64 ┼ requests u32 ┼ 0 ┤ */
const REQUESTS: usize = 8;

@final
@unmanaged
export class Mq extends FixedPolicy {
  /** A resident page's mark is its queue, with sentinel `count + mark`. Qout's list is the one after the last. */
  private queues: u32;
  private lifetime: f64;
  private history: f64;
  private records: usize;
  /** Requests so far. */
  private now: u64;
  /** No page above queue 0 expires earlier. */
  private earliest: u64;
  private qout: GhostQueue;

  create(capacity: u32, parameters: usize): bool {
    this.queues = <u32>load<f64>(parameters);
    this.lifetime = load<f64>(parameters, 8);
    this.history = load<f64>(parameters, 16);
    this.earliest = u64.MAX_VALUE;
    this.capacity = capacity;
    if (!this.createSlots(capacity, <u64>this.maxGhosts() + 1, this.queues + 1)) return false;
    this.qout = GhostQueue.create(this.slots, this.queues);
    this.records = allocate((<u64>this.slots.count) << 4);
    return this.records != 0 && changetype<usize>(this.qout) != 0;
  }

  @inline
  private maxGhosts(): u32 {
    return <u32>(this.history * <f64>this.capacity);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    List.remove(this.slots.nodes, slot);
    this.enter(slot, load<u32>(this.records + ((<usize>slot) << 4), REQUESTS) + 1);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.qout.request(slot);
  }

  evict(): u32 {
    const slots = this.slots;
    let queue: u32 = 0;
    while (queue < this.queues && List.isEmpty(slots.nodes, slots.count + queue)) queue++;
    if (queue == this.queues) return NONE;
    const victim = List.back(slots.nodes, slots.count + queue);
    List.remove(slots.nodes, victim);
    this.qout.remember(victim, this.maxGhosts());
    return victim;
  }

  insert(slot: u32, _kind: u32): void {
    let requests: u32 = 1;
    if (this.slots.isGhost(slot)) {
      this.qout.remove(slot);
      requests += load<u32>(this.records + ((<usize>slot) << 4), REQUESTS);
    }
    this.enter(slot, requests);
  }

  /** Inserts `slot`, which is in no list and has this many requests, into its queue; `Adjust` of the paper. */
  @inline
  private enter(slot: u32, requests: u32): void {
    const counted = requests == 0 ? NONE : requests; // 2³² − 1 is the most
    const queue = min(31 - clz<u32>(counted), this.queues - 1);
    store<u32>(this.records + ((<usize>slot) << 4), counted, REQUESTS);
    this.append(slot, queue);
    this.now++;
    if (this.now > this.earliest) this.adjust();
  }

  @inline
  private append(slot: u32, queue: u32): void {
    const slots = this.slots;
    const expires = this.now + <u64>(this.lifetime * <f64>this.capacity);
    slots.setMark(slot, queue);
    List.insertAfter(slots.nodes, slots.count + queue, slot);
    store<u64>(this.records + ((<usize>slot) << 4), expires);
    if (queue > 0 && expires < this.earliest) this.earliest = expires;
  }

  /** Moves the back of each queue down if its lifetime is over. */
  private adjust(): void {
    const slots = this.slots;
    this.earliest = u64.MAX_VALUE;
    for (let queue: u32 = 1; queue < this.queues; queue++) {
      const page = List.back(slots.nodes, slots.count + queue);
      if (page == slots.count + queue || this.expires(page) >= this.now) continue;
      List.remove(slots.nodes, page);
      this.append(page, queue - 1);
    }
    for (let queue: u32 = 1; queue < this.queues; queue++) {
      const page = List.back(slots.nodes, slots.count + queue);
      if (page != slots.count + queue) this.earliest = min(this.earliest, this.expires(page));
    }
  }

  @inline
  private expires(slot: u32): u64 {
    return load<u64>(this.records + ((<usize>slot) << 4));
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    let pages: u32 = 0;
    for (let queue: u32 = 0; queue < this.queues; queue++) {
      const sentinel = slots.count + queue;
      pages += List.length(nodes, sentinel, slots.residents);
      if (pages > slots.residents) return false;
      for (let page = List.front(nodes, sentinel); page != sentinel; page = List.next(nodes, page)) {
        if (slots.mark(page) != queue || !slots.isResident(page)) return false;
      }
    }
    return pages == slots.residents && this.qout.length == slots.ghosts && this.qout.isValid(0, 0);
  }
}
