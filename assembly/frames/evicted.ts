/**
 * Records of evicted pages: the place of their contents in swap, their permissions, and the slot under which the policy
 * remembers them, like Linux's shadow entries (mm/workingset.c). A non-present page-table entry holds the number of its
 * record. A page that was read back keeps its record in its frame, so that it can be evicted again without a write while
 * it is clean (Linux's swap cache).
 *
 *   0       4        8       12      13    16
 *   ├ swap ─┼ ghost ─┼ next ─┼ flags ┼─ 0 ─┤     record 0 is unused; a freed record keeps its place in swap
 *      u32     u32      u32      u8
 *
 * The size of swap is a number of pages. A huge page takes a run of them, one for each of its base pages.
 */
import { NONE } from "../abi/core";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";

const RECORD: u32 = 16;

@final
@unmanaged
export class Evicted {
  /** The size of swap, and the part allocated so far, in base pages. */
  swapLimit: u32;
  swapUsed: u32;
  private records: Chunks;
  private freeBare: u32; // freed records without a place in swap
  private freePlaced: u32; // freed records with a place for one page

  /** Null when memory is out. */
  static create(swapLimit: u32): Evicted {
    const nothing = changetype<Evicted>(0);
    const evicted = make<Evicted>();
    if (changetype<usize>(evicted) == 0) return nothing;
    evicted.swapLimit = swapLimit;
    evicted.records = Chunks.create(RECORD);
    if (changetype<usize>(evicted.records) == 0 || !evicted.records.add()) return nothing;
    return evicted;
  }

  /** Allocates a record without a place in swap and without a ghost; 0 when memory is out. */
  alloc(): u32 {
    let number = this.freeBare;
    if (number != 0) {
      this.freeBare = load<u32>(this.records.at(number), 8);
    } else {
      if (!this.records.add()) return 0;
      number = this.records.count - 1;
    }
    const record = this.records.at(number);
    store<u32>(record, NONE);
    store<u32>(record, NONE, 4);
    return number;
  }

  /** Frees the record of 2^order pages. */
  free(number: u32, order: u32): void {
    const record = this.records.at(number);
    const place = this.swap(number);
    if (place == NONE) {
      store<u32>(record, this.freeBare, 8);
      this.freeBare = number;
      return;
    }
    store<u32>(record, this.freePlaced, 8);
    this.freePlaced = number;
    // A run of pages is split into single places. Without memory for their records, the places stay unused.
    for (let page: u32 = 1; page < (<u32>1) << order; page++) {
      const other = this.alloc();
      if (other == 0) return;
      store<u32>(this.records.at(other), place + page);
      this.free(other, 0);
    }
  }

  /** Allocates a place in swap for the 2^order pages of the record, if it has none; false when swap is full. */
  allocPlace(number: u32, order: u32): bool {
    if (this.swap(number) != NONE) return true;
    const pages = (<u32>1) << order;
    let place = this.swapUsed;
    if (order == 0 && this.freePlaced != 0) {
      const other = this.freePlaced;
      place = this.swap(other);
      this.freePlaced = load<u32>(this.records.at(other), 8);
      store<u32>(this.records.at(other), this.freeBare, 8);
      this.freeBare = other;
    } else {
      if (this.swapLimit - this.swapUsed < pages) return false;
      this.swapUsed += pages;
    }
    store<u32>(this.records.at(number), place);
    return true;
  }

  @inline
  swap(number: u32): u32 {
    return load<u32>(this.records.at(number));
  }

  @inline
  setSwap(number: u32, place: u32): void {
    store<u32>(this.records.at(number), place);
  }

  @inline
  ghost(number: u32): u32 {
    return load<u32>(this.records.at(number), 4);
  }

  @inline
  setGhost(number: u32, slot: u32): void {
    store<u32>(this.records.at(number), slot, 4);
  }

  /** READ, WRITE, EXECUTE and USER of the page. */
  @inline
  flags(number: u32): u32 {
    return load<u8>(this.records.at(number), 12);
  }

  @inline
  setFlags(number: u32, flags: u32): void {
    store<u8>(this.records.at(number), <u8>flags, 12);
  }

  /** Is true when the lists of freed records have no loops, and no place lies beyond the allocated part of swap. */
  isValid(): bool {
    let freed: u32 = 0;
    for (let n = this.freeBare; n != 0; n = load<u32>(this.records.at(n), 8)) {
      if (++freed > this.records.count) return false;
    }
    for (let n = this.freePlaced; n != 0; n = load<u32>(this.records.at(n), 8)) {
      if (++freed > this.records.count || this.swap(n) >= this.swapUsed) return false;
    }
    return freed < this.records.count && this.swapUsed <= this.swapLimit;
  }
}
