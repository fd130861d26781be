/**
 * TLSF: free blocks in lists by two levels of size, found by two bitmaps, so that every operation takes the same time
 * whatever the heap is like. A good fit: the first block of a list whose every block is large enough.
 *
 * From: Masmano, Ripoll, Crespo, Real, "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", ECRTS 2004; the
 * layout and the order of all steps as in Conte's TLSF 3.1 (tlsf.c). Differences:
 *  - Payloads are aligned to 16, as the x86-64 ABI wants; Conte's are to 8, which `alignment=8` gives.
 *  - Pools are got from the system when no block is large enough, `growth` bytes at least. With sbrk, as in the paper's
 *    authors' program, memory behind the last pool joins it; with mmap, each pool stands alone, as in Conte's. None goes
 *    back. A pool's header, `pools.ts`, is ours: Conte leaves it to the caller what pools there are.
 *  - A request of 0 bytes gets the smallest block. Conte's gives NULL.
 *  - realloc to 2^32 bytes or more fails. Conte's makes the block empty.
 */
import { NONE } from "../../abi/core";
import { CHUNK_FREE, CHUNK_META, CHUNK_USED } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { Allocator, ChunkView } from "../contract";
import { isAlignment, moveBlock, powerOfTwoFrom, product } from "../parts";
import { Block, HEADER, LEAST_SIZE, OVERHEAD, PAYLOAD } from "./block";
import { Control, MOST_SIZE } from "./control";
import { Pools } from "./pools";

@final
@unmanaged
export class Tlsf extends Allocator {
  private lists: Control;
  private pools: Pools;
  private alignment: u64;
  /** The pool that the control structure is in; 0: there is none yet. */
  private home: u64;

  create(parameters: usize): bool {
    this.alignment = load<f64>(parameters, 16) == 0 ? 16 : 8;
    this.lists = Control.create(this.memory, <u32>load<f64>(parameters));
    const growth = <u64>load<f64>(parameters, 8);
    this.pools = Pools.create(this.memory, this.alignment, growth, load<f64>(parameters, 24) == 1);
    return changetype<usize>(this.lists) != 0 && changetype<usize>(this.pools) != 0;
  }

  forked(): bool {
    this.lists = this.lists.copy(this.memory);
    this.pools = this.pools.copy(this.memory);
    return changetype<usize>(this.lists) != 0 && changetype<usize>(this.pools) != 0;
  }

  malloc(bytes: u64): u64 {
    const size = this.sizeFor(bytes);
    if (size == 0) return 0;
    const block = this.take(size);
    return block == 0 ? 0 : this.use(block, size);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const address = this.malloc(wanted);
    if (address != 0) this.memory.fill(address, 0, wanted);
    return address;
  }

  /** The payload for a request; 0 with ENOMEM where it is too large. */
  private sizeFor(bytes: u64): u64 {
    if (bytes < MOST_SIZE) {
      const mask = this.alignment - 1;
      const size = ((bytes + OVERHEAD + mask) & ~mask) - OVERHEAD;
      if (size < MOST_SIZE) return max(size, LEAST_SIZE);
    }
    this.memory.errno = ENOMEM;
    return 0;
  }

  /** A free block of at least `size` bytes, out of its list; 0 with ENOMEM. */
  private take(size: u64): u64 {
    const block = this.home == 0 ? 0 : this.lists.take(size);
    return block != 0 ? block : this.takeMore(size);
  }

  private takeMore(size: u64): u64 {
    const block = this.grow(size) ? this.lists.take(size) : 0;
    if (block == 0) this.memory.errno = ENOMEM;
    return block;
  }

  private grow(size: u64): bool {
    const rounded = this.lists.roundUp(size);
    if (rounded >= MOST_SIZE - OVERHEAD) return false;
    const isFirst = this.home == 0;
    const block = this.pools.grow(rounded, isFirst ? this.lists.bytes : 0);
    if (block == 0) return false;
    if (isFirst) {
      this.home = this.pools.first;
      this.lists.begin(this.pools.controlOf(this.home));
    }
    this.release(block);
    return true;
  }

  /** A free block, in no list, is used from now on; what is behind `size` bytes of it is free. Its payload. */
  private use(block: u64, size: u64): u64 {
    const memory = this.memory;
    if (this.canSplit(block, size)) {
      const rest = this.split(block, size);
      Block.linkNext(memory, block);
      Block.setPreviousFree(memory, rest, true);
      this.lists.insert(rest);
    }
    Block.markUsed(memory, block);
    return block + PAYLOAD;
  }

  @inline
  private canSplit(block: u64, size: u64): bool {
    return Block.size(this.memory, block) >= HEADER + size;
  }

  /** Cuts a block; the part behind `size` bytes, which is free and in no list. */
  private split(block: u64, size: u64): u64 {
    const memory = this.memory;
    const rest = block + PAYLOAD + size - OVERHEAD;
    Block.setHeader(memory, rest, Block.size(memory, block) - size - OVERHEAD, false, false);
    Block.setSize(memory, block, size);
    Block.markFree(memory, rest);
    return rest;
  }

  free(address: u64): void {
    if (address != 0) this.release(address - PAYLOAD);
  }

  /** Frees a block that is in use, together with its free neighbours. */
  private release(block: u64): void {
    const memory = this.memory;
    if (Block.isFree(memory, block)) {
      memory.abort("tlsf: block already marked as free");
      return;
    }
    Block.markFree(memory, block);
    let whole = block;
    if (Block.isPreviousFree(memory, block)) {
      whole = Block.previous(memory, block);
      this.lists.remove(whole);
      this.absorb(whole, block);
    }
    this.absorbNext(whole);
    this.lists.insert(whole);
  }

  private absorb(block: u64, next: u64): void {
    const memory = this.memory;
    Block.setSize(memory, block, Block.size(memory, block) + Block.size(memory, next) + OVERHEAD);
    Block.linkNext(memory, block);
  }

  private absorbNext(block: u64): void {
    const next = Block.next(this.memory, block);
    if (!Block.isFree(this.memory, next)) return;
    this.lists.remove(next);
    this.absorb(block, next);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const size = this.sizeFor(bytes);
    if (size == 0) return 0;
    const memory = this.memory;
    const block = address - PAYLOAD;
    const had = Block.size(memory, block);
    if (size > had) {
      const next = Block.next(memory, block);
      const fits = Block.isFree(memory, next) && size <= had + Block.size(memory, next) + OVERHEAD;
      if (!fits) return moveBlock<Tlsf>(this, address, had, bytes);
      this.absorbNext(block);
      Block.markUsed(memory, block);
    }
    this.trim(block, size);
    return address;
  }

  /** Frees the bytes after the first `size` of a block in use. */
  private trim(block: u64, size: u64): void {
    if (!this.canSplit(block, size)) return;
    const rest = this.split(block, size);
    Block.setPreviousFree(this.memory, rest, false);
    this.absorbNext(rest);
    this.lists.insert(rest);
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    const multiple = powerOfTwoFrom(alignment);
    if (multiple <= this.alignment) return this.malloc(bytes);
    const size = this.sizeFor(bytes);
    if (size == 0) return 0;
    // The bytes that are left out before the payload must be a block.
    const whole = multiple >= MOST_SIZE ? MOST_SIZE : (size + 2 * multiple + HEADER - 1) & ~(multiple - 1);
    if (whole >= MOST_SIZE) {
      this.memory.errno = ENOMEM;
      return 0;
    }
    const block = this.take(whole);
    return block == 0 ? 0 : this.use(this.cutTo(block, multiple), size);
  }

  /** Frees what is before the first aligned payload in a free block that is in no list; the block from there on. */
  private cutTo(block: u64, alignment: u64): u64 {
    const start = block + PAYLOAD;
    let payload = (start + alignment - 1) & ~(alignment - 1);
    if (payload == start) return block;
    if (payload - start < HEADER) {
      const more = max(HEADER - (payload - start), alignment);
      payload = (payload + more + alignment - 1) & ~(alignment - 1);
    }
    const rest = this.split(block, payload - start - OVERHEAD);
    Block.setPreviousFree(this.memory, rest, true);
    Block.linkNext(this.memory, block);
    this.lists.insert(block);
    return rest;
  }

  usableSize(address: u64): u64 {
    return address == 0 ? 0 : Block.size(this.memory, address - PAYLOAD);
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    return OVERHEAD + Block.size(this.memory, address - PAYLOAD);
  }

  // The walk: `group` is the pool, `cursor` the next chunk, 0: the pool's header. A chunk begins with a block's size.

  next(view: ChunkView): bool {
    if (view.group == 0) view.group = this.pools.first;
    else if (view.cursor >= this.pools.peekEnd(view.group)) {
      view.group = this.pools.peekNext(view.group);
      view.cursor = 0;
    }
    if (view.group == 0) return false;
    view.bin = NONE;
    view.listedNext = 0;
    if (view.cursor == 0) this.viewHeader(view);
    else this.viewBlock(view);
    view.cursor = view.address + view.bytes;
    return true;
  }

  private viewHeader(view: ChunkView): void {
    view.address = view.group;
    view.bytes = this.firstOf(view.group) + OVERHEAD - view.group;
    view.state = CHUNK_META;
  }

  private firstOf(pool: u64): u64 {
    return this.pools.firstBlock(pool, pool == this.home ? this.lists.bytes : 0);
  }

  private viewBlock(view: ChunkView): void {
    const block = view.cursor - OVERHEAD;
    const size = Block.peekSize(this.memory, block);
    const room = this.pools.peekEnd(view.group) - view.cursor;
    const isLast = room == OVERHEAD;
    view.address = view.cursor;
    // Where the size cannot be, an overrun was there, and the rest of the pool is one chunk.
    view.bytes = size < LEAST_SIZE || size > room - OVERHEAD ? room : size + OVERHEAD;
    view.state = Block.peekIsFree(this.memory, block) ? CHUNK_FREE : isLast ? CHUNK_META : CHUNK_USED;
    if (view.state != CHUNK_FREE) return;
    view.bin = this.lists.listOf(size);
    const next = Block.peekNextFree(this.memory, block);
    if (next != this.pools.controlOf(this.home)) view.listedNext = next + OVERHEAD;
  }

  isValid(): bool {
    if (this.home == 0) return true;
    let free: u64 = 0;
    for (let pool = this.pools.first; pool != 0; pool = this.pools.peekNext(pool)) {
      const found = this.countFree(pool);
      if (found == u64.MAX_VALUE) return false;
      free += found;
    }
    return this.lists.countFree() == free;
  }

  /** The free blocks of a pool; `u64.MAX_VALUE` where its blocks do not tile it or a tag is wrong. */
  private countFree(pool: u64): u64 {
    const memory = this.memory;
    const end = this.pools.peekEnd(pool);
    let free: u64 = 0;
    let before: u64 = 0;
    let block = this.firstOf(pool);
    while (block != end - 2 * OVERHEAD) {
      const size = Block.peekSize(memory, block);
      const next = block + PAYLOAD + size - OVERHEAD;
      if (size < LEAST_SIZE || next > end || ((block + PAYLOAD) & (this.alignment - 1)) != 0)
        return u64.MAX_VALUE;
      if (!this.isTagged(block, before)) return u64.MAX_VALUE;
      before = Block.peekIsFree(memory, block) ? block : 0;
      if (before != 0) free++;
      block = next;
    }
    return Block.peekSize(memory, block) == 0 && this.isTagged(block, before) ? free : u64.MAX_VALUE;
  }

  /** True if the block's tag has the free block before it, `before`, or 0 for none. No two free ones are neighbours. */
  private isTagged(block: u64, before: u64): bool {
    const memory = this.memory;
    if (Block.peekIsPreviousFree(memory, block) != (before != 0)) return false;
    return before == 0 || (Block.peekPrevious(memory, block) == before && !Block.peekIsFree(memory, block));
  }
}
