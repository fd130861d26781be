/**
 * A set of page numbers: open addressing with linear probing over a power of two, at most half full, grown by
 * doubling. Old tables stay behind in the arena, so a set takes 16 to 64 bytes per page.
 *
 * An entry is the page's number plus one; 0 marks an empty place. The one number for which the sum is 0 is stored
 * separately.
 */
import { allocate, make } from "./arena";

const FIRST_BITS: u32 = 12;
/** Fibonacci hashing: 2^64 divided by the golden ratio (Knuth, volume 3, 6.4). */
const GOLDEN: u64 = 0x9e3779b97f4a7c15;

@final
@unmanaged
export class PageSet {
  count: u64;
  private entries: usize; // u64[1 << bits]
  private bits: u32;
  private hasLast: bool; // page 2^64 - 1

  /** Null when memory is out. */
  static create(): PageSet {
    const set = make<PageSet>();
    if (changetype<usize>(set) == 0) return set;
    set.bits = FIRST_BITS;
    set.entries = allocate((<u64>8) << FIRST_BITS);
    return set.entries == 0 ? changetype<PageSet>(0) : set;
  }

  /** Adds a page; false when memory is out. */
  add(page: u64): bool {
    const entry = page + 1;
    if (entry == 0) {
      if (!this.hasLast) this.count++;
      this.hasLast = true;
      return true;
    }
    const place = this.find(entry);
    if (load<u64>(place) == entry) return true;
    store<u64>(place, entry);
    this.count++;
    return this.count << 1 <= (<u64>1) << this.bits || this.grow();
  }

  has(page: u64): bool {
    const entry = page + 1;
    return entry == 0 ? this.hasLast : load<u64>(this.find(entry)) == entry;
  }

  /** The address of `entry`, or of the empty place for it. */
  private find(entry: u64): usize {
    const mask = ((<u32>1) << this.bits) - 1;
    let at = <u32>((entry * GOLDEN) >> (64 - this.bits));
    while (true) {
      const place = this.entries + ((<usize>at) << 3);
      const found = load<u64>(place);
      if (found == entry || found == 0) return place;
      at = (at + 1) & mask;
    }
  }

  private grow(): bool {
    const old = this.entries;
    const oldCount = (<u32>1) << this.bits;
    const entries = allocate((<u64>16) << this.bits);
    if (entries == 0) return false;
    this.entries = entries;
    this.bits++;
    for (let i: u32 = 0; i < oldCount; i++) {
      const entry = load<u64>(old + ((<usize>i) << 3));
      if (entry != 0) store<u64>(this.find(entry), entry);
    }
    return true;
  }

  /** Is true when every entry is found at its place, and the count is right. Walks the table. */
  isValid(): bool {
    let found: u64 = this.hasLast ? 1 : 0;
    for (let i: u32 = 0; i < (<u32>1) << this.bits; i++) {
      const place = this.entries + ((<usize>i) << 3);
      const entry = load<u64>(place);
      if (entry == 0) continue;
      if (this.find(entry) != place) return false;
      found++;
    }
    return found == this.count && this.count << 1 <= ((<u64>1) << this.bits) + 1;
  }
}
