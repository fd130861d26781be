/**
 * OPT, also MIN: evicts the page whose next request lies furthest in the future; no policy has fewer misses. Belady, "A
 * study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5 (1966). A first pass over the
 * trace provides the future (engine/future).
 *
 *   now                     horizon
 *    ├───────────────────────┼──────────────────────────>  time of the next request
 *      pages in no structure    pages in a heap `far`,       pages without a next request: a list, evicted first
 *                               the furthest on top
 *
 * Most pages are requested again too soon to be a victim, and a hit of these only records the time. The horizon is chosen so
 * that about one page of eight is past it: the eighth part of a sample. It is chosen anew when `far` has no page left or is
 * full. A page is not searched in `far` when it changes: a key whose time is not its page's is skipped at the top, and when
 * the top's time has passed, so have all others.
 *
 *   63          31 30      0
 *   ├─ distance ──┼─ slot ─┤       a key of `far`: the distance is counted from `epoch`, when the horizon was chosen
 */
import { NONE } from "../../abi/core";
import { NEVER } from "../../abi/requests";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { splitMix64 } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { KeyHeap } from "./key-heap";

const SLOT_BITS: u64 = 31;
const SLOT: u64 = (1 << SLOT_BITS) - 1;
const DISTANCE_BITS: u64 = 64 - SLOT_BITS;
/** The horizon comes from a sample of as many pages; one of `SHARE` is past it. */
const SAMPLE: u32 = 256;
const SHARE: u32 = 8;
/** No page is past this horizon. */
const NOWHERE: u64 = U64.MAX_VALUE;
/** The mark of a page without a next request. */
const DONE: u32 = 1;

@final
@unmanaged
export class Opt extends FixedPolicy {
  /** Requests so far. */
  private now: u64;
  private horizon: u64;
  private epoch: u64;
  private far: KeyHeap;
  /** The low 32 bits of the time of each page's next request, by slot. A gap has fewer, so it is exact. */
  private nextUses: usize;
  /** Sentinel of the pages that are never requested again. */
  private done: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 1)) return false;
    this.done = this.slots.count;
    this.horizon = NOWHERE;
    this.far = KeyHeap.create(capacity);
    this.nextUses = allocate((<u64>capacity) << 2);
    this.ahead = this.nextUses;
    this.aheadShift = 2;
    return changetype<usize>(this.far) != 0 && this.nextUses != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.expect(slot);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  evict(): u32 {
    const slots = this.slots;
    let victim = List.front(slots.nodes, this.done);
    if (victim != this.done) List.remove(slots.nodes, victim);
    else {
      if (slots.residents == 0) return NONE;
      victim = this.furthest();
    }
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.expect(slot);
  }

  /** Reads when the page requested now is requested next, and records it. */
  @inline
  private expect(slot: u32): void {
    const gap = load<u32>(this.future);
    this.future += 4;
    this.now++;
    if (gap == NEVER) {
      this.retire(slot);
      return;
    }
    const time = this.now + gap;
    store<u32>(this.nextUses + ((<usize>slot) << 2), <u32>time);
    if (time >= this.horizon) this.push(slot, time);
  }

  private retire(slot: u32): void {
    List.insertAfter(this.slots.nodes, this.done, slot);
    this.slots.setMark(slot, DONE);
  }

  /** Adds a page past the horizon to `far`. If it does not fit, the next eviction chooses another horizon. */
  private push(slot: u32, time: u64): void {
    const distance = time - this.epoch;
    if (!this.far.isFull && distance >> DISTANCE_BITS == 0) this.far.add((distance << SLOT_BITS) | slot);
    else {
      this.far.clear();
      this.horizon = NOWHERE;
    }
  }

  /** Removes the furthest page from `far`; every resident page has a next request, and there is one. */
  private furthest(): u32 {
    let key = this.far.takeTop();
    while (!this.isCurrent(key)) {
      if (this.timeOf(key) <= this.now) this.gather();
      key = this.far.takeTop();
    }
    return <u32>(key & SLOT);
  }

  /** The time in a key; the epoch for key 0, which says that `far` is empty. */
  @inline
  private timeOf(key: u64): u64 {
    return this.epoch + (key >> SLOT_BITS);
  }

  /** Is true when the key's page is resident and next requested at the key's time. */
  @inline
  private isCurrent(key: u64): bool {
    const slot = <u32>(key & SLOT);
    const time = this.timeOf(key);
    return time > this.now && this.slots.isResident(slot) && this.nextUse(slot) == <u32>time;
  }

  /** Chooses the horizon, and puts the pages past it into `far`. Every resident page has a next request. */
  private gather(): void {
    const far = this.far;
    const count = this.slots.allocated;
    this.epoch = this.now;
    far.clear();
    for (let n = min(count, SAMPLE); n > 0; n--) {
      this.gatherIfPast(<u32>(((splitMix64(this.now, n) >> 32) * count) >> 32), 1);
    }
    far.order();
    let least: u64 = 0;
    for (let n = far.size / SHARE + 1; n > 0; n--) least = far.takeTop() >> SLOT_BITS;
    far.clear();
    for (let slot: u32 = 0; slot < count; slot++) this.gatherIfPast(slot, <u32>least);
    far.order();
    this.horizon = this.now + least;
  }

  /** Appends the page of `slot` to `far` if its next request is at least that far away. */
  @inline
  private gatherIfPast(slot: u32, least: u32): void {
    const distance = this.nextUse(slot) - <u32>this.now;
    if (distance < least || !this.slots.isResident(slot)) return;
    this.far.append(((<u64>distance) << SLOT_BITS) | slot);
  }

  @inline
  private nextUse(slot: u32): u32 {
    return load<u32>(this.nextUses + ((<usize>slot) << 2));
  }

  remove(slot: u32): void {
    if (this.slots.mark(slot) == DONE) List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  /** Is true when `far` is sound and has exactly the pages past the horizon. */
  isValid(): bool {
    const slots = this.slots;
    const far = this.far;
    let past: u32 = 0;
    let done: u32 = 0;
    for (let slot: u32 = 0; slot < slots.allocated; slot++) {
      if (!slots.isResident(slot)) continue;
      if (slots.mark(slot) == DONE) done++;
      else if (this.now + (this.nextUse(slot) - <u32>this.now) >= this.horizon) past++;
    }
    for (let place = far.first; place < far.size; place++) {
      const key = far.at(place);
      if (this.isCurrent(key) && slots.mark(<u32>(key & SLOT)) != DONE) past--;
    }
    return past == 0 && done == List.length(slots.nodes, this.done, slots.residents) && far.isValid();
  }
}
