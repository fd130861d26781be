/**
 * Swap: places for pages, and a record for each page that has a place; Linux's swap map and swap cache in one. A
 * non-present entry of a page table holds the number of its page's record. After a fork several entries may hold it.
 *
 *   0       4      8     12      16        20        24
 *   ├ place ┼ refs ┼ pfn ┼ ghost ┼ content ┼ private ┤     refs: entries that hold the number; pfn: the page is in memory
 *      u32    u32    u32    u32      u32        u32        as well (NONE: it is not); ghost: the policy's slot, NONE:
 *                                                          forgotten; private: 0 for shared memory's pages
 *
 * A record keeps its place while its page is in memory and clean, so that the page can be evicted again without a
 * write. Places are allocated next-fit, as Linux scans its map, so that pages evicted together lie together and
 * readahead brings them in together.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Chunks } from "../../core/chunks";

const RECORD: u32 = 24;

@final
@unmanaged
export class Swap {
  /** The number of places, and of those in use. */
  limit: u32;
  used: u32;
  peakUsed: u32;
  /** Places in use that no entry refers to; their pages are in memory. */
  private idle: u32;
  private places: usize; // u32[limit]: the record that has the place, 0: none
  private cursor: u32;
  private records: Chunks; // record 0 is none
  private freeRecords: u32;

  /** Null when memory is out. */
  static create(limit: u32): Swap {
    const nothing = changetype<Swap>(0);
    const swap = make<Swap>();
    if (changetype<usize>(swap) == 0) return nothing;
    swap.limit = limit;
    swap.places = allocate((<u64>limit) << 2);
    swap.records = Chunks.create(RECORD);
    if (swap.places == 0 || changetype<usize>(swap.records) == 0 || !swap.records.add()) return nothing;
    return swap;
  }

  /**
   * Allocates a record and a place for the page in `pfn`; 0 when swap is full, or when Wasm's memory is out (before
   * `limit` is reached).
   */
  alloc(pfn: u32, content: u32, isPrivate: bool): u32 {
    if (this.isFull) return 0;
    let number = this.freeRecords;
    if (number != 0) this.freeRecords = load<u32>(this.records.at(number));
    else if (this.records.add()) number = this.records.count - 1;
    else return 0;
    while (load<u32>(this.places + ((<usize>this.cursor) << 2)) != 0)
      this.cursor = (this.cursor + 1) % this.limit;
    const record = this.records.at(number);
    store<u32>(record, this.cursor);
    store<u32>(record, 0, 4);
    store<u32>(record, pfn, 8);
    store<u32>(record, NONE, 12);
    store<u32>(record, content, 16);
    store<u32>(record, <u32>isPrivate, 20);
    store<u32>(this.places + ((<usize>this.cursor) << 2), number);
    this.cursor = (this.cursor + 1) % this.limit;
    this.used++;
    this.idle++;
    this.peakUsed = max(this.peakUsed, this.used);
    return number;
  }

  @inline
  get isFull(): bool {
    return this.used == this.limit;
  }

  /** A page in memory whose place no entry refers to; NONE when there is none. */
  idlePage(): u32 {
    if (this.idle == 0) return NONE;
    while (true) {
      const number = this.recordAt(this.cursor);
      this.cursor = (this.cursor + 1) % this.limit;
      if (number != 0 && this.refs(number) == 0) return this.pfn(number);
    }
  }

  /** Frees a record, which no entry refers to, and its place. */
  free(number: u32): void {
    assert(this.refs(number) == 0, "a record of swap is freed that entries refer to");
    const record = this.records.at(number);
    store<u32>(this.places + ((<usize>load<u32>(record)) << 2), 0);
    store<u32>(record, this.freeRecords);
    this.freeRecords = number;
    this.used--;
    this.idle--;
  }

  @inline
  place(number: u32): u32 {
    return load<u32>(this.records.at(number));
  }

  /** The record at a place; 0 when the place is free. */
  @inline
  recordAt(place: u32): u32 {
    return place < this.limit ? load<u32>(this.places + ((<usize>place) << 2)) : 0;
  }

  @inline
  refs(number: u32): u32 {
    return load<u32>(this.records.at(number), 4);
  }

  @inline
  setRefs(number: u32, refs: u32): void {
    this.idle += <u32>(refs == 0) - <u32>(this.refs(number) == 0);
    store<u32>(this.records.at(number), refs, 4);
  }

  @inline
  pfn(number: u32): u32 {
    return load<u32>(this.records.at(number), 8);
  }

  @inline
  setPfn(number: u32, pfn: u32): void {
    store<u32>(this.records.at(number), pfn, 8);
  }

  @inline
  ghost(number: u32): u32 {
    return load<u32>(this.records.at(number), 12);
  }

  @inline
  setGhost(number: u32, slot: u32): void {
    store<u32>(this.records.at(number), slot, 12);
  }

  /** The page's content, as in its frame's record while it is in memory. */
  @inline
  content(number: u32): u32 {
    return load<u32>(this.records.at(number), 16);
  }

  @inline
  isPrivate(number: u32): bool {
    return (load<u32>(this.records.at(number), 20) & 1) != 0;
  }

  @inline
  isInUse(number: u32): bool {
    return number != 0 && number < this.records.count && this.recordAt(this.place(number)) == number;
  }

  // For the check of soundness: references to each record are counted above the lowest bit of `private`, and
  // compared.

  beginCheck(): void {
    for (let number: u32 = 1; number < this.records.count; number++) {
      store<u32>(this.records.at(number), <u32>this.isPrivate(number), 20);
    }
  }

  countUser(number: u32): void {
    const record = this.records.at(number);
    store<u32>(record, load<u32>(record, 20) + 2, 20);
  }

  /** Is true when each record counts as many references as were found. */
  areRefsRight(): bool {
    for (let place: u32 = 0; place < this.limit; place++) {
      const number = this.recordAt(place);
      if (number != 0 && load<u32>(this.records.at(number), 20) >> 1 != this.refs(number)) return false;
    }
    return true;
  }

  /** Is true when each place in use has its record, and the counts are right. */
  isValid(): bool {
    let used: u32 = 0;
    let idle: u32 = 0;
    for (let place: u32 = 0; place < this.limit; place++) {
      const number = this.recordAt(place);
      if (number == 0) continue;
      used++;
      idle += <u32>(this.refs(number) == 0);
      if (this.place(number) != place || (this.refs(number) == 0 && this.pfn(number) == NONE)) return false;
    }
    return used == this.used && idle == this.idle;
  }
}
