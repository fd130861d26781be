/**
 * The frame table: one record for each physical frame, in sections of 1 GiB that are added when memory grows into them,
 * as in Linux's SPARSEMEM (mm/sparse.c).
 *
 *   0             8       12       16      17      18     20      24        28      32
 *   ├─ owner u64 ─┼ slot ─┼── swap ─┼ state ┼ order ┼ used ┼ chain ┼ content ┼ mapped ┤
 *                    u32      u32      u8      u8     u16     u32      u32       u32
 *
 *   state    owner                                slot           swap                used
 *   INSIDE   a larger block: all fields unused
 *   FREE     next u32, previous u32: a free list
 *   PAGE     the page's key (see mmu/key)         policy's slot  swap entry, or 0    flags (page-flags.ts)
 *   TABLE    address of the table's entries                                          entries that are not 0
 *
 * `order` is that of the block that the frame heads. Processes share frames: `owner` is one of the keys that map the
 * frame, `chain` leads to the others, `mapped` counts them all (process/system/mappings.ts), and `content` identifies
 * the page's contents (process/system/system.ts).
 */
import { FRAME_FREE, FRAME_INSIDE, FRAME_PAGE, FRAME_TABLE } from "../abi/machine";
import { allocate, make } from "../core/arena";

export const INSIDE: u8 = <u8>FRAME_INSIDE;
export const FREE: u8 = <u8>FRAME_FREE;
export const PAGE: u8 = <u8>FRAME_PAGE;
export const TABLE: u8 = <u8>FRAME_TABLE;

/** A section has 2^18 frames of 4 KiB, or fewer of larger ones. */
export const MAX_SECTION_ORDER: u32 = 18;
const SECTION_SHIFT: u32 = 30;
const MAX_SECTIONS: u32 = 1 << 18;
/** A frame's record. */
export const FRAME_BYTES: u32 = 32;

@final
@unmanaged
export class Frames {
  /** Frames that exist: numbers below this have records. */
  count: u32;
  /** The maximum number of frames. */
  limit: u32;
  /** Frames of a full section, as a power of two. */
  sectionOrder: u32;
  private sections: usize; // u32[MAX_SECTIONS]

  /** Null when memory is out. */
  static create(limit: u32, pageShift: u32): Frames {
    const frames = make<Frames>();
    if (changetype<usize>(frames) == 0) return frames;
    frames.limit = limit;
    frames.sectionOrder = SECTION_SHIFT - pageShift;
    frames.sections = allocate((<u64>MAX_SECTIONS) << 2);
    return frames.sections == 0 ? changetype<Frames>(0) : frames;
  }

  /** Adds a section, its frames INSIDE; the number of its frames, 0 at the limit or when memory is out. */
  grow(): u32 {
    const added = min(this.limit - this.count, (<u32>1) << this.sectionOrder);
    if (added == 0) return 0;
    if (this.count >> this.sectionOrder >= MAX_SECTIONS) return 0;
    const section = allocate(<u64>added * FRAME_BYTES);
    if (section == 0) return 0;
    store<u32>(this.sections + ((this.count >> this.sectionOrder) << 2), <u32>section);
    this.count += added;
    return added;
  }

  @inline
  at(pfn: u32): usize {
    const section = load<u32>(this.sections + ((pfn >> this.sectionOrder) << 2));
    return section + (pfn & (((<u32>1) << this.sectionOrder) - 1)) * FRAME_BYTES;
  }

  @inline
  owner(pfn: u32): u64 {
    return load<u64>(this.at(pfn));
  }

  @inline
  setOwner(pfn: u32, owner: u64): void {
    store<u64>(this.at(pfn), owner);
  }

  @inline
  next(pfn: u32): u32 {
    return load<u32>(this.at(pfn));
  }

  @inline
  setNext(pfn: u32, next: u32): void {
    store<u32>(this.at(pfn), next);
  }

  @inline
  previous(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 4);
  }

  @inline
  setPrevious(pfn: u32, previous: u32): void {
    store<u32>(this.at(pfn), previous, 4);
  }

  @inline
  slot(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 8);
  }

  @inline
  setSlot(pfn: u32, slot: u32): void {
    store<u32>(this.at(pfn), slot, 8);
  }

  @inline
  swapEntry(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 12);
  }

  @inline
  setSwapEntry(pfn: u32, swapEntry: u32): void {
    store<u32>(this.at(pfn), swapEntry, 12);
  }

  @inline
  state(pfn: u32): u8 {
    return load<u8>(this.at(pfn), 16);
  }

  @inline
  order(pfn: u32): u32 {
    return load<u8>(this.at(pfn), 17);
  }

  @inline
  setState(pfn: u32, state: u8, order: u32): void {
    const frame = this.at(pfn);
    store<u8>(frame, state, 16);
    store<u8>(frame, <u8>order, 17);
  }

  @inline
  used(pfn: u32): u32 {
    return load<u16>(this.at(pfn), 18);
  }

  @inline
  setUsed(pfn: u32, used: u32): void {
    store<u16>(this.at(pfn), <u16>used, 18);
  }

  @inline
  chain(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 20);
  }

  @inline
  setChain(pfn: u32, node: u32): void {
    store<u32>(this.at(pfn), node, 20);
  }

  @inline
  content(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 24);
  }

  @inline
  setContent(pfn: u32, content: u32): void {
    store<u32>(this.at(pfn), content, 24);
  }

  @inline
  mapped(pfn: u32): u32 {
    return load<u32>(this.at(pfn), 28);
  }

  @inline
  setMapped(pfn: u32, mapped: u32): void {
    store<u32>(this.at(pfn), mapped, 28);
  }

  /** Clears the record of frame `pfn`, all but its state. */
  clear(pfn: u32): void {
    const frame = this.at(pfn);
    store<u64>(frame, 0);
    store<u64>(frame, 0xffffffff, 8);
    store<u16>(frame, 0, 18);
    store<u32>(frame, 0, 20);
    store<u64>(frame, 0, 24);
  }
}
