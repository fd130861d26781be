/**
 * What is known of pages that were evicted: where in swap their contents lie, what they allowed, and the slot under
 * which the policy remembers them, as Linux keeps shadow entries (mm/workingset.c). A page-table entry that is not
 * present holds the number of its record; a page that is back in memory keeps its record in its frame, so that it
 * can be dropped again without a write while it stays clean (Linux's swap cache).
 *
 *   0       4        8       12      13    16
 *   ├ swap ─┼ ghost ─┼ next ─┼ flags ┼─ 0 ─┤     record 0 is none; a freed record keeps its place in swap
 *      u32     u32      u32      u8
 *
 * Swap is a number of pages; a huge page takes a run of them, as many as it has base pages.
 */
import { NONE } from "../abi";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";

const RECORD: u32 = 16;

@final
@unmanaged
export class Evicted {
  /** Swap's size and what of it is handed out, in base pages. */
  swapLimit: u32;
  swapUsed: u32;
  private records: Chunks;
  private bare: u32; // freed records without a place in swap
  private placed: u32; // freed records with one of one page

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

  /** A new record, without a place in swap and without a ghost; 0 when memory is out. */
  alloc(): u32 {
    let number = this.bare;
    if (number != 0) {
      this.bare = load<u32>(this.records.at(number), 8);
    } else {
      if (!this.records.add()) return 0;
      number = this.records.count - 1;
    }
    const record = this.records.at(number);
    store<u32>(record, NONE);
    store<u32>(record, NONE, 4);
    return number;
  }

  /** Forgets the record, which stands for 2^order pages. */
  free(number: u32, order: u32): void {
    const record = this.records.at(number);
    const place = this.swap(number);
    if (place == NONE) {
      store<u32>(record, this.bare, 8);
      this.bare = number;
      return;
    }
    store<u32>(record, this.placed, 8);
    this.placed = number;
    // A run of pages falls apart; where there is no memory for its records, its places stay unused.
    for (let page: u32 = 1; page < (<u32>1) << order; page++) {
      const other = this.alloc();
      if (other == 0) return;
      store<u32>(this.records.at(other), place + page);
      this.free(other, 0);
    }
  }

  /** Finds the record a place in swap for 2^order pages; false when swap is full. */
  place(number: u32, order: u32): bool {
    if (this.swap(number) != NONE) return true;
    const pages = (<u32>1) << order;
    let place = this.swapUsed;
    if (order == 0 && this.placed != 0) {
      const other = this.placed;
      place = this.swap(other);
      this.placed = load<u32>(this.records.at(other), 8);
      store<u32>(this.records.at(other), this.bare, 8);
      this.bare = other;
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

  /** Is the list of freed records free of loops, and no place in swap beyond what was handed out? */
  isValid(): bool {
    let freed: u32 = 0;
    for (let n = this.bare; n != 0; n = load<u32>(this.records.at(n), 8)) {
      if (++freed > this.records.count) return false;
    }
    for (let n = this.placed; n != 0; n = load<u32>(this.records.at(n), 8)) {
      if (++freed > this.records.count || this.swap(n) >= this.swapUsed) return false;
    }
    return freed < this.records.count && this.swapUsed <= this.swapLimit;
  }
}
