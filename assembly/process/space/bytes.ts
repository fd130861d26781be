/**
 * The known contents of a process's memory: the headers of allocators, and what calls of a log store. Memory that was
 * never written reads as zeros. Addresses lead to blocks of 64 KiB:
 *
 *   va:  47       32 31      16 15        0
 *        ├── table ──┼─ block ──┼─ offset ─┤      table: u32 by va >> 32; in it a block: u32 by va >> 16
 *
 *   block:  64 KiB of contents │ u16 pages written, a bit for each 4 KiB
 *
 * An empty table and an empty block stand in where nothing was written, so that a look-up needs no branch. A small
 * table, searched first, finds recently written pages faster:
 *
 *   recent:  │ page number u64 │ where its contents are u32 │ unused │   256 entries, by the low bits of the page number
 */
import { allocate, make } from "../../core/arena";

const BLOCK_SHIFT: u32 = 16;
const BLOCK: u32 = 1 << BLOCK_SHIFT;
const OFFSET_MASK: u32 = BLOCK - 1;
const TABLES: u32 = 1 << 16;
const TABLE_BLOCKS: u32 = 1 << 16;
const PAGE_SHIFT: u32 = 12;
const PAGE: u32 = 1 << PAGE_SHIFT;
/** After a block's contents: the pages written, a bit each; in a free block, the next free block. */
const WRITTEN: usize = BLOCK;
const NEXT_FREE: usize = BLOCK + 4;
const BLOCK_BYTES: u64 = BLOCK + 64;
const RECENT_BYTES: u32 = 4096;
const RECENT_MASK: u64 = 0xff0;
/** The end of the addresses that can have contents. */
export const MOST_ADDRESS: u64 = (<u64>TABLES) << 32;

@final
@unmanaged
export class Bytes {
  private tables: usize;
  private emptyTable: usize;
  private emptyBlock: usize;
  private free: usize;
  /** The table of recently written pages, see above. */
  recent: usize;

  /** Null when memory is out. */
  static create(): Bytes {
    const nothing = changetype<Bytes>(0);
    const bytes = make<Bytes>();
    if (changetype<usize>(bytes) == 0) return nothing;
    bytes.tables = allocate((<u64>TABLES) << 2);
    bytes.emptyTable = allocate((<u64>TABLE_BLOCKS) << 2);
    bytes.emptyBlock = allocate(BLOCK_BYTES);
    bytes.recent = Bytes.noRecent();
    if (bytes.tables == 0 || bytes.emptyTable == 0 || bytes.emptyBlock == 0 || bytes.recent == 0)
      return nothing;
    fill(bytes.emptyTable, TABLE_BLOCKS, <u32>bytes.emptyBlock);
    fill(bytes.tables, TABLES, <u32>bytes.emptyTable);
    return bytes;
  }

  /** An empty table of recent pages; 0 when memory is out. */
  static noRecent(): usize {
    const recent = allocate(RECENT_BYTES);
    if (recent != 0) memory.fill(recent, 0xff, RECENT_BYTES);
    return recent;
  }

  /** The address of the byte at `va` if `recent` has its page; otherwise 0. */
  @inline
  static find(recent: usize, va: u64): usize {
    const entry = recent + (<usize>(va >> (PAGE_SHIFT - 4)) & <usize>RECENT_MASK);
    return load<u64>(entry) == va >> PAGE_SHIFT ? <usize>load<u32>(entry, 8) + (<usize>va & (PAGE - 1)) : 0;
  }

  @inline
  private block(va: u64): usize {
    const table = <usize>load<u32>(this.tables + ((<usize>(va >> 32)) << 2));
    return <usize>load<u32>(table + ((<usize>(va >> BLOCK_SHIFT) & (TABLE_BLOCKS - 1)) << 2));
  }

  /** The address of the byte at `va`, below `MOST_ADDRESS`, if its page was written; otherwise 0. Four loads. */
  @inline
  written(va: u64): usize {
    const block = this.block(va);
    const isWritten = (<u32>load<u16>(block, WRITTEN) >> ((<u32>va & OFFSET_MASK) >> PAGE_SHIFT)) & 1;
    if (!isWritten) return 0;
    const at = block + (<usize>va & OFFSET_MASK);
    this.remember(va, at);
    return at;
  }

  /** Enters the page of `va`, whose byte is at `at`, in the table of recent pages. */
  private remember(va: u64, at: usize): void {
    const entry = this.recent + (<usize>(va >> (PAGE_SHIFT - 4)) & <usize>RECENT_MASK);
    store<u64>(entry, va >> PAGE_SHIFT);
    store<u32>(entry, <u32>(at - (<usize>va & (PAGE - 1))), 8);
  }

  /** The address from which the byte at `va` can be read, written or not. */
  @inline
  readable(va: u64): usize {
    return this.block(va) + (<usize>va & OFFSET_MASK);
  }

  /** Marks the page of `va` as written; the address of the byte at `va`, 0 when memory is out. */
  write(va: u64): usize {
    let block = this.block(va);
    if (block == this.emptyBlock) {
      block = this.newBlock(va);
      if (block == 0) return 0;
    }
    const page = (<u32>va & OFFSET_MASK) >> PAGE_SHIFT;
    store<u16>(block, <u16>(<u32>load<u16>(block, WRITTEN) | ((<u32>1) << page)), WRITTEN);
    const at = block + (<usize>va & OFFSET_MASK);
    this.remember(va, at);
    return at;
  }

  private newBlock(va: u64): usize {
    const entry = this.tables + ((<usize>(va >> 32)) << 2);
    let table = <usize>load<u32>(entry);
    if (table == this.emptyTable) {
      table = allocate((<u64>TABLE_BLOCKS) << 2);
      if (table == 0) return 0;
      fill(table, TABLE_BLOCKS, <u32>this.emptyBlock);
      store<u32>(entry, <u32>table);
    }
    let block = this.free;
    if (block != 0) {
      this.free = <usize>load<u32>(block, NEXT_FREE);
      store<u32>(block, 0, NEXT_FREE);
    } else {
      block = allocate(BLOCK_BYTES);
      if (block == 0) return 0;
    }
    store<u32>(table + ((<usize>(va >> BLOCK_SHIFT) & (TABLE_BLOCKS - 1)) << 2), <u32>block);
    return block;
  }

  /** Clears the contents between two addresses, both multiples of 4 KiB: they read as zeros. */
  discard(from: u64, to: u64): void {
    if (to > MOST_ADDRESS) to = MOST_ADDRESS;
    while (from < to) {
      const block = this.blockFrom(from, to);
      if (block == 0) return;
      from = this.found;
      const end = min((from & ~(<u64>OFFSET_MASK)) + BLOCK, to);
      this.clear(block, from, end);
      from = end;
    }
  }

  private found: u64;

  /**
   * The first block with contents between `from` and `to`; 0 when there is none. `found`: where the range begins in
   * it.
   */
  private blockFrom(from: u64, to: u64): usize {
    while (from < to) {
      const table = <usize>load<u32>(this.tables + ((<usize>(from >> 32)) << 2));
      if (table == this.emptyTable) {
        from = ((from >> 32) + 1) << 32;
        continue;
      }
      const block = this.block(from);
      if (block != this.emptyBlock) {
        this.found = from;
        return block;
      }
      from = ((from >> BLOCK_SHIFT) + 1) << BLOCK_SHIFT;
    }
    return 0;
  }

  private clear(block: usize, from: u64, end: u64): void {
    memory.fill(this.recent, 0xff, RECENT_BYTES);
    let written = <u32>load<u16>(block, WRITTEN);
    const last = (<u32>(end - 1) & OFFSET_MASK) >> PAGE_SHIFT;
    for (let page = (<u32>from & OFFSET_MASK) >> PAGE_SHIFT; page <= last; page++) {
      const bit = (<u32>1) << page;
      if ((written & bit) == 0) continue;
      written &= ~bit;
      memory.fill(block + ((<usize>page) << PAGE_SHIFT), 0, PAGE);
    }
    store<u16>(block, <u16>written, WRITTEN);
    if (written != 0) return;
    const table = <usize>load<u32>(this.tables + ((<usize>(from >> 32)) << 2));
    store<u32>(table + ((<usize>(from >> BLOCK_SHIFT) & (TABLE_BLOCKS - 1)) << 2), <u32>this.emptyBlock);
    store<u32>(block, <u32>this.free, NEXT_FREE);
    this.free = block;
  }

  /** Moves `count` bytes, whole 4 KiB pages, from `from` to `to`; false when memory is out. */
  move(from: u64, to: u64, count: u64): bool {
    this.discard(to, to + count);
    for (let done: u64 = 0; done < count; done += PAGE) {
      const source = from + done < MOST_ADDRESS ? this.written(from + done) : 0;
      if (source == 0) continue;
      const target = to + done < MOST_ADDRESS ? this.write(to + done) : 0;
      if (target == 0) return false;
      memory.copy(target, source, PAGE);
    }
    this.discard(from, from + count);
    return true;
  }

  /** Copies all contents of `other`; false when memory is out. */
  copyFrom(other: Bytes): bool {
    for (
      let block = other.blockFrom(0, MOST_ADDRESS);
      block != 0;
      block = other.blockFrom(other.found, MOST_ADDRESS)
    ) {
      const va = other.found & ~(<u64>OFFSET_MASK);
      const copy = this.newBlock(va);
      if (copy == 0) return false;
      memory.copy(copy, block, BLOCK);
      store<u16>(copy, load<u16>(block, WRITTEN), WRITTEN);
      other.found = va + BLOCK;
    }
    return true;
  }

  /** Clears all contents. */
  clearAll(): void {
    this.discard(0, MOST_ADDRESS);
  }
}

function fill(at: usize, count: u32, value: u32): void {
  for (let n: u32 = 0; n < count; n++) store<u32>(at + ((<usize>n) << 2), value);
}
