/**
 * The hash table that finds a page's slot by its key: chunks of a cache line, each with twelve places, whose tags are
 * compared by one vector operation. An entry whose home chunk is full is stored in the next chunk with room, and every full
 * chunk that it passed counts it. So a search ends at the first chunk with a count of 0 (in small tables there may be none),
 * and removal leaves no tombstones. The layout is that of Bronson and Shi's F14 (Facebook Engineering, 2019), with slots
 * instead of pointers.
 *
 *   0                 12          16                             64
 *   ├─ tag u8 × 12 ───┼─ passed ──┼─────── slot u32 × 12 ────────┤     a chunk; a tag of 0 is a free place
 *
 * A hash's upper bits select its home chunk, its lower seven are its tag. The key itself is in the slot's entry: it is read
 * only when the tag matches, and lies next to the links that a hit reads anyway.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Hash, powerOfTwoFrom } from "../core/hash";

const CHUNK_SHIFT: u32 = 6;
const PLACES: u32 = 0xfff; // a bit for each
const PASSED: usize = 12;
const SLOTS: usize = 16;

@final
@unmanaged
export class SlotIndex {
  private chunks: usize; // at the start of a cache line
  private entries: usize; // of the slots
  private shift: u32; // hash >> shift is the home
  private mask: u32;

  /** For `count` slots whose entries are at `entries`; null when memory is out. */
  static create(count: u32, entries: usize): SlotIndex {
    const nothing = changetype<SlotIndex>(0);
    const index = make<SlotIndex>();
    if (changetype<usize>(index) == 0) return nothing;
    const size = powerOfTwoFrom((<u64>count + 7) >> 3);
    const address = allocate((size + 1) << CHUNK_SHIFT);
    if (address == 0) return nothing;
    index.chunks = (address + 63) & ~63;
    index.entries = entries;
    index.mask = <u32>(size - 1);
    index.shift = <u32>clz<u32>(index.mask);
    return index;
  }

  /** The slot of `key`, NONE when it has none. `hash`: the key's hash. */
  search(key: u64, hash: u32): u32 {
    const entries = this.entries;
    const tag = SlotIndex.tag(hash);
    const home = hash >> this.shift;
    for (let step: u32 = 0; step <= this.mask; step++) {
      const chunk = this.chunk((home + step) & this.mask);
      for (let found = SlotIndex.matches(chunk, tag); found != 0; found &= found - 1) {
        const slot = SlotIndex.slotAt(chunk, ctz(found));
        if (load<u64>(entries + ((<usize>slot) << 4)) == key) return slot;
      }
      if (load<u32>(chunk, PASSED) == 0) break;
    }
    return NONE;
  }

  /**
   * Writes to `into` (u32) a guessed slot for each of the `count` hashes: the first of its home chunk whose tag
   * matches, any slot if none does. Prefetches those slots' keys; no iteration of the loop depends on another.
   * Returns an arbitrary number, so that the compiler keeps the reads.
   */
  @inline
  guess(hashes: usize, count: u32, into: usize): u64 {
    const chunks = this.chunks;
    const shift = this.shift;
    const entries = this.entries;
    const end = hashes + ((<usize>count) << 2);
    let sum: u64 = 0;
    for (; hashes < end; hashes += 4, into += 4) {
      const hash = load<u32>(hashes);
      const chunk = chunks + ((<usize>(hash >> shift)) << CHUNK_SHIFT);
      const found = SlotIndex.matches(chunk, SlotIndex.tag(hash));
      const slot = SlotIndex.slotAt(chunk, ctz(found | 0x800));
      store<u32>(into, slot);
      sum += load<u64>(entries + ((<usize>slot) << 4));
    }
    return sum;
  }

  /** Reads the home chunk of `hash` to prefetch it; an arbitrary number. */
  @inline
  peekHome(hash: u32): u64 {
    return load<u64>(this.chunk(hash >> this.shift));
  }

  /** Adds `slot`, whose key has this hash and is not in the table. */
  @inline
  add(slot: u32, hash: u32): void {
    let home = hash >> this.shift;
    let chunk = this.chunk(home);
    let free = SlotIndex.matches(chunk, 0);
    while (free == 0) {
      store<u32>(chunk, load<u32>(chunk, PASSED) + 1, PASSED);
      home = (home + 1) & this.mask;
      chunk = this.chunk(home);
      free = SlotIndex.matches(chunk, 0);
    }
    const place = <usize>ctz(free);
    store<u8>(chunk + place, SlotIndex.tag(hash));
    store<u32>(chunk + (place << 2), slot, SLOTS);
  }

  /** Removes `slot` by its entry's key. */
  @inline
  remove(slot: u32): void {
    const hash = Hash.of(load<u64>(this.entries + ((<usize>slot) << 4)));
    const tag = SlotIndex.tag(hash);
    let home = hash >> this.shift;
    while (true) {
      const chunk = this.chunk(home);
      for (let found = SlotIndex.matches(chunk, tag); found != 0; found &= found - 1) {
        const place = ctz(found);
        if (SlotIndex.slotAt(chunk, place) != slot) continue;
        store<u8>(chunk + place, 0);
        return;
      }
      store<u32>(chunk, load<u32>(chunk, PASSED) - 1, PASSED);
      home = (home + 1) & this.mask;
    }
  }

  /** Is true when the table has `count` pages, each is found, and the counts of passed chunks are right. */
  isValid(count: u32): bool {
    let indexed: u32 = 0;
    let passed: u32 = 0;
    let displaced: u32 = 0;
    for (let at: u32 = 0; at <= this.mask; at++) {
      const chunk = this.chunk(at);
      passed += load<u32>(chunk, PASSED);
      for (let taken = SlotIndex.matches(chunk, 0) ^ PLACES; taken != 0; taken &= taken - 1) {
        const slot = SlotIndex.slotAt(chunk, ctz(taken));
        const key = load<u64>(this.entries + ((<usize>slot) << 4));
        const hash = Hash.of(key);
        indexed++;
        displaced += (at - (hash >> this.shift)) & this.mask;
        if (this.search(key, hash) != slot) return false;
      }
    }
    return indexed == count && passed == displaced;
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
  private static slotAt(chunk: usize, place: u32): u32 {
    return load<u32>(chunk + ((<usize>place) << 2), SLOTS);
  }
}
