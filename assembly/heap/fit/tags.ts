/**
 * Chunks and their tags: where a heap's chunks are, how large, and which of them are free. From: Knuth, The Art of Computer
 * Programming, volume 1, section 2.5 (boundary tags); Lea, "A Memory Allocator" (a tag at the end of free chunks alone).
 *
 *   chunk                                                   end
 *   ├ bytes | flags ┼ next ┼ previous ┼ ┄           ┼ bytes ┤    free; the last word with tags `free` and `both`
 *   ├ bytes | flags ┼ unused ┼ block ┄┄┄┄┄┄┄┄┄┄┄┄┄┄ ┼ bytes ┤    in use; the last word with tags `both` alone
 *   └───── header bytes ─────┘
 *
 *   flags:  bit 0: free; bit 1: the chunk before is free (tags `free`); bit 2: memory that is not the heap's
 *
 * Behind the last chunk stands a word of flags with no bytes. With tags `table` there is nothing of this in the heap: a node
 * is a descriptor in a table of its own (`Table`), and chunks may have any size. Everywhere else a node is the chunk's
 * address. The bytes and the links of a free node stand at the same places in both.
 */
import { copyOf, make } from "../../core/arena";
import { HeapMemory } from "../memory";
import { MOST_BYTES, powerOfTwoFrom, roundUp } from "../parts";
import { NODE_NEXT } from "./node";
import { Table } from "./table";

/** Which tags there are, in the order of the parameter's words. */
export const TAGS_FREE: u32 = 0;
export const TAGS_BOTH: u32 = 1;
export const TAGS_HEADER: u32 = 2;
export const TAGS_TABLE: u32 = 3;

export const FREE: u64 = 1;
export const BEFORE_FREE: u64 = 2;
export const FENCE: u64 = 4;
const FLAGS: u64 = 7;
export const WORD: u64 = 8;
/** A header's word and two links. */
const LEAST_FREE: u64 = 24;

@final
@unmanaged
export class Tags {
  memory: HeapMemory;
  /** `TAGS_FREE` and so on. */
  style: u32;
  header: u64;
  alignment: u64;
  /** Bytes at the end of a chunk in use that are not the block's. */
  footer: u64;
  /** A chunk has so many bytes at least. */
  least: u64;
  /** The bits of a node's first word that hold its bytes. */
  sizeMask: u64;
  /** The first node; 0: there is no heap yet. Where the heap ends, and where the break was then. */
  first: u64;
  end: u64;
  breakAddress: u64;
  /** Null with tags in the heap. */
  table: Table;

  /** Null when memory is out. */
  static create(memory: HeapMemory, style: u32, header: u64, alignment: u64): Tags {
    const nothing = changetype<Tags>(0);
    const tags = make<Tags>();
    if (changetype<usize>(tags) == 0) return nothing;
    tags.memory = memory;
    tags.style = style;
    tags.header = header;
    tags.alignment = alignment;
    tags.least = 1;
    tags.sizeMask = u64.MAX_VALUE;
    if (style == TAGS_TABLE) {
      tags.table = Table.create(memory);
      return changetype<usize>(tags.table) == 0 ? nothing : tags;
    }
    tags.header = max(WORD, roundUp(header, WORD));
    tags.alignment = powerOfTwoFrom(max(WORD, alignment));
    tags.footer = style == TAGS_BOTH ? WORD : 0;
    tags.least = roundUp(style == TAGS_HEADER ? LEAST_FREE : LEAST_FREE + WORD, tags.alignment);
    tags.sizeMask = ~FLAGS;
    return tags;
  }

  /** Those of a heap that was forked, whose memory is `memory`; null when memory is out. */
  copy(memory: HeapMemory): Tags {
    const tags = copyOf<Tags>(this);
    if (changetype<usize>(tags) == 0) return tags;
    tags.memory = memory;
    if (!this.isTable) return tags;
    tags.table = this.table.copy(memory);
    return tags.isTable ? tags : changetype<Tags>(0);
  }

  @inline
  get isTable(): bool {
    return changetype<usize>(this.table) != 0;
  }

  /** Bytes of the chunk that a block of `bytes` takes; 0: there can be none of that size. */
  chunkBytes(bytes: u64): u64 {
    if (bytes > MOST_BYTES - this.header - this.alignment - 4096) return 0;
    const wanted = max(bytes, 1);
    if (this.isTable) return roundUp(wanted, this.alignment) + this.header;
    const mask = this.alignment - 1;
    return max(this.least, (this.header + wanted + this.footer + mask) & ~mask);
  }

  @inline
  size(node: u64): u64 {
    return this.memory.read<u64>(node) & this.sizeMask;
  }

  /** The address of the chunk. */
  @inline
  start(node: u64): u64 {
    return this.isTable ? this.table.address(node) : node;
  }

  // As a debugger sees them: for walks and checks, which make no references.
  peekStart(node: u64): u64 {
    return this.isTable ? this.table.peekAddress(node) : node;
  }

  peekSize(node: u64): u64 {
    return this.memory.peek<u64>(node) & this.sizeMask;
  }

  peekIsFree(node: u64): bool {
    return this.isTable ? this.table.peekIsFree(node) : (this.memory.peek<u64>(node) & FREE) != 0;
  }

  peekIsFence(node: u64): bool {
    return this.isTable ? this.table.peekIsFence(node) : (this.memory.peek<u64>(node) & FENCE) != 0;
  }

  /** The node behind a free one in its list. */
  peekNext(node: u64): u64 {
    return this.memory.peek<u64>(node + NODE_NEXT);
  }

  /** The node behind it; 0 behind the last, or where the chunk cannot be that large. */
  peekAfter(node: u64): u64 {
    if (this.isTable) return this.table.peekAbove(node);
    const next = node + this.peekSize(node);
    return next > node && next < this.end ? next : 0;
  }

  @inline
  block(node: u64): u64 {
    return this.start(node) + this.header;
  }

  /** The node in use whose block is at `address`; 0: none, as far as the tags show. */
  nodeOf(address: u64): u64 {
    const chunk = address - this.header;
    if (this.isTable) return this.table.find(chunk);
    return (this.memory.read<u64>(chunk) & (FREE | FENCE)) == 0 ? chunk : 0;
  }

  @inline
  isFree(node: u64): bool {
    return this.isTable ? this.table.isFree(node) : (this.memory.read<u64>(node) & FREE) != 0;
  }

  /** The node behind it in memory; 0 behind the last. */
  after(node: u64): u64 {
    if (this.isTable) return this.table.above(node);
    const size = this.size(node);
    if (size < this.alignment) this.memory.abort("corrupted size of a chunk");
    const next = node + size;
    return next >= this.end || this.memory.hasStopped ? 0 : next;
  }

  /** The node behind it, if it is free; else 0. */
  @inline
  freeAfter(node: u64): u64 {
    if (this.isTable) return this.table.freeOr0(this.table.above(node));
    const next = node + this.size(node);
    return (this.memory.read<u64>(next) & FREE) != 0 ? next : 0;
  }

  /** The node before it, if it is free; else 0. Tags at the beginning of chunks alone do not show this. */
  freeBefore(node: u64): u64 {
    if (this.isTable) return this.table.freeOr0(this.table.below(node));
    const memory = this.memory;
    if (this.style == TAGS_FREE) {
      const isFree = (memory.read<u64>(node) & BEFORE_FREE) != 0;
      return isFree ? node - memory.read<u64>(node - WORD) : 0;
    }
    const tag = node == this.first ? 0 : memory.read<u64>(node - WORD);
    return (tag & FREE) != 0 ? node - (tag & ~FLAGS) : 0;
  }

  /** Marks a node as free; its bytes are known. */
  setFree(node: u64): void {
    if (this.isTable) {
      this.table.setFree(node);
      return;
    }
    const memory = this.memory;
    const word = memory.read<u64>(node);
    const size = word & ~FLAGS;
    memory.write<u64>(node, word | FREE);
    if (this.style == TAGS_HEADER) return;
    memory.write<u64>(node + size - WORD, this.style == TAGS_BOTH ? size | FREE : size);
    if (this.style == TAGS_FREE) this.mark(node + size, BEFORE_FREE);
  }

  /** Marks a node as in use; its bytes are known. */
  setUsed(node: u64): void {
    if (this.isTable) {
      this.table.setUsed(node);
      return;
    }
    const memory = this.memory;
    const word = memory.read<u64>(node) & ~FREE;
    const size = word & ~FLAGS;
    memory.write<u64>(node, word);
    if (this.style == TAGS_BOTH) memory.write<u64>(node + size - WORD, size);
    if (this.style == TAGS_FREE) memory.write<u64>(node + size, memory.read<u64>(node + size) & ~BEFORE_FREE);
  }

  private mark(node: u64, flag: u64): void {
    this.memory.write<u64>(node, this.memory.read<u64>(node) | flag);
  }

  /** The first `bytes` of a free node, which is in no list, are used; the rest stays free: its node. */
  allot(node: u64, bytes: u64): u64 {
    const rest = this.size(node) - bytes;
    const other = this.cut(node, bytes);
    this.setUsed(node);
    if (this.isTable) {
      this.table.setFree(other);
      return other;
    }
    // Who is behind it knows already that there is a free chunk.
    const memory = this.memory;
    memory.write<u64>(other, rest | FREE);
    if (this.style != TAGS_HEADER)
      memory.write<u64>(other + rest - WORD, this.style == TAGS_BOTH ? rest | FREE : rest);
    return other;
  }

  /** Makes a node `bytes` long; the node of the rest, which is not free, as long as nothing else is said. */
  cut(node: u64, bytes: u64): u64 {
    if (this.isTable) return this.table.cut(node, bytes);
    const memory = this.memory;
    const word = memory.read<u64>(node);
    memory.write<u64>(node, bytes | (word & FLAGS));
    memory.write<u64>(node + bytes, (word & ~FLAGS) - bytes);
    if (this.style == TAGS_BOTH) this.setUsed(node + bytes);
    return node + bytes;
  }

  /** `node` takes in `next`, the one behind it, which is in no list. Whoever joins says then what the node is. */
  join(node: u64, next: u64): void {
    if (this.isTable) {
      this.table.join(node, next);
      return;
    }
    this.memory.write<u64>(node, this.memory.read<u64>(node) + this.size(next));
  }
}
