/**
 * The buddy allocator: blocks of 2^order frames, aligned to their size. A block that is too large is split in halves
 * until it fits. A freed block merges with its buddy, the block that differs from it in bit `order` of the frame number,
 * while that is free and whole.
 *
 *   order 2   ├───────────────┤          free list of an order ──> head <──> head <──> … NONE
 *   order 1   ├───────┼───────┤
 *   order 0   ├───┼───┼───┼───┤
 *              4   5   6   7
 *
 * From: Knowlton, "A fast storage allocator", CACM 8 (1965); Knuth, TAOCP 1, 2.5, algorithms R and S; the shape of
 * Linux's mm/page_alloc.c. Differences: no zones, no per-CPU lists, and the largest order is a whole section, so that it
 * also allocates 1 GiB pages.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { FREE, Frames, INSIDE, MAX_SECTION_ORDER } from "./frames";

const ORDERS: u32 = MAX_SECTION_ORDER + 1;
/** Up to this many frames, a debug build checks all records at every change. */
const MAX_CHECKED: u32 = 4096;

@final
@unmanaged
export class Buddy {
  frames: Frames;
  freeFrames: u32;
  peakUsed: u32;
  /** Bit `order` is set while that order has a free block. */
  private orders: u32;
  private heads: usize; // u32[ORDERS]

  /** Null when memory is out. */
  static create(frames: Frames): Buddy {
    const buddy = make<Buddy>();
    if (changetype<usize>(buddy) == 0) return buddy;
    buddy.frames = frames;
    buddy.heads = allocate(ORDERS << 2);
    return buddy.heads == 0 ? changetype<Buddy>(0) : buddy;
  }

  @inline
  get used(): u32 {
    return this.frames.count - this.freeFrames;
  }

  /** Is true when a block of 2^order frames is free, or memory can grow by one. */
  has(order: u32): bool {
    return (
      this.orders >> order != 0 || (this.frames.count != this.frames.limit && this.grow() && this.has(order))
    );
  }

  /** Allocates a block of 2^order frames, its head in `state`; NONE when there is none. */
  alloc(order: u32, state: u8): u32 {
    let fitting = this.orders >> order;
    while (fitting == 0) {
      if (!this.grow()) return NONE;
      fitting = this.orders >> order;
    }
    let have = order + ctz(fitting);
    const pfn = load<u32>(this.heads + (have << 2));
    this.unlink(pfn, have);
    while (have > order) {
      have--;
      this.link(pfn + ((<u32>1) << have), have);
    }
    this.frames.setState(pfn, state, order);
    this.freeFrames -= (<u32>1) << order;
    this.peakUsed = max(this.peakUsed, this.used);
    if (DEBUG) assert(this.frames.count > MAX_CHECKED || this.isValid());
    return pfn;
  }

  /** Frees the block that `pfn` heads. */
  free(pfn: u32): void {
    const frames = this.frames;
    let order = frames.order(pfn);
    this.freeFrames += (<u32>1) << order;
    while (order < frames.sectionOrder) {
      const buddy = pfn ^ ((<u32>1) << order);
      if (buddy >= frames.count || frames.state(buddy) != FREE || frames.order(buddy) != order) break;
      this.unlink(buddy, order);
      frames.setState(max(pfn, buddy), INSIDE, 0);
      pfn = min(pfn, buddy);
      order++;
    }
    this.link(pfn, order);
    if (DEBUG) assert(frames.count > MAX_CHECKED || this.isValid());
  }

  /** Adds the next section; false at the limit or when Wasm's memory is out. */
  private grow(): bool {
    const frames = this.frames;
    let pfn = frames.count;
    const added = frames.grow();
    if (added == 0) return false;
    this.freeFrames += added;
    // A last section whose size is not a power of two becomes one block for each bit of its size, the largest first.
    let rest = added;
    while (rest != 0) {
      const order = 31 - clz(rest);
      this.link(pfn, order);
      pfn += (<u32>1) << order;
      rest -= (<u32>1) << order;
    }
    return true;
  }

  private link(pfn: u32, order: u32): void {
    const frames = this.frames;
    const head = this.heads + (order << 2);
    const next = this.orders & ((<u32>1) << order) ? load<u32>(head) : NONE;
    frames.setState(pfn, FREE, order);
    frames.setNext(pfn, next);
    frames.setPrevious(pfn, NONE);
    if (next != NONE) frames.setPrevious(next, pfn);
    store<u32>(head, pfn);
    this.orders |= (<u32>1) << order;
  }

  private unlink(pfn: u32, order: u32): void {
    const frames = this.frames;
    const next = frames.next(pfn);
    const previous = frames.previous(pfn);
    if (next != NONE) frames.setPrevious(next, previous);
    if (previous != NONE) frames.setNext(previous, next);
    else if (next != NONE) store<u32>(this.heads + (order << 2), next);
    else this.orders &= ~((<u32>1) << order);
  }

  /**
   * Is true when aligned blocks tile the frames, no two free buddies are unmerged, and each free block is listed
   * once.
   */
  isValid(): bool {
    const frames = this.frames;
    let free: u32 = 0;
    let freeBlocks: u32 = 0;
    for (let pfn: u32 = 0; pfn < frames.count; ) {
      const order = frames.order(pfn);
      const state = frames.state(pfn);
      const size = (<u32>1) << order;
      if (state == INSIDE || (pfn & (size - 1)) != 0 || pfn + size > frames.count) return false;
      if (state == FREE) {
        free += size;
        freeBlocks++;
        const buddy = pfn ^ size;
        if (order < frames.sectionOrder && buddy < frames.count && frames.state(buddy) == FREE) {
          if (frames.order(buddy) == order) return false;
        }
      }
      pfn += size;
    }
    let listed: u32 = 0;
    for (let order: u32 = 0; order < ORDERS; order++) {
      if ((this.orders & ((<u32>1) << order)) == 0) continue;
      for (let pfn = load<u32>(this.heads + (order << 2)); pfn != NONE; pfn = frames.next(pfn)) {
        if (frames.state(pfn) != FREE || frames.order(pfn) != order || ++listed > freeBlocks) return false;
      }
    }
    return free == this.freeFrames && listed == freeBlocks;
  }
}
