/**
 * Dense numbers for 64-bit keys, 0, 1, 2 … in the order of their first appearance: a hash table of chunks of a cache line,
 * each with twelve places, whose tags are compared by one vector operation. An entry whose home chunk is full is stored in
 * the next chunk with room, and every full chunk that it passed counts it, so a search ends at the first chunk with a count
 * of 0. The layout is that of Bronson and Shi's F14 (Facebook Engineering, 2019), with numbers instead of pointers.
 *
 *   0                 12          16                             64
 *   ├─ tag u8 × 12 ───┼─ passed ──┼──────── id u32 × 12 ─────────┤     a chunk; a tag of 0 is a free place
 *
 * A hash's upper bits select its home chunk, its lower seven are its tag. The keys lie in an array by number, where those
 * that came first, usually the most frequent, are neighbours.
 *
 * The table doubles at eight keys a chunk. Costs 16 to 24 bytes per key, and up to 16 for the old tables that growth leaves
 * behind: none if the number of keys was expected.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "./arena";
import { Chunks } from "./chunks";
import { Hash, powerOfTwoFrom } from "./hash";

const CHUNK_SHIFT: u32 = 6;
const PLACES: u32 = 0xfff; // a bit for each
const PASSED: usize = 12;
const IDS: usize = 16;
/** Keys per chunk at which the table doubles: 2 to this power. */
const FULL_SHIFT: u32 = 3;
const FIRST_CHUNKS: u32 = 512;
const KEY_BYTES: u32 = 8;
/** Keys numbered at once: enough to keep a processor's outstanding reads busy. */
const WINDOW: u32 = 32;

@final
@unmanaged
export class Ids {
  private keys: Chunks; // u64 by number
  private chunks: usize; // aligned to a cache line, as all allocations are
  private mask: u32;
  private shift: u32; // hash >> shift is the home
  /** Uses what `numberAll` reads ahead, so that the compiler keeps it. */
  sink: u64;

  /** For about `expected` keys; null when memory is out. */
  static create(expected: u32 = 0): Ids {
    const ids = make<Ids>();
    if (changetype<usize>(ids) == 0) return ids;
    ids.keys = Chunks.create(KEY_BYTES);
    const chunks = max(<u32>powerOfTwoFrom(<u64>expected >> FULL_SHIFT), FIRST_CHUNKS);
    return changetype<usize>(ids.keys) != 0 && ids.resize(chunks) ? ids : changetype<Ids>(0);
  }

  /** The number of keys. */
  @inline
  get count(): u32 {
    return this.keys.count;
  }

  /** The key of a number below `count`. */
  @inline
  keyOf(id: u32): u64 {
    return load<u64>(this.keys.at(id));
  }

  /** The number of `key`, added if it is new; NONE when memory is out. `hash`: the key's hash. */
  @inline
  of(key: u64, hash: u32): u32 {
    const id = this.find(key, hash);
    return id != NONE ? id : this.add(key, hash);
  }

  /** The number of `key`; NONE when it has none. */
  find(key: u64, hash: u32): u32 {
    const tag = Ids.tag(hash);
    const mask = this.mask;
    let home = hash >> this.shift;
    while (true) {
      const chunk = this.chunk(home);
      for (let found = Ids.matches(chunk, tag); found != 0; found &= found - 1) {
        const id = Ids.idAt(chunk, ctz(found));
        if (this.keyOf(id) == key) return id;
      }
      if (load<u32>(chunk, PASSED) == 0) return NONE;
      home = (home + 1) & mask;
    }
  }

  /**
   * Writes the numbers of `count` keys (u64) to `into` (u32), and adds the new ones; false when memory is out. First
   * guesses the numbers of the next few: the first of the home chunk whose tag matches. In that loop no iteration
   * depends on another, so that its cache misses overlap.
   */
  numberAll(keys: usize, count: u32, into: usize): bool {
    const end = keys + ((<usize>count) << 3);
    while (keys < end) {
      const last = min(keys + (WINDOW << 3), end);
      this.guess(keys, last, into);
      for (; keys < last; keys += 8, into += 4) {
        const key = load<u64>(keys);
        const guess = load<u32>(into);
        if (guess < this.count && this.keyOf(guess) == key) continue;
        const id = this.of(key, Hash.of(key));
        if (id == NONE) return false;
        store<u32>(into, id);
      }
    }
    return true;
  }

  @inline
  private guess(keys: usize, last: usize, into: usize): void {
    const chunks = this.chunks;
    const shift = this.shift;
    let sum: u64 = 0;
    for (; keys < last; keys += 8, into += 4) {
      const hash = Hash.of(load<u64>(keys));
      const chunk = chunks + ((<usize>(hash >> shift)) << CHUNK_SHIFT);
      const id = Ids.idAt(chunk, ctz(Ids.matches(chunk, Ids.tag(hash)) | 0x800));
      store<u32>(into, id);
      sum += this.keyOf(id);
    }
    this.sink = sum;
  }

  /** Reads the home chunk of `hash` to prefetch it; an arbitrary number. */
  @inline
  peek(hash: u32): u32 {
    return load<u32>(this.chunk(hash >> this.shift));
  }

  private add(key: u64, hash: u32): u32 {
    if (!this.keys.add()) return NONE;
    const id = this.count - 1;
    store<u64>(this.keys.at(id), key);
    this.place(id, hash);
    const chunks = this.mask + 1;
    return this.count <= chunks << FULL_SHIFT || this.resize(chunks << 1) ? id : NONE;
  }

  private place(id: u32, hash: u32): void {
    let home = hash >> this.shift;
    let chunk = this.chunk(home);
    let free = Ids.matches(chunk, 0);
    while (free == 0) {
      store<u32>(chunk, load<u32>(chunk, PASSED) + 1, PASSED);
      home = (home + 1) & this.mask;
      chunk = this.chunk(home);
      free = Ids.matches(chunk, 0);
    }
    const place = <usize>ctz(free);
    store<u8>(chunk + place, Ids.tag(hash));
    store<u32>(chunk + (place << 2), id, IDS);
  }

  private resize(chunks: u32): bool {
    const table = allocate((<u64>chunks) << CHUNK_SHIFT);
    if (table == 0) return false;
    this.chunks = table;
    this.mask = chunks - 1;
    this.shift = <u32>clz<u32>(this.mask);
    for (let id: u32 = 0; id < this.count; id++) this.place(id, Hash.of(this.keyOf(id)));
    return true;
  }

  /** The bytes needed to grow to `count` keys. */
  bytesFor(count: u64): u64 {
    let bytes = this.keys.bytesFor(count);
    for (let chunks = <u64>this.mask + 1; count > chunks << FULL_SHIFT; ) {
      chunks <<= 1;
      bytes += chunks << CHUNK_SHIFT;
    }
    return bytes;
  }

  /** Is true when each number is found by its key and is in the table once, and the counts of passed chunks are right. */
  isValid(): bool {
    let placed: u32 = 0;
    let passed: u32 = 0;
    let displaced: u32 = 0;
    for (let at: u32 = 0; at <= this.mask; at++) {
      const chunk = this.chunk(at);
      passed += load<u32>(chunk, PASSED);
      for (let taken = Ids.matches(chunk, 0) ^ PLACES; taken != 0; taken &= taken - 1) {
        const id = Ids.idAt(chunk, ctz(taken));
        if (id >= this.count) return false;
        const hash = Hash.of(this.keyOf(id));
        displaced += (at - (hash >> this.shift)) & this.mask;
        if (this.find(this.keyOf(id), hash) != id) return false;
        placed++;
      }
    }
    return placed == this.count && passed == displaced;
  }

  @inline
  private chunk(home: u32): usize {
    return this.chunks + ((<usize>home) << CHUNK_SHIFT);
  }

  @inline
  private static tag(hash: u32): u8 {
    return <u8>(hash | 0x80);
  }

  /** The places of the chunk with this tag, a bit for each. */
  @inline
  private static matches(chunk: usize, tag: u8): u32 {
    return <u32>i8x16.bitmask(i8x16.eq(v128.load(chunk), i8x16.splat(tag))) & PLACES;
  }

  @inline
  private static idAt(chunk: usize, place: u32): u32 {
    return load<u32>(chunk + ((<usize>place) << 2), IDS);
  }
}
