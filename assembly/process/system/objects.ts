/**
 * Objects that regions map: files, shared anonymous memory, and the kernel's own pages; with the page cache, their pages
 * in memory (Linux's `address_space`). Each page has an entry, found by object and index:
 *
 *   (object, index) ──> entry   0     4      8       12     16       20     24      32
 *                               ├ pfn ┼ swap ┼ ghost ┼ next ┼ object ┼ past ┼ index ┤
 *                                 u32   u32     u32    u32     u32      u32    u64
 *
 * pfn: its frame, NONE: not in memory; swap: the swap entry of a page of shared memory, 0: none; next: the
 * object's next entry; past: EVICTED after the page was evicted, CACHED after a call has read or written it since.
 */
import { NONE } from "../../abi/core";
import { OBJECT_HUGETLB, OBJECT_SHMEM } from "../../abi/process";
import { make } from "../../core/arena";
import { Chunks, MAX_ELEMENTS } from "../../core/chunks";
import { Hash } from "../../core/hash";
import { Ids } from "../../core/ids";

const ENTRY: u32 = 32;
/** The last event of a page, 0 for none: it was evicted; a call read or wrote it, so it is in memory. */
const EVICTED: u32 = 1;
const CACHED: u32 = 2;
/** Bits of a page's index in a key: files have at most 2^53 bytes. The other bits distinguish objects. */
const INDEX_BITS: u64 = 41;
const MAX_OBJECTS: u32 = 1 << 23;
/** Stands for no index. */
export const NOWHERE: u64 = u64.MAX_VALUE;
/**
 * An object: kind u32, references u32, size in bytes u64, first entry u32, inode u32, map count u32, reserved u32,
 * and cached bytes u64: how many of its first bytes count as read or written before.
 */
const OBJECT: u32 = 40;

@final
@unmanaged
export class Objects {
  private ids: Ids;
  private entries: Chunks;
  private objects: Chunks; // object 0 is none
  /** The last inode number that the kernel gave to a file of its own: they are consecutive, as from get_next_ino. */
  private inodes: u32;

  /** Null when memory is out. */
  static create(): Objects {
    const nothing = changetype<Objects>(0);
    const objects = make<Objects>();
    if (changetype<usize>(objects) == 0) return nothing;
    objects.ids = Ids.create();
    objects.entries = Chunks.create(ENTRY);
    objects.objects = Chunks.create(OBJECT);
    if (changetype<usize>(objects.ids) == 0 || changetype<usize>(objects.entries) == 0) return nothing;
    if (changetype<usize>(objects.objects) == 0 || !objects.objects.add()) return nothing;
    return objects;
  }

  /** A new object with one reference; 0 when memory is out. */
  create(kind: u32, sizeBytes: u64): u32 {
    if (this.objects.count == MAX_OBJECTS || !this.objects.add()) return 0;
    const number = this.objects.count - 1;
    const object = this.objects.at(number);
    store<u32>(object, kind);
    store<u32>(object, 1, 4);
    store<u64>(object, sizeBytes, 8);
    store<u32>(object, NONE, 16);
    store<u64>(object, sizeBytes, 32);
    if (kind == OBJECT_SHMEM || kind == OBJECT_HUGETLB) store<u32>(object, ++this.inodes, 20);
    return number;
  }

  @inline
  exists(object: u32): bool {
    return object != 0 && object < this.objects.count;
  }

  @inline
  kind(object: u32): u32 {
    return load<u32>(this.objects.at(object));
  }

  @inline
  size(object: u32): u64 {
    return load<u64>(this.objects.at(object), 8);
  }

  /** The inode number of memory without a named file: a running number of its kind; 0 for other objects. */
  inode(object: u32): u32 {
    return load<u32>(this.objects.at(object), 20);
  }

  /** Explicit huge pages reserved for the object and not allocated yet. */
  @inline
  reserved(object: u32): u32 {
    return load<u32>(this.objects.at(object), 28);
  }

  setReserved(object: u32, pages: u32): void {
    store<u32>(this.objects.at(object), pages, 28);
  }

  /** The size in pages. */
  pages(object: u32, pageShift: u32): u64 {
    return (this.size(object) + (((<u64>1) << pageShift) - 1)) >> pageShift;
  }

  /** Sets the size. Bytes past the old end of a growing object count as unread. */
  setSize(object: u32, bytes: u64): void {
    store<u64>(this.objects.at(object), bytes, 8);
    this.setCachedBytes(object, min(this.cachedBytes(object), bytes));
  }

  /** The number of first bytes that count as read or written before. */
  @inline
  cachedBytes(object: u32): u64 {
    return load<u64>(this.objects.at(object), 32);
  }

  setCachedBytes(object: u32, bytes: u64): void {
    store<u64>(this.objects.at(object), bytes, 32);
  }

  /** Is true when its pages are evicted to swap, not to a file. */
  @inline
  isSwapped(object: u32): bool {
    return this.kind(object) == OBJECT_SHMEM;
  }

  @inline
  references(object: u32): u32 {
    return load<u32>(this.objects.at(object), 4);
  }

  retain(object: u32): void {
    store<u32>(this.objects.at(object), this.references(object) + 1, 4);
  }

  /** Drops a reference. True when it was the last. */
  release(object: u32): bool {
    const left = this.references(object) - 1;
    store<u32>(this.objects.at(object), left, 4);
    return left == 0;
  }

  // For the check of soundness: how many regions map each object.

  beginCheck(): void {
    for (let object: u32 = 1; this.exists(object); object++) store<u32>(this.objects.at(object), 0, 24);
  }

  countUser(object: u32): void {
    store<u32>(this.objects.at(object), this.mapCount(object) + 1, 24);
  }

  mapCount(object: u32): u32 {
    return load<u32>(this.objects.at(object), 24);
  }

  private static key(object: u32, index: u64): u64 {
    return ((<u64>object) << INDEX_BITS) ^ index;
  }

  /** The entry of a page; NONE when it was never in memory. */
  find(object: u32, index: u64): u32 {
    const key = Objects.key(object, index);
    return this.ids.find(key, Hash.of(key));
  }

  /** The entry of a page, made if there is none; NONE when memory is out. */
  entry(object: u32, index: u64): u32 {
    const key = Objects.key(object, index);
    const number = this.ids.of(key, Hash.of(key));
    if (number == NONE || number < this.entries.count) return number;
    if (!this.entries.add()) return NONE;
    const entry = this.entries.at(number);
    const head = this.objects.at(object);
    store<u32>(entry, NONE);
    store<u32>(entry, NONE, 8);
    store<u32>(entry, load<u32>(head, 16), 12);
    store<u32>(head, number, 16);
    store<u32>(entry, object, 16);
    store<u64>(entry, index, 24);
    return number;
  }

  /** The maximum number of entries. */
  get maxEntries(): u32 {
    return MAX_ELEMENTS;
  }

  /** The bytes needed to grow to `count` entries. */
  bytesFor(count: u64): u64 {
    return this.entries.bytesFor(count) + this.ids.bytesFor(count);
  }

  /** Buckets of the hash table of entries. */
  get buckets(): u32 {
    return this.ids.buckets;
  }

  /** The index of the object's page in the bucket; `NOWHERE` when it holds none of this object. */
  indexIn(bucket: u32, object: u32): u64 {
    const key = this.ids.keyIn(bucket);
    return key >> INDEX_BITS == object ? key & (((<u64>1) << INDEX_BITS) - 1) : NOWHERE;
  }

  /** Is true when the entry's page is evicted to swap. */
  isSwappedEntry(entry: u32): bool {
    return this.isSwapped(load<u32>(this.entries.at(entry), 16));
  }

  /**
   * Is true when the page must be read from its file: it was evicted, or never read nor written. Assumes that the
   * system is not cold.
   */
  mustRead(object: u32, index: u64, entry: u32, pageShift: u32): bool {
    const past = entry == NONE ? 0 : load<u32>(this.entries.at(entry), 20);
    return past == EVICTED || (past == 0 && index << pageShift >= this.cachedBytes(object));
  }

  setEvicted(entry: u32): void {
    store<u32>(this.entries.at(entry), EVICTED, 20);
  }

  setCached(entry: u32): void {
    store<u32>(this.entries.at(entry), CACHED, 20);
  }

  @inline
  index(entry: u32): u64 {
    return load<u64>(this.entries.at(entry), 24);
  }

  @inline
  object(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 16);
  }

  /** The first entry of an object; NONE when there is none. */
  first(object: u32): u32 {
    return load<u32>(this.objects.at(object), 16);
  }

  @inline
  next(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 12);
  }

  @inline
  pfn(entry: u32): u32 {
    return load<u32>(this.entries.at(entry));
  }

  @inline
  setPfn(entry: u32, pfn: u32): void {
    store<u32>(this.entries.at(entry), pfn);
  }

  @inline
  swapEntry(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 4);
  }

  @inline
  setSwapEntry(entry: u32, swapEntry: u32): void {
    store<u32>(this.entries.at(entry), swapEntry, 4);
  }

  @inline
  ghost(entry: u32): u32 {
    return load<u32>(this.entries.at(entry), 8);
  }

  @inline
  setGhost(entry: u32, slot: u32): void {
    store<u32>(this.entries.at(entry), slot, 8);
  }
}

/**
 * An iterator over the entries of an object in a range: index by index, or over the hash table of all entries where
 * that is shorter.
 */
@final
@unmanaged
export class ObjectPages {
  private objects: Objects;
  private object: u32;
  private first: u64;
  private end: u64;
  /** The next index, or the next bucket. */
  private at: u64;

  /** Starts a walk from `first` to `end`. */
  begin(objects: Objects, object: u32, first: u64, end: u64): void {
    this.objects = objects;
    this.object = object;
    this.first = first;
    this.end = max(first, end);
    this.at = this.isByTable ? 0 : first;
  }

  private get isByTable(): bool {
    return this.end - this.first > <u64>this.objects.buckets;
  }

  /** The next page's entry; NONE after the last. */
  next(): u32 {
    return this.isByTable ? this.nextInTable() : this.nextInRange();
  }

  private nextInRange(): u32 {
    while (this.at < this.end) {
      const entry = this.objects.find(this.object, this.at);
      this.at++;
      if (entry != NONE) return entry;
    }
    return NONE;
  }

  private nextInTable(): u32 {
    while (this.at < <u64>this.objects.buckets) {
      const index = this.objects.indexIn(<u32>this.at, this.object);
      this.at++;
      if (index >= this.first && index < this.end) return this.objects.find(this.object, index);
    }
    return NONE;
  }
}
