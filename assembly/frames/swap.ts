/**
 * Swap: a swap entry for each page that was evicted or has a copy in swap, and the places of the copies. It is Linux's
 * swap map, swap cache and shadow entries in one (mm/swapfile.c, mm/swap_state.c, mm/workingset.c). A non-present entry
 * of a page table holds the number of its page's swap entry. After a fork several may hold it.
 *
 *   0       4      8     12      16        20      21      22      24
 *   ├ place ┼ refs ┼ pfn ┼ ghost ┼ content ┼ flags ┼ order ┼ found ┤
 *      u32    u32    u32    u32      u32       u8      u8      u16
 *
 *   place    the first of 2^order places; NONE: the page has no copy, since it never was dirty (`replay` only)
 *   refs     page-table entries, and objects, that hold the number
 *   pfn      the frame while the page is in memory as well; otherwise NONE
 *   ghost    the policy's slot of the evicted page, NONE: forgotten
 *   content  the page's, in `run`: see process/system/system.ts
 *   flags    PRIVATE: not a page of an object; in `replay` READ, WRITE, EXECUTE and USER of mmu/entry.ts as well
 *   found    references found by the check of soundness
 *
 *   places ──> u32 by place: the swap entry that has it; 0: free
 *
 * A swap entry keeps its place while its page is in memory and clean, so that the page can be evicted again without a
 * write. Places are allocated next-fit, as Linux scans its map, so that pages evicted together lie together and
 * readahead brings them in together. A huge page takes a run of places. Swap entry 0 is none.
 */
import { NONE } from "../abi/core";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";

const ENTRY_BYTES: u32 = 24;
const PRIVATE: u8 = 0x80;

@final
@unmanaged
export class Swap {
  /** The number of places, and of those in use. */
  limit: u32;
  used: u32;
  /** Swap entries with a place that nothing refers to; their pages are in memory. */
  private idle: u32;
  private cursor: u32;
  private places: Chunks; // those used so far
  private entries: Chunks;
  private freeEntries: u32; // linked by `place`

  /** Null when memory is out. */
  static create(limit: u32): Swap {
    const nothing = changetype<Swap>(0);
    const swap = make<Swap>();
    if (changetype<usize>(swap) == 0) return nothing;
    swap.limit = limit;
    swap.places = Chunks.create(sizeof<u32>());
    swap.entries = Chunks.create(ENTRY_BYTES);
    if (changetype<usize>(swap.places) == 0 || changetype<usize>(swap.entries) == 0) return nothing;
    return swap.entries.add() ? swap : nothing;
  }

  /** Allocates a swap entry without a place, for the page in `pfn`; 0 when Wasm's memory is out. */
  alloc(pfn: u32, content: u32, isPrivate: bool): u32 {
    let entry = this.freeEntries;
    if (entry != 0) this.freeEntries = this.place(entry);
    else if (this.entries.add()) entry = this.entries.count - 1;
    else return 0;
    const at = this.entries.at(entry);
    store<u32>(at, NONE);
    store<u32>(at, 0, 4);
    store<u32>(at, pfn, 8);
    store<u32>(at, NONE, 12);
    store<u32>(at, content, 16);
    store<u32>(at, isPrivate ? PRIVATE : 0, 20);
    return entry;
  }

  /**
   * Allocates 2^order places for a swap entry, if it has none; false when swap has no room for them, or when Wasm's
   * memory is out.
   */
  allocPlaces(entry: u32, order: u32): bool {
    if (this.place(entry) != NONE) return true;
    const pages = (<u32>1) << order;
    const place = this.limit - this.used < pages ? NONE : this.findFree(pages);
    if (place == NONE || !this.growTo(place + pages)) return false;
    this.setPlaces(entry, place, order);
    this.cursor = place + pages == this.limit ? 0 : place + pages;
    this.used += pages;
    this.idle += <u32>(this.refs(entry) == 0);
    return true;
  }

  /** The first place of the next free run of `pages`; NONE when there is none. */
  private findFree(pages: u32): u32 {
    let first = this.cursor;
    let free: u32 = 0;
    for (let seen: u64 = 0; seen <= <u64>this.limit + pages; seen++) {
      const place = first + free;
      if (place == this.limit) {
        first = 0;
        free = 0;
      } else if (this.entryAt(place) != 0) {
        first = place + 1;
        free = 0;
      } else if (++free == pages) {
        return first;
      }
    }
    return NONE;
  }

  private growTo(count: u32): bool {
    while (this.places.count < count) {
      if (!this.places.add()) return false;
    }
    return true;
  }

  private setPlaces(entry: u32, place: u32, order: u32): void {
    store<u32>(this.entries.at(entry), place);
    store<u8>(this.entries.at(entry), <u8>order, 21);
    this.fillPlaces(place, order, entry);
  }

  private fillPlaces(place: u32, order: u32, entry: u32): void {
    for (let n: u32 = 0; n < (<u32>1) << order; n++) store<u32>(this.places.at(place + n), entry);
  }

  /**
   * Splits 2^order pages off a huge page's swap entry, the ones after its first `skipped`: allocates a swap entry with
   * one reference, their places and its permissions; 0 when Wasm's memory is out. Once all are split off, `freeSplit`.
   */
  splitOff(huge: u32, skipped: u32, order: u32): u32 {
    const entry = this.alloc(NONE, this.content(huge), this.isPrivate(huge));
    if (entry == 0) return 0;
    this.setRefs(entry, 1);
    this.setPermissions(entry, this.permissions(huge));
    if (this.place(huge) != NONE) this.setPlaces(entry, this.place(huge) + skipped, order);
    return entry;
  }

  /** Frees a swap entry whose pages were split off. */
  freeSplit(huge: u32): void {
    this.link(huge);
  }

  /** Frees a swap entry, which nothing refers to, and its places. */
  free(entry: u32): void {
    assert(this.refs(entry) == 0, "a swap entry is freed that something refers to");
    const place = this.place(entry);
    if (place != NONE) {
      this.fillPlaces(place, this.order(entry), 0);
      this.used -= (<u32>1) << this.order(entry);
      this.idle--;
    }
    this.link(entry);
  }

  private link(entry: u32): void {
    store<u32>(this.entries.at(entry), this.freeEntries);
    this.freeEntries = entry;
  }

  get isFull(): bool {
    return this.used == this.limit;
  }

  /** A page in memory with a place that nothing refers to; NONE when there is none. */
  idlePage(): u32 {
    if (this.idle == 0) return NONE;
    while (true) {
      const entry = this.entryAt(this.cursor);
      this.cursor = this.cursor + 1 == this.limit ? 0 : this.cursor + 1;
      if (entry != 0 && this.refs(entry) == 0) return this.pfn(entry);
    }
  }

  place(entry: u32): u32 {
    return load<u32>(this.entries.at(entry));
  }

  private order(entry: u32): u32 {
    return load<u8>(this.entries.at(entry), 21);
  }

  /** The swap entry that has a place; 0 when the place is free. */
  entryAt(place: u32): u32 {
    return place < this.places.count ? load<u32>(this.places.at(place)) : 0;
  }

  refs(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 4);
  }

  setRefs(entry: u32, refs: u32): void {
    const at = this.entries.at(entry);
    if (load<u32>(at) != NONE) this.idle += <u32>(refs == 0) - <u32>(load<u32>(at, 4) == 0);
    store<u32>(at, refs, 4);
  }

  pfn(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 8);
  }

  setPfn(entry: u32, pfn: u32): void {
    store<u32>(this.entries.at(entry), pfn, 8);
  }

  ghost(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 12);
  }

  setGhost(entry: u32, slot: u32): void {
    store<u32>(this.entries.at(entry), slot, 12);
  }

  /** The page's content, as in its frame's record while it is in memory. */
  content(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 16);
  }

  permissions(entry: u32): u32 {
    return load<u8>(this.entries.at(entry), 20) & ~PRIVATE;
  }

  setPermissions(entry: u32, permissions: u32): void {
    const at = this.entries.at(entry);
    store<u8>(at, (load<u8>(at, 20) & PRIVATE) | <u8>permissions, 20);
  }

  isPrivate(entry: u32): bool {
    return (load<u8>(this.entries.at(entry), 20) & PRIVATE) != 0;
  }

  /** Is true when the swap entry exists and has its place. */
  isInUse(entry: u32): bool {
    return entry != 0 && entry < this.entries.count && this.entryAt(this.place(entry)) == entry;
  }

  // For the check of soundness: the references to each swap entry are counted in `found`, and compared.

  beginCheck(): void {
    for (let entry: u32 = 1; entry < this.entries.count; entry++) store<u16>(this.entries.at(entry), 0, 22);
  }

  countUser(entry: u32): void {
    const at = this.entries.at(entry);
    store<u16>(at, load<u16>(at, 22) + 1, 22);
  }

  /** Is true when each swap entry with a place counts as many references as were found. */
  areRefsRight(): bool {
    for (let place: u32 = 0; place < this.places.count; place++) {
      const entry = this.entryAt(place);
      if (entry != 0 && load<u16>(this.entries.at(entry), 22) != this.refs(entry)) return false;
    }
    return true;
  }

  /** Is true when each place in use lies in its swap entry's run, the counts are right, and the free list ends. */
  isValid(): bool {
    let used: u32 = 0;
    let idle: u32 = 0;
    for (let place: u32 = 0; place < this.places.count; place++) {
      const entry = this.entryAt(place);
      if (entry == 0) continue;
      used++;
      if (place - this.place(entry) >= (<u32>1) << this.order(entry)) return false;
      if (this.refs(entry) != 0) continue;
      idle += <u32>(place == this.place(entry));
      if (this.pfn(entry) == NONE) return false;
    }
    let freed: u32 = 0;
    for (let entry = this.freeEntries; entry != 0; entry = this.place(entry)) {
      if (++freed >= this.entries.count) return false;
    }
    return used == this.used && idle == this.idle && used <= this.limit;
  }
}
