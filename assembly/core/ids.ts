/**
 * Dense numbers for 64-bit keys, 0, 1, 2 … in the order of their first appearance: open addressing with linear probing
 * that doubles at three quarters full. Costs 21 to 43 bytes per key, and as much again for the old tables that growth
 * leaves behind: none if the number of keys was expected.
 *
 *   0         8         12    16
 *   ├ key u64 ┼ id + 1 ─┼─ 0 ─┤     a bucket; `id + 1` is 0 in an empty one
 *
 * Page numbers are often small (`forPages`). When the table is full, its keys move to an array, if that takes no more memory
 * than the larger table would: a load instead of a search, in less memory. Keys beyond its end remain in the table.
 *
 *   ├ id + 1 ┼ id + 1 ┼ … ┤           u32 by key, below `limit`; 0: no such key
 */
import { NONE } from "../abi/core";
import { allocate, make } from "./arena";
import { Hash, powerOfTwoFrom } from "./hash";

const BUCKET_SHIFT: usize = 4;
const BUCKET_ID: usize = 8;
const FIRST_BUCKETS: u32 = 4096;
/** Keys numbered at once: enough to keep a processor's outstanding reads busy. */
const WINDOW: usize = 128;
const MOST_BUCKETS: u64 = 1 << 27; // 2 GiB
const MOST_LIMIT: u64 = 1 << 28; // 1 GiB

@final
@unmanaged
export class Ids {
  /** The number of keys. */
  count: u32;
  private table: usize;
  private mask: u32;
  private shift: u32;
  private hashed: u32; // keys in the table
  private largest: u64; // of the keys that are or were in the table
  private array: usize;
  private limit: u64;
  /** The number of keys that will come, if it is known. */
  private expected: u32;
  private mayMap: bool;
  /** Uses what `numberAll` reads ahead, so that the compiler keeps the reads. */
  sink: u32;

  /** For about `expected` keys; null when memory is out. */
  static create(expected: u32 = 0): Ids {
    const nothing = changetype<Ids>(0);
    const ids = make<Ids>();
    if (changetype<usize>(ids) == 0) return nothing;
    return ids.resize(Ids.bucketsFor(expected)) ? ids : nothing;
  }

  /** For page numbers, about `expected` of them. Neither `buckets` nor `keyIn` may be used. */
  static forPages(expected: u32): Ids {
    const ids = Ids.create();
    if (changetype<usize>(ids) == 0) return ids;
    ids.expected = expected;
    ids.mayMap = true;
    return ids;
  }

  /** Buckets for so many keys: not more than three quarters are in use, with one to spare. */
  private static bucketsFor(keys: u32): u32 {
    const buckets = powerOfTwoFrom(<u64>keys + 1 + (<u64>keys + 1) / 3);
    return max(<u32>min(buckets, MOST_BUCKETS), FIRST_BUCKETS);
  }

  /**
   * Writes the numbers of `count` keys (u64) to `into` (u32), and adds the new ones; false when memory is out. The first
   * bucket of each of the next keys is read before, in a loop whose iterations do not depend on each other, so that its
   * cache misses overlap. Keys in the array need no such loop, since no branch depends on what is read.
   */
  numberAll(keys: usize, count: u32, into: usize): bool {
    const end = keys + ((<usize>count) << 3);
    while (keys < end) {
      const next = this.numberMapped(keys, end, into);
      into += (next - keys) >> 1;
      keys = next;
      const last = min(keys + (WINDOW << 3), end);
      let sum: u32 = 0;
      for (let at = keys; at < last; at += 8) sum += load<u32>(this.placeOf(load<u64>(at)));
      this.sink = sum;
      for (; keys < last; keys += 8, into += 4) {
        const id = this.of(load<u64>(keys), Hash.of(load<u64>(keys)));
        if (id == NONE) return false;
        store<u32>(into, id);
      }
    }
    return true;
  }

  /** The same for the first keys that are in reach of the array; the address of the first that is not, or `end`. */
  private numberMapped(keys: usize, end: usize, into: usize): usize {
    const array = this.array;
    const limit = this.limit;
    for (; keys < end; keys += 8, into += 4) {
      const key = load<u64>(keys);
      if (key >= limit) break;
      const place = array + ((<usize>key) << 2);
      const id = load<u32>(place);
      store<u32>(into, id != 0 ? id - 1 : this.addMapped(place));
    }
    return keys;
  }

  /** The number of `key`, added if it is new; NONE when memory is out. `hash`: the key's hash. */
  @inline
  of(key: u64, hash: u32): u32 {
    if (key < this.limit) {
      const place = this.array + ((<usize>key) << 2);
      const id = load<u32>(place);
      return id != 0 ? id - 1 : this.addMapped(place);
    }
    const mask = this.mask;
    let at = hash >> this.shift;
    while (true) {
      const bucket = this.table + ((<usize>at) << BUCKET_SHIFT);
      const id = load<u32>(bucket, BUCKET_ID);
      if (id == 0) return this.add(key, bucket);
      if (load<u64>(bucket) == key) return id - 1;
      at = (at + 1) & mask;
    }
  }

  /** The number of `key`; NONE when it has none. */
  find(key: u64, hash: u32): u32 {
    if (key < this.limit) return load<u32>(this.array + ((<usize>key) << 2)) - 1;
    let at = hash >> this.shift;
    while (true) {
      const bucket = this.table + ((<usize>at) << BUCKET_SHIFT);
      const id = load<u32>(bucket, BUCKET_ID);
      if (id == 0) return NONE;
      if (load<u64>(bucket) == key) return id - 1;
      at = (at + 1) & this.mask;
    }
  }

  /** The number in the first bucket of `hash`, any number when it is empty. Reading it prefetches the bucket. */
  @inline
  peek(hash: u32): u32 {
    return load<u32>(this.table + ((<usize>(hash >> this.shift)) << BUCKET_SHIFT), BUCKET_ID) - 1;
  }

  /** Where the number of `key` is looked for first. Branches on nothing. */
  @inline
  private placeOf(key: u64): usize {
    const bucket = this.table + ((<usize>(Hash.of(key) >> this.shift)) << BUCKET_SHIFT) + BUCKET_ID;
    return select<usize>(this.array + ((<usize>key) << 2), bucket, key < this.limit);
  }

  private addMapped(place: usize): u32 {
    store<u32>(place, ++this.count);
    return this.count - 1;
  }

  private add(key: u64, bucket: usize): u32 {
    const id = this.count;
    store<u64>(bucket, key);
    store<u32>(bucket, id + 1, BUCKET_ID);
    this.count++;
    this.hashed++;
    this.largest = max(this.largest, key);
    const size = this.mask + 1;
    return this.hashed <= size - (size >> 2) || this.grow() ? id : NONE;
  }

  private grow(): bool {
    const buckets = max((this.mask + 1) << 1, Ids.bucketsFor(this.expected));
    return (this.mayMap && this.map(buckets)) || this.resize(buckets);
  }

  /** Moves all keys to the array, if it takes no more than so many buckets; false if not, or when memory is out. */
  private map(buckets: u32): bool {
    const limit = max(powerOfTwoFrom(min(this.largest, MOST_LIMIT) + 1), <u64>this.expected);
    if (limit > MOST_LIMIT || limit > (<u64>buckets) << (BUCKET_SHIFT - 2)) return false;
    const array = allocate(limit << 2);
    if (array == 0) return false;
    memory.copy(array, this.array, <usize>(this.limit << 2));
    this.array = array;
    this.limit = limit;
    for (let n: u32 = 0; n <= this.mask; n++) {
      const bucket = this.table + ((<usize>n) << BUCKET_SHIFT);
      const id = load<u32>(bucket, BUCKET_ID);
      if (id != 0) store<u32>(array + ((<usize>load<u64>(bucket)) << 2), id);
    }
    memory.fill(this.table, 0, (<usize>this.mask + 1) << BUCKET_SHIFT);
    this.hashed = 0;
    return true;
  }

  private resize(size: u32): bool {
    const old = this.table;
    const oldSize: u32 = old == 0 ? 0 : this.mask + 1;
    const buckets = allocate((<u64>size) << BUCKET_SHIFT);
    if (buckets == 0) return false;
    this.table = buckets;
    this.mask = size - 1;
    this.shift = <u32>clz<u32>(this.mask);
    for (let n: u32 = 0; n < oldSize; n++) {
      const bucket = old + ((<usize>n) << BUCKET_SHIFT);
      if (load<u32>(bucket, BUCKET_ID) != 0) this.move(bucket);
    }
    return true;
  }

  /** The number of buckets. */
  get buckets(): u32 {
    return this.mask + 1;
  }

  /** The key in a bucket; 2^64 - 1 for an empty one. */
  keyIn(bucket: u32): u64 {
    const at = this.table + ((<usize>bucket) << BUCKET_SHIFT);
    return load<u32>(at, BUCKET_ID) == 0 ? u64.MAX_VALUE : load<u64>(at);
  }

  /** The bytes needed to grow to `count` keys. */
  bytesFor(count: u64): u64 {
    let bytes: u64 = 0;
    for (let size = <u64>this.mask + 1; count > size - (size >> 2); ) {
      size <<= 1;
      bytes += size << BUCKET_SHIFT;
    }
    return bytes;
  }

  private move(from: usize): void {
    const key = load<u64>(from);
    let at = Hash.of(key) >> this.shift;
    let bucket = this.table + ((<usize>at) << BUCKET_SHIFT);
    while (load<u32>(bucket, BUCKET_ID) != 0) {
      at = (at + 1) & this.mask;
      bucket = this.table + ((<usize>at) << BUCKET_SHIFT);
    }
    store<u64>(bucket, key);
    store<u32>(bucket, load<u32>(from, BUCKET_ID), BUCKET_ID);
  }

  /** Is true when every number from 0 on is used once, and found by its key. Allocates memory for the check. */
  isValid(): bool {
    const seen = allocate(this.count);
    if (seen == 0) return true;
    let found: u32 = 0;
    for (let n: u32 = 0; n <= this.mask; n++) {
      const bucket = this.table + ((<usize>n) << BUCKET_SHIFT);
      const id = load<u32>(bucket, BUCKET_ID);
      if (id == 0) continue;
      const key = load<u64>(bucket);
      if (this.find(key, Hash.of(key)) != id - 1 || !this.isNew(seen, id)) return false;
      found++;
    }
    if (found != this.hashed) return false;
    for (let key: usize = 0; key < <usize>this.limit; key++) {
      const id = load<u32>(this.array + (key << 2));
      if (id == 0) continue;
      if (!this.isNew(seen, id)) return false;
      found++;
    }
    return found == this.count;
  }

  /** Is true the first time for a number of the keys, plus one. */
  private isNew(seen: usize, id: u32): bool {
    if (id > this.count || load<u8>(seen + id - 1) != 0) return false;
    store<u8>(seen + id - 1, 1);
    return true;
  }
}
