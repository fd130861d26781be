/**
 * The binary buddy system: blocks are powers of two, split into halves until one just holds the request, and joined again
 * with their other half, the buddy, as soon as both are free. From: Knowlton, "A Fast Storage Allocator" (CACM, 1965);
 * Knuth, The Art of Computer Programming, volume 1, section 2.5, algorithms R and S.
 *
 *   free block:  ├ tag ┼ next ┼ previous ┼ ┄       tags `map`: without the first word
 *   in use:      ├ tag ┼ unused ┼ block ┄          tags `map`: the block alone
 *
 * Differences: memory is got by sbrk as it is needed, doubling the heap or by pieces of `growth` bytes, and need not come
 * to a power of two in all; a bit map shows which orders have free blocks.
 */
import { NONE } from "../../abi/core";
import { CHUNK_FREE, CHUNK_USED } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { allocate, copyBytes } from "../../core/arena";
import { ChunkView } from "../contract";
import { isAlignment, MOST_BYTES, moveBlock, powerOfTwoFrom, product } from "../parts";
import { growBuddies } from "./grow";
import { orderOf, Region, STATE_FREE, STATE_USED, STATE_WITHIN, stateOf, tagOf } from "./regions";
import { areBuddiesSound } from "./sound";
import { BuddyHeap, ORDERS } from "./state";

const HEADER: u64 = 16;
const PAGE_SHIFT: u32 = 12;

@final
@unmanaged
export class Buddy extends BuddyHeap {
  create(parameters: usize): bool {
    const isMapped = load<f64>(parameters, 8) != 0;
    const least = max(<u64>load<f64>(parameters), isMapped ? 16 : 32);
    this.leastOrder = <u32>ctz(powerOfTwoFrom(least));
    this.header = isMapped ? 0 : HEADER;
    this.links = isMapped ? 0 : 8;
    this.doubles = load<f64>(parameters, 16) == 0;
    this.growth = powerOfTwoFrom(<u64>load<f64>(parameters, 24));
    this.fixedBytes = <u64>load<f64>(parameters, 32);
    this.heads = allocate(ORDERS << 3);
    return this.heads != 0;
  }

  forked(): bool {
    this.heads = copyBytes(this.heads, ORDERS << 3);
    if (this.heads == 0) return false;
    if (changetype<usize>(this.region) == 0) return true;
    this.region = this.region.copy(this.memory);
    return changetype<usize>(this.region) != 0;
  }

  /** The order of a block of so many bytes, header included. */
  private orderFor(bytes: u64): u32 {
    return max(this.leastOrder, <u32>ctz(powerOfTwoFrom(bytes)));
  }

  /** A block of that order, in use; 0: there is no memory. */
  private take(order: u32): u64 {
    if (order >= ORDERS || this.memory.hasStopped) return this.lack();
    if (this.filled >> order == 0 && !growBuddies(this, order)) return this.lack();
    const found = order + <u32>ctz(this.filled >> order);
    const block = this.head(found);
    const region = this.regionOf(block);
    if (changetype<usize>(region) == 0) {
      this.memory.abort("a list of free blocks leads out of the heap");
      return 0;
    }
    this.remove(block, found);
    this.split(region, block, found, order);
    this.memory.steps += found - order + 1;
    return block;
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  malloc(bytes: u64): u64 {
    if (bytes > MOST_BYTES - HEADER) return this.lack();
    const block = this.take(this.orderFor(bytes + this.header));
    return block == 0 ? 0 : block + this.header;
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const address = this.malloc(wanted);
    if (address != 0) this.memory.fill(address, 0, wanted);
    return address;
  }

  /** Where the tag of the block at `address` is, whose region is known. */
  private tagAt(address: u64): u64 {
    return address - this.header;
  }

  free(address: u64): void {
    if (address == 0) return;
    const region = this.regionOf(this.tagAt(address));
    const tag = changetype<usize>(region) == 0 ? tagOf(0, STATE_FREE) : region.tag(this.tagAt(address));
    if (stateOf(tag) == STATE_FREE || orderOf(tag) < this.leastOrder) {
      this.memory.abort("free(): the block is not in use");
      return;
    }
    const order = orderOf(tag);
    if (stateOf(tag) == STATE_WITHIN) region.setTag(this.tagAt(address), 0);
    this.release(region, region.startOf(this.tagAt(address), order), order);
  }

  /** Bytes that may be used at `address`, whose block has the tag. */
  private room(region: Region, address: u64, tag: u32): u64 {
    const order = orderOf(tag);
    return region.startOf(this.tagAt(address), order) + ((<u64>1) << order) - address;
  }

  usableSize(address: u64): u64 {
    const region = this.regionOf(this.tagAt(address));
    if (address == 0 || changetype<usize>(region) == 0) return 0;
    return this.room(region, address, region.tag(this.tagAt(address)));
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    if (bytes > MOST_BYTES - HEADER) return this.lack();
    const block = this.tagAt(address);
    const region = this.regionOf(block);
    if (changetype<usize>(region) == 0) {
      this.memory.abort("realloc(): the block is not in use");
      return 0;
    }
    const tag = region.tag(block);
    if (
      stateOf(tag) == STATE_USED &&
      this.resize(region, block, orderOf(tag), this.orderFor(bytes + this.header))
    ) {
      return address;
    }
    const had = this.room(region, address, tag);
    return had >= bytes ? address : moveBlock<Buddy>(this, address, had, bytes);
  }

  /** Gives upper halves back, or takes in the buddies above as long as they are free; false: one is not. */
  private resize(region: Region, block: u64, had: u32, order: u32): bool {
    for (let k = had; k < order; k++) {
      const buddy = region.buddy(block, k);
      if (buddy < block || buddy + ((<u64>1) << k) > region.end) return false;
      this.memory.step();
      if (region.tag(buddy) != tagOf(k, STATE_FREE)) return false;
    }
    for (let k = had; k < order; k++) this.remove(region.buddy(block, k), k);
    this.split(region, block, max(had, order), order);
    return true;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    if (bytes > MOST_BYTES - HEADER) return this.lack();
    const wanted = powerOfTwoFrom(alignment);
    if (this.isMapped && wanted <= (<u64>1) << PAGE_SHIFT) return this.malloc(max(bytes, wanted));
    if (wanted <= HEADER) return this.malloc(bytes);
    if (wanted > MOST_BYTES - HEADER - bytes) return this.lack();
    return this.takeAligned(wanted, bytes);
  }

  /** A block within one that is larger by the alignment. */
  private takeAligned(alignment: u64, bytes: u64): u64 {
    const order = this.orderFor(bytes + this.header + alignment);
    const block = this.take(order);
    if (block == 0) return 0;
    const aligned = (block + this.header + alignment - 1) & ~(alignment - 1);
    const at = this.tagAt(aligned);
    if (at != block) this.regionOf(block).setTag(at, tagOf(order, STATE_WITHIN));
    return aligned;
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    return (<u64>1) << orderOf(this.regionOf(this.tagAt(address)).peekTag(this.tagAt(address)));
  }

  next(view: ChunkView): bool {
    let region = view.cursor == 0 ? this.first() : this.regionOf(view.cursor - 1);
    if (changetype<usize>(region) == 0) return false;
    let block = view.cursor == 0 ? region.base : view.cursor;
    if (block == region.end) {
      region = this.behind(region);
      if (changetype<usize>(region) == 0) return false;
      block = region.base;
    }
    const tag = region.peekTag(block);
    view.address = block;
    view.bytes = (<u64>1) << orderOf(tag);
    view.state = stateOf(tag) == STATE_FREE ? CHUNK_FREE : CHUNK_USED;
    view.bin = stateOf(tag) == STATE_FREE ? orderOf(tag) : NONE;
    view.listedNext = stateOf(tag) == STATE_FREE ? this.peekNext(block) : 0;
    view.arena = 0;
    view.cursor = block + view.bytes;
    return true;
  }

  /** The first region by address. */
  private first(): Region {
    return this.behind(changetype<Region>(0));
  }

  /** The region behind `region`; null: none. They were begun in order of address. */
  private behind(region: Region): Region {
    let found = changetype<Region>(0);
    for (let other = this.region; changetype<usize>(other) != 0 && other != region; other = other.previous)
      found = other;
    return found;
  }

  isValid(): bool {
    return areBuddiesSound(this);
  }
}
