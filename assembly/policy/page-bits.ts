/**
 * The accessed (R) and dirty (M) bits of resident pages, as an operating system reads and clears them.
 *
 *   in `compare`   a byte per slot; each request sets the bits                ├─ 0 ─┼ M ┼ R ┤
 *   in `replay`    the machine's page-table entries, set by its walks and first stores
 *
 * Hardware sets R only in a page walk, so clearing a bit makes the translations in TLBs stale (Linux's
 * `ptep_clear_flush_young`, `ptep_clear_flush`). The slot is put on a list, which the machine processes before its next
 * access. So is a laundered page, one that is written to become clean.
 *
 *   0       4 …          a stale slot: LAUNDERED when its page must also be written
 *   ├─ slot | LAUNDERED ─┤
 */
import { KIND_STORE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Slots } from "./slots";

const ACCESSED: u8 = 1;
const DIRTY: u8 = 2;
const ALL_BUT_ACCESSED: u64 = 0xfefefefefefefefe;
export const LAUNDERED: u32 = 0x80000000;

@final
@unmanaged
export class PageBits {
  /** The number of slots on the list. A slot may be there twice, once for each bit. */
  stale: u32;
  /** Pages laundered so far. */
  laundered: u64;
  private count: u32;
  private bytes: usize; // u8[count], without a machine
  private entries: usize; // u32[count]: addresses of the pages' entries, with a machine
  private list: usize; // u32[2 * count]
  private isWide: bool; // entries have 64 bits
  private accessedMask: u64; // a bit is set when `entry & mask == on`
  private accessedOn: u64;
  private dirtyMask: u64;
  private dirtyOn: u64;

  /** For `count` slots; null when memory is out. */
  static create(count: u32): PageBits {
    const bits = make<PageBits>();
    if (changetype<usize>(bits) == 0) return bits;
    bits.count = count;
    bits.bytes = allocate((<u64>count + 7) & ~7);
    return bits.bytes != 0 ? bits : changetype<PageBits>(0);
  }

  /** Attaches to page-table entries, whose addresses `place` sets; false when memory is out. */
  attach(isWide: bool, accessedMask: u64, accessedOn: u64, dirtyMask: u64, dirtyOn: u64): bool {
    this.isWide = isWide;
    this.accessedMask = accessedMask;
    this.accessedOn = accessedOn;
    this.dirtyMask = dirtyMask;
    this.dirtyOn = dirtyOn;
    this.entries = allocate((<u64>this.count) << 2);
    this.list = allocate((<u64>this.count) << 3);
    return this.entries != 0 && this.list != 0;
  }

  /** Detaches from entries; requests set bytes again. For shared frames, whose bits are in several entries. */
  detach(): void {
    this.entries = 0;
  }

  /** Sets the address of the entry that maps the page of `slot`. */
  place(slot: u32, address: usize): void {
    store<u32>(this.entries + ((<usize>slot) << 2), <u32>address);
  }

  /**
   * The page of `slot` enters memory, by a request of this kind. In the machine its entry is not written yet, so
   * `insert` must not read its bits; they are set when the access continues.
   */
  @inline
  enter(slot: u32, kind: u32): void {
    if (this.entries == 0)
      store<u8>(this.bytes + slot, kind >= <u32>KIND_STORE ? ACCESSED | DIRTY : ACCESSED);
  }

  /** A request for the page of `slot`. */
  @inline
  touch(slot: u32, kind: u32): void {
    if (this.entries != 0) return;
    const bits = kind >= <u32>KIND_STORE ? ACCESSED | DIRTY : ACCESSED;
    store<u8>(this.bytes + slot, load<u8>(this.bytes + slot) | bits);
  }

  @inline
  isAccessed(slot: u32): bool {
    if (this.entries == 0) return (load<u8>(this.bytes + slot) & ACCESSED) != 0;
    return (this.entry(slot) & this.accessedMask) == this.accessedOn;
  }

  @inline
  isDirty(slot: u32): bool {
    if (this.entries == 0) return (load<u8>(this.bytes + slot) & DIRTY) != 0;
    return (this.entry(slot) & this.dirtyMask) == this.dirtyOn;
  }

  /** Is true when R was set, and clears it. */
  @inline
  testAndClearAccessed(slot: u32): bool {
    const accessed = this.isAccessed(slot);
    if (accessed) this.clearAccessed(slot);
    return accessed;
  }

  /** Clears R of every resident page, as a clock tick does; eight pages at a time when the bits are bytes. */
  clearAllAccessed(slots: Slots): void {
    if (this.entries == 0) {
      const end = this.bytes + this.count;
      for (let at = this.bytes; at < end; at += 8) store<u64>(at, load<u64>(at) & ALL_BUT_ACCESSED);
      return;
    }
    for (let slot: u32 = 0; slot < this.count; slot++) {
      if (slots.isResident(slot)) this.testAndClearAccessed(slot);
    }
  }

  /** Launders a dirty page: it is written, becomes clean and stays in memory. */
  launder(slot: u32): void {
    this.laundered++;
    if (this.entries == 0) {
      store<u8>(this.bytes + slot, load<u8>(this.bytes + slot) & ~DIRTY);
      return;
    }
    this.clear(slot, this.dirtyMask, this.dirtyOn);
    this.append(slot | LAUNDERED);
  }

  /** Removes the next item of the list: a slot, with LAUNDERED when its page must be written. `stale` must not be 0. */
  next(): u32 {
    this.stale--;
    return load<u32>(this.list + ((<usize>this.stale) << 2));
  }

  private clearAccessed(slot: u32): void {
    if (this.entries == 0) {
      store<u8>(this.bytes + slot, load<u8>(this.bytes + slot) & ~ACCESSED);
      return;
    }
    this.clear(slot, this.accessedMask, this.accessedOn);
    this.append(slot);
  }

  private append(item: u32): void {
    assert(this.stale < this.count << 1, "the machine has not processed the list of stale slots");
    store<u32>(this.list + ((<usize>this.stale) << 2), item);
    this.stale++;
  }

  private entry(slot: u32): u64 {
    const address = <usize>load<u32>(this.entries + ((<usize>slot) << 2));
    return this.isWide ? load<u64>(address) : <u64>load<u32>(address);
  }

  private clear(slot: u32, mask: u64, on: u64): void {
    const address = <usize>load<u32>(this.entries + ((<usize>slot) << 2));
    const entry = (this.entry(slot) & ~mask) | (mask & ~on);
    if (this.isWide) store<u64>(address, entry);
    else store<u32>(address, <u32>entry);
  }
}
