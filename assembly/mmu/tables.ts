/**
 * Page tables in physical frames: a radix tree whose every entry holds the frame number of the next table. A table
 * takes a frame from the buddy allocator; its entries lie in the arena, and the frame's record says where.
 *
 *   root frame ──> table ──> entry ──pfn──> frame record ──> table ──> entry ──pfn──> … ──> leaf
 *
 * This is the operating system's side, which reads and writes entries without setting accessed bits and without
 * being counted (xv6's `walk` in vm.c); the hardware's side is `walk.ts`.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Buddy } from "../frames/buddy";
import { Frames, PAGE, TABLE } from "../frames/frames";
import { EntryFormat } from "./entry";
import { Geometry } from "./geometry";

@final
@unmanaged
export class PageTables {
  geometry: Geometry;
  format: EntryFormat;
  frames: Frames;
  buddy: Buddy;
  /** Frames that hold tables, and the most that ever did. */
  count: u32;
  peak: u32;
  /** Where the last `find` came to: the entry's address (0: the tree has no root), its level, its table's frame. */
  entry: usize;
  level: u32;
  table: u32;
  /** Its other results: the table frames on the way, u32 by level. */
  path: usize;
  private spare: usize; // entries of tables given back, linked through their first word

  /** Null when memory is out. */
  static create(geometry: Geometry, format: EntryFormat, buddy: Buddy): PageTables {
    const tables = make<PageTables>();
    if (changetype<usize>(tables) == 0) return tables;
    tables.geometry = geometry;
    tables.format = format;
    tables.frames = buddy.frames;
    tables.buddy = buddy;
    tables.path = allocate((geometry.levels + 1) << 2);
    return tables.path == 0 ? changetype<PageTables>(0) : tables;
  }

  /** Goes from `root` down to the entry that decides about `va`: a leaf, or one that is not present. */
  find(root: u32, va: u64): bool {
    return this.descend(root, va, 1);
  }

  /** The same, but no further than the entry at `lowest`. Is it a leaf? */
  descend(root: u32, va: u64, lowest: u32): bool {
    this.entry = 0;
    this.level = this.geometry.levels;
    this.table = root;
    if (root == NONE) return false;
    while (true) {
      const level = this.level;
      store<u32>(this.path + (level << 2), this.table);
      this.entry = <usize>this.frames.owner(this.table) + this.geometry.entryOffset(va, level);
      const entry = this.format.read(this.entry);
      if (!EntryFormat.isPresent(entry)) return false;
      if (this.format.isLeaf(entry, level)) return true;
      if (level == lowest) return false;
      this.table = this.format.frame(entry);
      this.level--;
    }
  }

  /** Writes the entry that `find` came to, and keeps count of those that are not 0. */
  set(entry: u64): void {
    this.setIn(this.table, this.entry, entry);
  }

  setIn(table: u32, address: usize, entry: u64): void {
    const frames = this.frames;
    const had = this.format.read(address) != 0;
    this.format.write(address, entry);
    if (had != (entry != 0)) frames.setUsed(table, frames.used(table) + (had ? <u32>-1 : 1));
  }

  /** Makes an empty table of frame `pfn`, which is in state TABLE; false when memory is out. */
  begin(pfn: u32): bool {
    const bytes = this.geometry.tableBytes();
    let entries = this.spare;
    if (entries != 0) {
      this.spare = load<usize>(entries);
      memory.fill(entries, 0, bytes);
    } else {
      entries = allocate(bytes);
      if (entries == 0) return false;
    }
    this.frames.setOwner(pfn, entries);
    this.frames.setUsed(pfn, 0);
    this.count++;
    this.peak = max(this.peak, this.count);
    return true;
  }

  /** Gives back the table in frame `pfn`, which nothing points to any more. */
  end(pfn: u32): void {
    const entries = <usize>this.frames.owner(pfn);
    store<usize>(entries, this.spare);
    this.spare = entries;
    this.count--;
    this.buddy.give(pfn);
  }

  /** Hangs the table in frame `pfn` under the entry that `find` came to. */
  attach(pfn: u32): void {
    this.set(this.format.table(pfn, this.level == this.geometry.levels));
  }

  /**
   * Takes away the table that `va`'s last entry is in, and those above, as long as they are empty and map nothing outside
   * `floor` and `ceiling`; how many.
   */
  prune(root: u32, va: u64, floor: u64 = 0, ceiling: u64 = u64.MAX_VALUE): u32 {
    let pruned: u32 = 0;
    this.find(root, va);
    for (let level = this.level; level < this.geometry.levels; level++) {
      const table = load<u32>(this.path + (level << 2));
      if (this.frames.used(table) != 0) break;
      const reach = (<u64>1) << this.geometry.shift(level + 1);
      const start = va & ~(reach - 1);
      if (start < floor || start + (reach - 1) >= ceiling) break;
      const above = load<u32>(this.path + ((level + 1) << 2));
      const entry = <usize>this.frames.owner(above) + this.geometry.entryOffset(va, level + 1);
      this.setIn(above, entry, 0);
      this.end(table);
      pruned++;
    }
    return pruned;
  }

  /**
   * Is the tree under `root` sound: tables in TABLE frames, their entries counted, leaves in PAGE frames aligned to
   * their size that no other leaf of the tree maps? Adds up what it saw in `tablesSeen` and `framesSeen`.
   */
  isValid(root: u32): bool {
    this.tablesSeen = 0;
    this.framesSeen = 0;
    return root == NONE || this.isTableValid(root, this.geometry.levels);
  }

  tablesSeen: u32;
  framesSeen: u32;

  private isTableValid(table: u32, level: u32): bool {
    const frames = this.frames;
    if (frames.state(table) != TABLE) return false;
    this.tablesSeen++;
    let used: u32 = 0;
    const entries = <usize>frames.owner(table);
    const end = entries + this.geometry.tableBytes();
    for (let at = entries; at < end; at += (<usize>1) << this.geometry.entryShift) {
      const entry = this.format.read(at);
      if (entry != 0) used++;
      if (!EntryFormat.isPresent(entry)) continue;
      const pfn = this.format.frame(entry);
      if (!this.format.isLeaf(entry, level)) {
        if (!this.isTableValid(pfn, level - 1)) return false;
      } else {
        const order = this.geometry.order(level);
        if (frames.state(pfn) != PAGE || frames.order(pfn) != order) return false;
        this.framesSeen += (<u32>1) << order;
      }
    }
    return used == frames.used(table);
  }
}
