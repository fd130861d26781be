/**
 * The state of a buddy heap: a list of free blocks for each order, and the regions that blocks lie in. The links of a list
 * lie in its blocks, its head here, as it would in a program's data segment.
 *
 *   free block:  ├ tag ┼ next ┼ previous ┼ ┄       tags `map`: without the first word
 */
import { Allocator } from "../contract";
import { Region, STATE_FREE, STATE_USED, tagOf } from "./regions";

/** Orders there can be. */
export const ORDERS: u32 = 48;

@unmanaged
export abstract class BuddyHeap extends Allocator {
  leastOrder: u32;
  growth: u64;
  doubles: bool;
  fixedBytes: u64;
  /** Bytes before a block: its tag. */
  header: u64;
  /** The region that grows; null: there is none yet. */
  region: Region;
  /** Where in a free block its links are. */
  links: u64;
  /** The first free block of each order, u64 each, and which orders have one. */
  heads: usize;
  filled: u64;

  get isMapped(): bool {
    return this.header == 0;
  }

  // The lists of free blocks.
  head(order: u32): u64 {
    return load<u64>(this.heads + ((<usize>order) << 3));
  }

  private setHead(order: u32, block: u64): void {
    store<u64>(this.heads + ((<usize>order) << 3), block);
    if (block == 0) this.filled &= ~((<u64>1) << order);
    else this.filled |= (<u64>1) << order;
  }

  private push(region: Region, block: u64, order: u32): void {
    const memory = this.memory;
    const next = this.head(order);
    region.setTag(block, tagOf(order, STATE_FREE));
    memory.write<u64>(block + this.links, next);
    memory.write<u64>(block + this.links + 8, 0);
    if (next != 0) memory.write<u64>(next + this.links + 8, block);
    this.setHead(order, block);
  }

  remove(block: u64, order: u32): void {
    const memory = this.memory;
    const next = memory.read<u64>(block + this.links);
    const previous = memory.read<u64>(block + this.links + 8);
    if (previous == 0) this.setHead(order, next);
    else memory.write<u64>(previous + this.links, next);
    if (next != 0) memory.write<u64>(next + this.links + 8, previous);
  }

  peekNext(block: u64): u64 {
    return this.memory.peek<u64>(block + this.links);
  }

  peekPrevious(block: u64): u64 {
    return this.memory.peek<u64>(block + this.links + 8);
  }

  /** The region that has `address`; null: none. */
  regionOf(address: u64): Region {
    let region = this.region;
    while (changetype<usize>(region) != 0 && !region.has(address)) region = region.previous;
    return region;
  }

  /** Frees the upper halves of a block, so that its order is `order`. */
  split(region: Region, block: u64, had: u32, order: u32): void {
    while (had > order) {
      had--;
      this.push(region, block + ((<u64>1) << had), had);
    }
    region.setTag(block, tagOf(order, STATE_USED));
  }

  /** A block becomes free, joined with its buddy, and that block with its own, as far as they are free. */
  release(region: Region, block: u64, order: u32): void {
    const memory = this.memory;
    for (; order < ORDERS - 1; order++) {
      const buddy = region.buddy(block, order);
      if (buddy + ((<u64>1) << order) > region.end) break;
      memory.step();
      if (region.tag(buddy) != tagOf(order, STATE_FREE) || memory.hasStopped) break;
      this.remove(buddy, order);
      block = min(block, buddy);
    }
    this.push(region, block, order);
  }
}
