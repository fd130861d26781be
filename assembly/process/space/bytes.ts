/**
 * The contents of a process's memory, as far as anything is known of them: what allocators keep in their headers and what
 * calls of a log store. Memory that was never written reads as zeros. Addresses lead to pages of 4 KiB:
 *
 *   va:  47       32 31      16 15    12 11       0
 *        ├── table ──┼─ block ──┼─ page ─┼─ offset ─┤
 *
 *   table: u32 by va >> 32; in it a block: u32 by va >> 16; in that a page: u32 by va >> 12; its contents
 *
 * Where nothing was written, a table of empty blocks, a block of empty pages and a page of zeros stand in, so a look-up
 * needs no branch. Callers keep recently found pages (`RecentPages`), which are invalidated when pages are discarded.
 */
import { allocate, make } from "../../core/arena";
import { RecentPages } from "./recent-pages";

const BLOCK_SHIFT: u32 = 16;
const BLOCK: u64 = 1 << BLOCK_SHIFT;
const TABLES: u32 = 1 << 16;
const TABLE_BLOCKS: u32 = 1 << 16;
const BLOCK_PAGES: u32 = 16;
const PAGE_SHIFT: u32 = 12;
const PAGE: u32 = 1 << PAGE_SHIFT;
const OFFSET_MASK: usize = PAGE - 1;
/** Addresses from here on have no contents. */
export const MOST_ADDRESS: u64 = (<u64>TABLES) << 32;

@final
@unmanaged
export class Bytes {
  private tables: usize;
  private noTable: usize;
  private noBlock: usize;
  private noPage: usize;
  /** Pages to be used again, each with where the next one is in its first word. */
  private free: usize;
  /** Null: there are none. */
  recent: RecentPages;

  /** Null when memory is out. */
  static create(): Bytes {
    const nothing = changetype<Bytes>(0);
    const bytes = make<Bytes>();
    if (changetype<usize>(bytes) == 0) return nothing;
    bytes.tables = allocate((<u64>TABLES) << 2);
    bytes.noTable = allocate((<u64>TABLE_BLOCKS) << 2);
    bytes.noBlock = allocate(BLOCK_PAGES << 2);
    bytes.noPage = allocate(PAGE);
    if (bytes.tables == 0 || bytes.noTable == 0 || bytes.noBlock == 0 || bytes.noPage == 0) return nothing;
    fill(bytes.noBlock, BLOCK_PAGES, <u32>bytes.noPage);
    fill(bytes.noTable, TABLE_BLOCKS, <u32>bytes.noBlock);
    fill(bytes.tables, TABLES, <u32>bytes.noTable);
    return bytes;
  }

  /** Where a page's place is in its block. */
  @inline
  private static place(va: u64): usize {
    return ((<usize>va >> PAGE_SHIFT) & (BLOCK_PAGES - 1)) << 2;
  }

  @inline
  private block(va: u64): usize {
    const table = <usize>load<u32>(this.tables + ((<usize>(va >> 32)) << 2));
    return <usize>load<u32>(table + ((<usize>(va >> BLOCK_SHIFT) & (TABLE_BLOCKS - 1)) << 2));
  }

  @inline
  private page(va: u64): usize {
    return <usize>load<u32>(this.block(va) + Bytes.place(va));
  }

  /** Where the byte at `va`, below `MOST_ADDRESS`, is when its page was written before; 0 when it was not. Three loads. */
  @inline
  written(va: u64): usize {
    const page = this.page(va);
    return page == this.noPage ? 0 : page + (<usize>va & OFFSET_MASK);
  }

  /** Where the byte at `va` can be read, written before or not. */
  @inline
  readable(va: u64): usize {
    return this.page(va) + (<usize>va & OFFSET_MASK);
  }

  /** Marks the page of `va` as written; where its byte is, 0 when memory is out. */
  write(va: u64): usize {
    const block = this.blockToWrite(va);
    if (block == 0) return 0;
    let page = <usize>load<u32>(block + Bytes.place(va));
    if (page == this.noPage) {
      page = this.newPage();
      if (page == 0) return 0;
      store<u32>(block + Bytes.place(va), <u32>page);
    }
    return page + (<usize>va & OFFSET_MASK);
  }

  /** The block of `va`, made where there is none; 0 when memory is out. */
  private blockToWrite(va: u64): usize {
    const had = this.block(va);
    if (had != this.noBlock) return had;
    const entry = this.tables + ((<usize>(va >> 32)) << 2);
    let table = <usize>load<u32>(entry);
    if (table == this.noTable) {
      table = allocate((<u64>TABLE_BLOCKS) << 2);
      if (table == 0) return 0;
      fill(table, TABLE_BLOCKS, <u32>this.noBlock);
      store<u32>(entry, <u32>table);
    }
    const block = allocate(BLOCK_PAGES << 2);
    if (block == 0) return 0;
    fill(block, BLOCK_PAGES, <u32>this.noPage);
    store<u32>(table + ((<usize>(va >> BLOCK_SHIFT) & (TABLE_BLOCKS - 1)) << 2), <u32>block);
    return block;
  }

  /** A page of zeros; 0 when memory is out. */
  private newPage(): usize {
    const page = this.free;
    if (page == 0) return allocate(PAGE);
    this.free = <usize>load<u32>(page);
    memory.fill(page, 0, PAGE);
    return page;
  }

  /** Forgets what is between two addresses, both at 4 KiB boundaries: it reads as zeros. */
  discard(from: u64, to: u64): void {
    if (to > MOST_ADDRESS) to = MOST_ADDRESS;
    while (from < to) {
      const block = this.blockFrom(from, to);
      if (block == 0) return;
      from = this.found;
      const end = min((from & ~(BLOCK - 1)) + BLOCK, to);
      for (; from < end; from += PAGE) this.clear(block, from);
    }
  }

  private found: u64;

  /** The first block that is there at `from` or above and below `to`, and `found`, where in it the range begins; 0: none. */
  private blockFrom(from: u64, to: u64): usize {
    while (from < to) {
      const table = <usize>load<u32>(this.tables + ((<usize>(from >> 32)) << 2));
      if (table == this.noTable) {
        from = ((from >> 32) + 1) << 32;
        continue;
      }
      const block = this.block(from);
      if (block != this.noBlock) {
        this.found = from;
        return block;
      }
      from = ((from >> BLOCK_SHIFT) + 1) << BLOCK_SHIFT;
    }
    return 0;
  }

  /** The page of `va` in `block` goes, if it is there. */
  private clear(block: usize, va: u64): void {
    const page = <usize>load<u32>(block + Bytes.place(va));
    if (page == this.noPage) return;
    this.take(block, va);
    store<u32>(page, <u32>this.free);
    this.free = page;
  }

  /** The page of `va` is in `block` no more; its contents stay where they are. */
  private take(block: usize, va: u64): void {
    store<u32>(block + Bytes.place(va), <u32>this.noPage);
    if (changetype<usize>(this.recent) != 0) this.recent.forget(va);
  }

  /** Moves `count` bytes, all of them whole 4 KiB pages. Returns false if memory is out. */
  move(from: u64, to: u64, count: u64): bool {
    this.discard(to, to + count);
    for (let done: u64 = 0; done < count; done += PAGE) {
      const page = from + done < MOST_ADDRESS ? this.page(from + done) : this.noPage;
      if (page == this.noPage) continue;
      const block = to + done < MOST_ADDRESS ? this.blockToWrite(to + done) : 0;
      if (block == 0) return false;
      this.take(this.block(from + done), from + done);
      store<u32>(block + Bytes.place(to + done), <u32>page);
    }
    return true;
  }

  /** Takes over all that `other` has; false when memory is out. */
  copyFrom(other: Bytes): bool {
    for (
      let block = other.blockFrom(0, MOST_ADDRESS);
      block != 0;
      block = other.blockFrom(other.found, MOST_ADDRESS)
    ) {
      const end = (other.found & ~(BLOCK - 1)) + BLOCK;
      for (let va = end - BLOCK; va < end; va += PAGE) {
        const page = <usize>load<u32>(block + Bytes.place(va));
        if (page == other.noPage) continue;
        const copy = this.write(va);
        if (copy == 0) return false;
        memory.copy(copy, page, PAGE);
      }
      other.found = end;
    }
    return true;
  }

  /** Forgets everything. */
  clearAll(): void {
    this.discard(0, MOST_ADDRESS);
  }
}

function fill(at: usize, count: u32, value: u32): void {
  for (let n: u32 = 0; n < count; n++) store<u32>(at + ((<usize>n) << 2), value);
}
