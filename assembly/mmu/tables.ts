/**
 * Page tables in physical frames: a radix tree whose every entry holds the frame number of the next table. A table
 * takes a frame from the buddy allocator; its entries lie in the arena, and the frame's record says where.
 *
 *   root frame ──> table ──> entry ──pfn──> frame record ──> table ──> entry ──pfn──> … ──> leaf
 *
 * A `pte` is the address of an entry. Tables lie in slabs, so that the address alone leads to the table's head:
 *
 *   slab, aligned to its size:   ├ heads ┼ table 1 ┼ table 2 ┼ … ┼ table 15 ┤      one place each, as large as a table
 *   head of table n, 8 n bytes from the start:   ├ pfn u32 ┼ level u32 ┤
 *
 * This is the operating system's side, which reads and writes entries without setting accessed bits and without
 * being counted (xv6's `walk` in vm.c); the hardware's side is `walk.ts`.
 */
import { NONE } from "../abi/core";
import { allocateAligned, make } from "../core/arena";
import { Buddy } from "../frames/buddy";
import { Frames, PAGE, TABLE } from "../frames/frames";
import { EntryFormat } from "./entry";
import { Geometry } from "./geometry";

/** Places of a slab, as a power of two. */
const SLAB_ORDER: u32 = 4;

@final
@unmanaged
export class PageTables {
  geometry: Geometry;
  format: EntryFormat;
  frames: Frames;
  buddy: Buddy;
  /** The number of tables, and its peak. */
  count: u32;
  peak: u32;
  private tableShift: u32;
  private freeTables: usize; // free tables, linked through their first word

  /** Null when memory is out. */
  static create(geometry: Geometry, format: EntryFormat, buddy: Buddy): PageTables {
    const tables = make<PageTables>();
    if (changetype<usize>(tables) == 0) return tables;
    tables.geometry = geometry;
    tables.format = format;
    tables.frames = buddy.frames;
    tables.buddy = buddy;
    tables.tableShift = ctz(geometry.tableBytes());
    return tables;
  }

  /**
   * Walks from `root` to the entry that decides about `va`: a leaf, a non-present entry, or the entry at level
   * `lowest`; 0 when there is no root.
   */
  walk(root: u32, va: u64, lowest: u32 = 1): usize {
    if (root == NONE) return 0;
    const format = this.format;
    let level = this.geometry.levels;
    let table = root;
    while (true) {
      const pte = <usize>this.frames.owner(table) + this.geometry.entryOffset(va, level);
      const entry = format.read(pte);
      if (level == lowest || !EntryFormat.isPresent(entry) || format.isLeaf(entry, level)) return pte;
      table = format.frame(entry);
      level--;
    }
  }

  @inline
  private head(pte: usize): usize {
    const slab = pte & ~(((<usize>1) << (this.tableShift + SLAB_ORDER)) - 1);
    return slab + (((pte - slab) >> this.tableShift) << 3);
  }

  /** The frame of the table that `pte` is in. */
  @inline
  table(pte: usize): u32 {
    return load<u32>(this.head(pte));
  }

  /** The level of `pte`, 1 for the lowest tables. */
  @inline
  level(pte: usize): u32 {
    return load<u32>(this.head(pte), 4);
  }

  /** The entry at `pte`; 0 when `pte` is 0. */
  @inline
  read(pte: usize): u64 {
    return pte == 0 ? 0 : this.format.read(pte);
  }

  /** Is true when `pte` maps a page. */
  isLeaf(pte: usize): bool {
    const entry = this.read(pte);
    return EntryFormat.isPresent(entry) && this.format.isLeaf(entry, this.level(pte));
  }

  /** The frame that the entry at `pte`, which is present, points to. */
  @inline
  frame(pte: usize): u32 {
    return this.format.frame(this.format.read(pte));
  }

  /** The flags of the entry at `pte`. */
  flags(pte: usize): u32 {
    return this.format.flags(this.format.read(pte), this.level(pte));
  }

  /** Sets the flags of the leaf at `pte`. The caller flushes the TLBs. */
  setFlags(pte: usize, flags: u32): void {
    this.format.write(pte, this.format.with(this.format.read(pte), flags));
  }

  /** Writes the entry at `pte`, and updates the count of non-zero entries of its table. */
  set(pte: usize, entry: u64): void {
    const wasUsed = this.format.read(pte) != 0;
    this.format.write(pte, entry);
    if (wasUsed == (entry != 0)) return;
    const table = this.table(pte);
    this.frames.setUsed(table, this.frames.used(table) + (wasUsed ? <u32>-1 : 1));
  }

  /** Makes an empty table of `level` in frame `pfn`, which is in state TABLE; false when memory is out. */
  init(pfn: u32, level: u32): bool {
    if (this.freeTables == 0 && !this.grow()) return false;
    const entries = this.freeTables;
    this.freeTables = load<usize>(entries);
    memory.fill(entries, 0, this.geometry.tableBytes());
    store<u32>(this.head(entries), pfn);
    store<u32>(this.head(entries), level, 4);
    this.frames.setOwner(pfn, entries);
    this.frames.setUsed(pfn, 0);
    this.count++;
    this.peak = max(this.peak, this.count);
    return true;
  }

  /** Adds a slab of free tables; false when memory is out. */
  private grow(): bool {
    const bytes = (<u64>1) << (this.tableShift + SLAB_ORDER);
    const slab = allocateAligned(bytes, bytes);
    if (slab == 0) return false;
    for (let place: u32 = (1 << SLAB_ORDER) - 1; place > 0; place--) {
      const entries = slab + ((<usize>place) << this.tableShift);
      store<usize>(entries, this.freeTables);
      this.freeTables = entries;
    }
    return true;
  }

  /** Frees the table in frame `pfn`, which nothing points to any more. */
  free(pfn: u32): void {
    const entries = <usize>this.frames.owner(pfn);
    store<usize>(entries, this.freeTables);
    this.freeTables = entries;
    this.count--;
    this.buddy.free(pfn);
  }

  /** Makes the entry at `pte` point to the table in frame `pfn`. */
  attach(pte: usize, pfn: u32): void {
    this.set(pte, this.format.table(pfn, this.level(pte) == this.geometry.levels));
  }

  /**
   * Frees the table of `va`'s lowest entry, and those above, while they are empty and map nothing outside `floor` and
   * `ceiling`; the number of tables freed.
   */
  prune(root: u32, va: u64, floor: u64 = 0, ceiling: u64 = u64.MAX_VALUE): u32 {
    let pruned: u32 = 0;
    let pte = this.walk(root, va);
    while (pte != 0) {
      const table = this.table(pte);
      const above = this.level(pte) + 1;
      if (above > this.geometry.levels || this.frames.used(table) != 0) break;
      const span = (<u64>1) << this.geometry.shift(above);
      const start = va & ~(span - 1);
      if (start < floor || start + (span - 1) >= ceiling) break;
      pte = this.walk(root, va, above);
      this.set(pte, 0);
      this.free(table);
      pruned++;
    }
    return pruned;
  }

  /**
   * Is true when the tree under `root` is sound: tables are in TABLE frames, their entries are counted, and leaves
   * point to PAGE frames of their size. Sums the frames in `tablesSeen` and `framesSeen`.
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
