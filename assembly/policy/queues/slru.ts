/**
 * SLRU, segmented LRU: a page enters the lowest of several LRU segments, each request moves it to the next, and the overflow
 * of a segment moves to the front of the one below. Karedla, Love and Wherry, "Caching strategies to improve disk system
 * performance", IEEE Computer 27 (1994), have two segments, probationary and protected; four of equal size are the S4LRU of
 * Huang and others, "An analysis of Facebook photo caching", SOSP (2013).
 *
 *   segment 0 (enters, leaves)     1            2            3 (requested most often)
 *   ┌─────────────────┐ request ┌─────────┐  ┌─────────┐  ┌─────────┐
 *   │ front ─────> back│ ──────> │         │─>│         │─>│         │     front of each: requested last
 *   └─────────────────┘ <────── └─────────┘<─└─────────┘<─└─────────┘
 *                        overflow
 *
 * Differences: when capacity is not a multiple of the segments, the lower ones have one page more. While memory is not full
 * a page enters the lowest segment with room, so that no page is evicted before memory is full.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { FixedPolicy } from "../contract";
import { SlotList } from "../parts/slot-list";

/** The bits of a mark: the number of the page's segment. */
const SEGMENT: u32 = 63;

@final
@unmanaged
export class Slru extends FixedPolicy {
  private segments: u32;
  /** The segments' lists, a SlotList each. */
  private lists: usize;
  /** The pages of a segment when `shared` frames are divided; the lowest `odd` segments hold one more. */
  private share: u32;
  private odd: u32;
  private shared: u32;

  create(capacity: u32, parameters: usize): bool {
    this.segments = <u32>load<f64>(parameters);
    this.lists = allocate(<u64>this.segments * sizeof<usize>());
    if (this.lists == 0 || !this.createSlots(capacity, 0, this.segments)) return false;
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      const list = SlotList.create(this.slots, segment);
      if (changetype<usize>(list) == 0) return false;
      store<usize>(this.lists + <usize>segment * sizeof<usize>(), changetype<usize>(list));
    }
    this.resize(capacity);
    return true;
  }

  @inline
  private list(segment: u32): SlotList {
    return changetype<SlotList>(load<usize>(this.lists + <usize>segment * sizeof<usize>()));
  }

  private resize(capacity: u32): void {
    this.share = capacity / this.segments;
    this.odd = capacity % this.segments;
    this.shared = capacity;
  }

  /** The maximum of pages in a segment; `resize` is the slow path. */
  @inline
  private most(segment: u32): u32 {
    if (this.shared != this.capacity) this.resize(this.capacity);
    return this.share + (segment < this.odd ? 1 : 0);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const segment = this.slots.mark(slot);
    const list = this.list(segment);
    const above = segment + 1;
    if (above == this.segments) {
      list.moveToFront(slot);
      return;
    }
    list.remove(slot);
    this.enter(slot, above);
    if (this.list(above).length > this.most(above)) this.overflow(above);
  }

  /** Moves the last pages of overfull segments down, from `segment` on. */
  private overflow(segment: u32): void {
    for (let above = segment; above > 0; above--) {
      const list = this.list(above);
      while (list.length > this.most(above)) this.enter(list.pop(), above - 1);
    }
  }

  /** Puts `slot`, which is in no list, at the front of a segment. */
  @inline
  private enter(slot: u32, segment: u32): void {
    this.list(segment).push(slot);
    this.slots.setMark(slot, segment);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  evict(): u32 {
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      const list = this.list(segment);
      if (list.length == 0) continue;
      const victim = list.pop();
      this.slots.free(victim);
      return victim;
    }
    return NONE;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.enter(slot, this.room());
  }

  /** The lowest segment with room; segment 0 when none has. */
  @inline
  private room(): u32 {
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      if (this.list(segment).length < this.most(segment)) return segment;
    }
    return 0;
  }

  remove(slot: u32): void {
    this.list(this.slots.mark(slot)).remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    let pages: u32 = 0;
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      const list = this.list(segment);
      if (!list.isValid(slots, SEGMENT, segment, false)) return false;
      pages += list.length;
    }
    return slots.ghosts == 0 && pages == slots.residents;
  }
}
