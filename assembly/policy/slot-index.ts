/**
 * The hash that finds a page's slot by its key: open addressing with linear probing, at most half full, and backward
 * shift on removal (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R), so there are no
 * tombstones and a table never has to be rebuilt.
 *
 *   63          32 31         0
 *   ├─── hash ────┼── slot + 1 ─┤     a bucket; 0 is an empty one
 *
 * The home of a hash is its upper bits. The key itself stands in the slot's entry: it is read only where the whole
 * hash agrees, and next to the links that a hit is about to read anyway.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Hash, powerOfTwoFrom } from "../core/hash";

@final
@unmanaged
export class SlotIndex {
  buckets: usize; // u64[mask + 1]
  entries: usize; // of the slots
  shift: u32; // hash >> shift is the home
  mask: u32;

  /** For `count` slots whose entries are at `entries`; null when memory is out. */
  static create(count: u32, entries: usize): SlotIndex {
    const nothing = changetype<SlotIndex>(0);
    const index = make<SlotIndex>();
    if (changetype<usize>(index) == 0) return nothing;
    const size = powerOfTwoFrom((<u64>count) << 1);
    index.buckets = allocate(size << 3);
    if (index.buckets == 0) return nothing;
    index.entries = entries;
    index.mask = <u32>(size - 1);
    index.shift = <u32>clz<u32>(index.mask);
    return index;
  }

  /** The slot of `key`, or NONE. */
  find(key: u64): u32 {
    return SlotIndex.search(this.buckets, this.mask, this.shift, this.entries, key, Hash.of(key));
  }

  /** As `find`, for loops that hold the index's fields in locals: stores keep them from staying there otherwise. */
  @inline
  static search(buckets: usize, mask: u32, shift: u32, entries: usize, key: u64, hash: u32): u32 {
    let at = hash >> shift;
    while (true) {
      const bucket = load<u64>(buckets + ((<usize>at) << 3));
      if (bucket == 0) return NONE;
      if (<u32>(bucket >> 32) == hash) {
        const slot = <u32>bucket - 1;
        if (load<u64>(entries + ((<usize>slot) << 4)) == key) return slot;
      }
      at = (at + 1) & mask;
    }
  }

  /** Reads the bucket and the entry that `search` is likely to want, so that they come near; an arbitrary number. */
  @inline
  static peek(buckets: usize, shift: u32, entries: usize, hash: u32): u64 {
    const bucket = load<u64>(buckets + ((<usize>(hash >> shift)) << 3));
    const slot = max(<u32>bucket, 1) - 1;
    return load<u64>(entries + ((<usize>slot) << 4));
  }

  /** Reads the first bucket of `hash`, so that it comes near; an arbitrary number. */
  @inline
  peekHome(hash: u32): u64 {
    return load<u64>(this.buckets + ((<usize>(hash >> this.shift)) << 3));
  }

  /** Adds `slot`, whose key has this hash and is not in the table. */
  @inline
  add(slot: u32, hash: u32): void {
    const buckets = this.buckets;
    const mask = this.mask;
    let at = hash >> this.shift;
    while (load<u64>(buckets + ((<usize>at) << 3)) != 0) at = (at + 1) & mask;
    store<u64>(buckets + ((<usize>at) << 3), ((<u64>hash) << 32) | (slot + 1));
  }

  /** Removes `slot` by its entry's key. */
  remove(slot: u32): void {
    const buckets = this.buckets;
    const mask = this.mask;
    const shift = this.shift;
    const hash = Hash.of(load<u64>(this.entries + ((<usize>slot) << 4)));
    const wanted = ((<u64>hash) << 32) | (slot + 1);
    let hole = hash >> shift;
    while (load<u64>(buckets + ((<usize>hole) << 3)) != wanted) hole = (hole + 1) & mask;
    // A later bucket of the run moves into the hole unless its home lies between the hole and itself.
    let at = hole;
    while (true) {
      at = (at + 1) & mask;
      const bucket = load<u64>(buckets + ((<usize>at) << 3));
      if (bucket == 0) break;
      const home = <u32>(bucket >> 32) >> shift;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        store<u64>(buckets + ((<usize>hole) << 3), bucket);
        hole = at;
      }
    }
    store<u64>(buckets + ((<usize>hole) << 3), 0);
  }
}
