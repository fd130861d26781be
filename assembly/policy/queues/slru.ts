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
 * What differs: when capacity is not a multiple of the segments, the lower ones have one page more. While memory is not full
 * a page enters the lowest segment with room, so that no page is evicted before memory is full.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Slru extends FixedPolicy {
  /** A slot's mark is its segment, with sentinel `count + mark`. */
  private segments: u32;
  /** Pages in each segment, u32. */
  private lengths: usize;
  /** The pages of a segment when `shared` frames are divided; the lowest `odd` segments hold one more. */
  private share: u32;
  private odd: u32;
  private shared: u32;

  create(capacity: u32, parameters: usize): bool {
    this.segments = <u32>load<f64>(parameters);
    this.lengths = allocate((<u64>this.segments) << 2);
    this.resize(capacity);
    return this.lengths != 0 && this.createSlots(capacity, 0, this.segments);
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
    const slots = this.slots;
    const segment = slots.mark(slot);
    const above = segment + 1;
    if (above == this.segments) {
      List.moveToFront(slots.nodes, slots.count + segment, slot);
      return;
    }
    this.move(slot, segment, above);
    if (this.length(above) > this.most(above)) this.overflow(above);
  }

  /** Moves the last pages of overfull segments down, from `segment` on. */
  private overflow(segment: u32): void {
    const slots = this.slots;
    for (let above = segment; above > 0; above--) {
      while (this.length(above) > this.most(above)) {
        this.move(List.back(slots.nodes, slots.count + above), above, above - 1);
      }
    }
  }

  @inline
  private move(slot: u32, from: u32, to: u32): void {
    const slots = this.slots;
    List.moveToFront(slots.nodes, slots.count + to, slot);
    slots.setMark(slot, to);
    this.setLength(from, this.length(from) - 1);
    this.setLength(to, this.length(to) + 1);
  }

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    const slots = this.slots;
    let segment: u32 = 0;
    while (segment < this.segments && this.length(segment) == 0) segment++;
    if (segment == this.segments) return NONE;
    const victim = List.back(slots.nodes, slots.count + segment);
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    const segment = this.room();
    slots.setMark(slot, segment);
    this.setLength(segment, this.length(segment) + 1);
    List.insertAfter(slots.nodes, slots.count + segment, slot);
  }

  /** The lowest segment with room; segment 0 when none has. */
  @inline
  private room(): u32 {
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      if (this.length(segment) < this.most(segment)) return segment;
    }
    return 0;
  }

  @inline
  remove(slot: u32): void {
    const slots = this.slots;
    const segment = slots.mark(slot);
    this.setLength(segment, this.length(segment) - 1);
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  @inline
  private length(segment: u32): u32 {
    return load<u32>(this.lengths + ((<usize>segment) << 2));
  }

  @inline
  private setLength(segment: u32, length: u32): void {
    store<u32>(this.lengths + ((<usize>segment) << 2), length);
  }

  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    let pages: u32 = 0;
    for (let segment: u32 = 0; segment < this.segments; segment++) {
      const sentinel = slots.count + segment;
      const length = this.length(segment);
      if (List.length(nodes, sentinel, length) != length) return false;
      for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
        if (slots.mark(slot) != segment) return false;
      }
      pages += length;
    }
    return slots.ghosts == 0 && pages == slots.residents;
  }
}
