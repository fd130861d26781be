/**
 * The hardware's page walk: reads one entry per level, from the root to the leaf, and sets accessed bits on the way.
 * Paging-structure caches (Intel SDM 3A, 4.10.3; AMD's page-walk cache) keep entries read at levels above the leaf,
 * so that a walk starts below the deepest cached one:
 *
 *   root ──> [4] ──> [3] ──> [2] ──> [1] ──> frame
 *              cache 4 ╰──────┤       │       keyed by va >> shift(4): skips the read at level 4
 *                     cache 2 ╰───────┤       keyed by va >> shift(2): skips those at levels 4, 3 and 2
 *
 * Counting: a walk that ends at a page counts as one walk, and reads one entry for each level that it did not skip. A
 * start from a cache counts as one cache hit. A walk that faults is not counted; after the fault the access is repeated,
 * and that walk counts. Caches are filled at the end of a successful walk.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { EntryFormat } from "./entry";
import { Key } from "./key";
import { PageTables } from "./tables";
import { Tlb } from "./tlb";

@final
@unmanaged
export class Walker {
  tables: PageTables;
  /** The result of the last walk: the entry's address and level, and the number of entries read. */
  entry: usize;
  level: u32;
  reads: u32;
  /** The last walk started from a paging-structure cache. */
  usedCache: bool;
  private caches: usize; // u32 by level: a Tlb, or 0
  private path: usize; // u32 by level: the table that the entry read there points to
  private cached: bool;

  /** Null when memory is out. */
  static create(tables: PageTables): Walker {
    const walker = make<Walker>();
    if (changetype<usize>(walker) == 0) return walker;
    walker.tables = tables;
    walker.caches = allocate((tables.geometry.levels + 1) << 2);
    walker.path = allocate((tables.geometry.levels + 1) << 2);
    return walker.caches == 0 || walker.path == 0 ? changetype<Walker>(0) : walker;
  }

  /** Adds a cache of `entries` entries read at `level`; 0 when memory is out. */
  addCache(level: u32, entries: u32): usize {
    const cache = Tlb.create(1, entries, 0, 0);
    store<u32>(this.caches + (level << 2), <u32>changetype<usize>(cache));
    this.cached = true;
    return changetype<usize>(cache);
  }

  /** The cache of entries read at `level`; null when there is none. */
  @inline
  cache(level: u32): Tlb {
    return changetype<Tlb>(<usize>load<u32>(this.caches + (level << 2)));
  }

  /** Walks for `va` in the tree under `root`; false when the page is not present. */
  walk(root: u32, space: u64, va: u64): bool {
    const tables = this.tables;
    const format = tables.format;
    const levels = tables.geometry.levels;
    let level = levels;
    let table = root;
    this.usedCache = false;
    if (this.cached) {
      level = this.start(space, va);
      if (level < levels) table = load<u32>(this.path + ((level + 1) << 2));
    }
    const from = level;
    if (table == NONE) return false;
    while (true) {
      const address = <usize>tables.frames.owner(table) + tables.geometry.entryOffset(va, level);
      const entry = format.read(address);
      if (!EntryFormat.isPresent(entry)) return false;
      if (format.isLeaf(entry, level)) {
        this.entry = address;
        this.level = level;
        this.reads = from - level + 1;
        break;
      }
      const walked = format.withTableAccessed(entry, level == levels);
      if (walked != entry) format.write(address, walked);
      table = format.frame(entry);
      store<u32>(this.path + (level << 2), table);
      level--;
    }
    if (this.cached) this.fillCaches(space, va, from, level);
    return true;
  }

  /** The level to start at: below the deepest cache that has the address. */
  private start(space: u64, va: u64): u32 {
    const geometry = this.tables.geometry;
    for (let level: u32 = 2; level <= geometry.levels; level++) {
      const cache = this.cache(level);
      if (changetype<usize>(cache) == 0) continue;
      const entry = cache.touch(Key.of(space, va >> geometry.shift(level), 1));
      if (entry == 0) continue;
      store<u32>(this.path + (level << 2), Tlb.pfn(entry));
      this.usedCache = true;
      return level - 1;
    }
    return geometry.levels;
  }

  /** Fills the caches with the entries read at levels `from` down to above `leaf`. */
  private fillCaches(space: u64, va: u64, from: u32, leaf: u32): void {
    const geometry = this.tables.geometry;
    for (let level = from; level > leaf; level--) {
      const cache = this.cache(level);
      if (changetype<usize>(cache) == 0) continue;
      cache.fill(
        Key.of(space, va >> geometry.shift(level), 1),
        false,
        load<u32>(this.path + (level << 2)),
        0,
      );
    }
  }

  /** Clears all caches, as INVLPG also does (Intel SDM 3A, 4.10.4.1). */
  flush(): void {
    if (!this.cached) return;
    for (let level: u32 = 2; level <= this.tables.geometry.levels; level++) {
      const cache = this.cache(level);
      if (changetype<usize>(cache) != 0) cache.flushAll();
    }
  }
}
