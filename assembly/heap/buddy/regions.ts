/**
 * The memory of a buddy heap and the tags of its blocks: a block's order, the power of two that its size is, and its state.
 *
 *   region  ├ block 2^5 ┼ 2^5 ┼ 2^6 ────┼ 2^7 ───────────────── ┤      buddies: addresses that differ in one bit, counted
 *           base                                              end     from the region's base
 *
 *   tag:  order | state << 6     state 0: in use; 1: free; 2: a block that begins within another of that order
 *
 * Tags lie in the first word of each block (`header`) or, a byte for each smallest block, in a map outside of the heap. A
 * heap has one region as long as no other moves the break.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { copyOf, make } from "../../core/arena";
import { HeapMemory, NO_MEMORY } from "../memory";
import { roundUp } from "../parts";

export const STATE_USED: u32 = 0;
export const STATE_FREE: u32 = 1;
export const STATE_WITHIN: u32 = 2;
const STATE_SHIFT: u32 = 6;
const ORDER_MASK: u32 = 63;
const PAGE: u64 = 4096;

/** A tag of a block of that order. */
export function tagOf(order: u32, state: u32): u32 {
  return order | (state << STATE_SHIFT);
}

export function orderOf(tag: u32): u32 {
  return tag & ORDER_MASK;
}

export function stateOf(tag: u32): u32 {
  return tag >> STATE_SHIFT;
}

@final
@unmanaged
export class Region {
  memory: HeapMemory;
  base: u64;
  end: u64;
  /** The order of the smallest block. */
  private leastOrder: u32;
  /** The map, and its bytes; 0: tags are in the blocks. */
  private map: u64;
  private mapBytes: u64;
  private isMapped: bool;
  /** The one that was begun before it; null: none. */
  previous: Region;

  /** Null when memory is out. */
  static create(memory: HeapMemory, leastOrder: u32, isMapped: bool, base: u64, previous: Region): Region {
    const region = make<Region>();
    if (changetype<usize>(region) == 0) return region;
    region.memory = memory;
    region.leastOrder = leastOrder;
    region.isMapped = isMapped;
    region.base = base;
    region.end = base;
    region.previous = previous;
    return region;
  }

  /** That of a heap that was forked, whose memory is `memory`, with those before it; null when memory is out. */
  copy(memory: HeapMemory): Region {
    const region = copyOf<Region>(this);
    if (changetype<usize>(region) == 0) return region;
    region.memory = memory;
    if (changetype<usize>(this.previous) == 0) return region;
    region.previous = this.previous.copy(memory);
    return changetype<usize>(region.previous) == 0 ? region.previous : region;
  }

  @inline
  has(address: u64): bool {
    return address - this.base < this.end - this.base;
  }

  /** The block that a block of order `order` was split from together with `address`. */
  @inline
  buddy(address: u64, order: u32): u64 {
    return this.base + ((address - this.base) ^ ((<u64>1) << order));
  }

  /** The start of the block of that order that has `address`. */
  @inline
  startOf(address: u64, order: u32): u64 {
    return this.base + (((address - this.base) >> order) << order);
  }

  private mapAt(address: u64): u64 {
    return this.map + ((address - this.base) >> this.leastOrder);
  }

  @inline
  tag(address: u64): u32 {
    if (this.isMapped) return this.memory.read<u8>(this.mapAt(address));
    return <u32>this.memory.read<u64>(address);
  }

  peekTag(address: u64): u32 {
    if (this.isMapped) return this.memory.peek<u8>(this.mapAt(address));
    return <u32>this.memory.peek<u64>(address);
  }

  @inline
  setTag(address: u64, tag: u32): void {
    if (this.isMapped) this.memory.write<u8>(this.mapAt(address), <u8>tag);
    else this.memory.write<u64>(address, tag);
  }

  /** Makes the map large enough for a region of `bytes`; false when the system has no memory. */
  reserve(bytes: u64): bool {
    if (!this.isMapped) return true;
    const wanted = roundUp((bytes >> this.leastOrder) + 1, PAGE);
    if (wanted <= this.mapBytes) return true;
    const memory = this.memory;
    const map =
      this.map == 0
        ? memory.mmap(wanted, PROT_READ | PROT_WRITE)
        : memory.mremap(this.map, this.mapBytes, wanted, true);
    if (map == NO_MEMORY) return false;
    this.map = map;
    this.mapBytes = wanted;
    return true;
  }
}
