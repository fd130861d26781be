/**
 * A heap of chunks with tags: an allocation takes a free chunk that its index finds and splits it; a free gives the chunk
 * back and joins it with its free neighbours, at once, later, or never. From: Wilson, Johnstone, Neely, Boles, "Dynamic
 * Storage Allocation: A Survey and Critical Review" (1995), sections 3.2 to 3.5; Knuth, The Art of Computer Programming,
 * volume 1, section 2.5.
 *
 * The first `bytes` of a free chunk are used, and the rest stays free, if it is large enough to be split off. Where nothing
 * fits, the heap grows by sbrk, and what is new is freed like a block. Nothing goes back to the system.
 */
import { NONE } from "../../abi/core";
import { CHUNK_FREE, CHUNK_META, CHUNK_USED } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { copyOf, make } from "../../core/arena";
import { Allocator, ChunkView } from "../contract";
import { isAlignment, moveBlock, powerOfTwoFrom, product } from "../parts";
import { fixHeap, growHeap } from "./grow";
import { Index, JOIN_AT_ONCE, JOIN_DEFERRED, JOIN_LISTED } from "./index";
import { isSoundHeap } from "./sound";
import { TAGS_HEADER, Tags } from "./tags";

/** Parameters: two of the index, then these. */
const COALESCE: usize = 16;
const HEADER: usize = 24;
const ALIGNMENT: usize = 32;
const TAGS: usize = 40;
const SPLIT: usize = 48;
const GROWTH: usize = 56;
const SIZE: usize = 64;

@final
@unmanaged
export class TaggedHeap<I extends Index> extends Allocator {
  tags: Tags;
  index: I;
  /** `JOIN_AT_ONCE` and so on. */
  coalescing: u32;
  /** Chunks were freed since all neighbours were joined. */
  private hasApart: bool;
  /** A rest of so many bytes is split off. */
  private leastRest: u64;
  private growth: u64;
  /** Of a heap that does not grow; 0: it grows. */
  private fixedBytes: u64;

  create(parameters: usize): bool {
    const header = <u64>load<f64>(parameters, HEADER);
    const alignment = <u64>load<f64>(parameters, ALIGNMENT);
    this.tags = Tags.create(this.memory, <u32>load<f64>(parameters, TAGS), header, alignment);
    this.index = make<I>();
    if (changetype<usize>(this.tags) == 0 || changetype<usize>(this.index) == 0) return false;
    this.coalescing = <u32>load<f64>(parameters, COALESCE);
    this.leastRest = max(<u64>load<f64>(parameters, SPLIT), this.tags.least);
    this.growth = <u64>load<f64>(parameters, GROWTH);
    this.fixedBytes = <u64>load<f64>(parameters, SIZE);
    return this.index.create(this.tags, parameters, this.coalescing);
  }

  malloc(bytes: u64): u64 {
    const need = this.tags.chunkBytes(bytes);
    const node = need == 0 ? 0 : this.obtain(need);
    if (node == 0) return this.lack();
    this.place(node, need);
    return this.tags.block(node);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const address = this.malloc(wanted);
    if (address != 0) this.memory.fill(address, 0, wanted);
    return address;
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  /** A free node of `need` bytes or more, which is still in the index; 0: there is no memory. */
  private obtain(need: u64): u64 {
    const tags = this.tags;
    if (tags.isTable && !tags.table.isReady()) return 0;
    const index = this.index;
    let node = index.find(need);
    if (node == 0 && this.hasApart && this.coalescing == JOIN_DEFERRED) {
      this.joinAll();
      node = index.find(need);
    }
    if (node == 0 && this.grow(need)) node = index.find(need);
    return this.memory.hasStopped ? 0 : node;
  }

  private grow(need: u64): bool {
    if (this.memory.hasStopped) return false;
    const isFixed = this.fixedBytes != 0;
    if (isFixed && this.tags.first != 0) return false;
    const node = isFixed ? fixHeap(this.tags, this.fixedBytes) : growHeap(this.tags, need, this.growth);
    if (node == 0) return false;
    this.release(node);
    return true;
  }

  /** The first `need` bytes of a free node are used from now on. */
  private place(node: u64, need: u64): void {
    const tags = this.tags;
    const index = this.index;
    index.lift(node);
    if (tags.size(node) - need >= this.leastRest) index.putBack(tags.allot(node, need));
    else tags.setUsed(node);
  }

  /** Frees the rest of a node in use from `need` bytes on, if it is large enough. */
  private trim(node: u64, need: u64): void {
    const tags = this.tags;
    if (tags.size(node) - need < this.leastRest) return;
    const rest = tags.cut(node, need);
    tags.setUsed(node);
    this.release(rest);
  }

  free(address: u64): void {
    if (address == 0) return;
    const node = this.tags.nodeOf(address);
    if (node != 0) this.release(node);
    else this.memory.abort("free(): the block is not in use");
  }

  /** A node that is in no list becomes free. */
  private release(node: u64): void {
    if (this.coalescing == JOIN_AT_ONCE) {
      this.joinNeighbours(node);
      return;
    }
    this.hasApart = true;
    this.tags.setFree(node);
    this.index.insert(node);
    if (this.coalescing == JOIN_LISTED) this.index.joinListed();
  }

  private joinNeighbours(node: u64): void {
    const tags = this.tags;
    const index = this.index;
    const after = tags.freeAfter(node);
    const before = tags.style == TAGS_HEADER ? index.endingAt(node) : tags.freeBefore(node);
    if (this.memory.hasStopped) return;
    const isNext = index.isAt(before) || index.isAt(after);
    const staysPut = index.staysPut;
    if (after != 0) {
      index.lift(after);
      tags.join(node, after);
    }
    if (before != 0) {
      if (!staysPut) index.lift(before);
      tags.join(before, node);
      node = before;
    }
    tags.setFree(node);
    if (!staysPut || (before == 0 && after == 0)) index.insert(node);
    else if (before == 0) index.putBack(node);
    else index.grown(node);
    if (isNext) index.settle(node);
  }

  /** Joins all free neighbours, from the heap's start to its end. */
  private joinAll(): void {
    const tags = this.tags;
    this.hasApart = false;
    for (let node = tags.first; node != 0; node = tags.after(node)) {
      this.memory.step();
      if (tags.isFree(node) && tags.freeAfter(node) != 0) this.joinRun(node);
    }
  }

  private joinRun(node: u64): void {
    const tags = this.tags;
    const index = this.index;
    let isNext = index.isAt(node);
    if (index.isBySize) index.lift(node);
    for (let next = tags.freeAfter(node); next != 0 && !this.memory.hasStopped; next = tags.freeAfter(node)) {
      if (index.isAt(next)) isNext = true;
      index.lift(next);
      tags.join(node, next);
    }
    tags.setFree(node);
    if (index.isBySize) index.insert(node);
    if (isNext) index.settle(node);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const tags = this.tags;
    const need = tags.chunkBytes(bytes);
    if (need == 0 || (tags.isTable && !tags.table.isReady())) return this.lack();
    const node = tags.nodeOf(address);
    if (node == 0) {
      this.memory.abort("realloc(): the block is not in use");
      return 0;
    }
    if (tags.size(node) >= need || this.takeIn(node, need)) {
      this.trim(node, need);
      return address;
    }
    return moveBlock<TaggedHeap<I>>(this, address, this.usableSize(address), bytes);
  }

  /** Makes a node in use `need` bytes long or more, where a free one behind it is large enough. */
  private takeIn(node: u64, need: u64): bool {
    const tags = this.tags;
    const after = tags.freeAfter(node);
    if (after == 0 || tags.size(node) + tags.size(after) < need) return false;
    this.index.lift(after);
    tags.join(node, after);
    tags.setUsed(node);
    return true;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    const tags = this.tags;
    const need = tags.chunkBytes(bytes);
    const wanted = powerOfTwoFrom(alignment);
    if (wanted <= tags.alignment) return this.malloc(bytes);
    const padded = need == 0 ? 0 : tags.chunkBytes(bytes + wanted + tags.least);
    // A small block's chunk is larger than the block needs.
    const node = padded == 0 ? 0 : this.obtain(max(padded, need + wanted + tags.least));
    if (node == 0) return this.lack();
    this.index.lift(node);
    tags.setUsed(node);
    return this.align(node, wanted, need);
  }

  /** Cuts a node in use so that its block is aligned, and frees what it does not need; the block. */
  private align(node: u64, alignment: u64, need: u64): u64 {
    const tags = this.tags;
    const block = tags.block(node);
    let chosen = node;
    if ((block & (alignment - 1)) != 0) {
      const aligned = (block + tags.least + alignment - 1) & ~(alignment - 1);
      chosen = tags.cut(node, aligned - block);
      tags.setUsed(node);
      tags.setUsed(chosen);
      this.release(node);
    }
    this.trim(chosen, need);
    return tags.block(chosen);
  }

  usableSize(address: u64): u64 {
    const tags = this.tags;
    const node = address == 0 ? 0 : tags.nodeOf(address);
    return node == 0 ? 0 : tags.size(node) - tags.header - tags.footer;
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    const tags = this.tags;
    return tags.isTable ? tags.size(tags.nodeOf(address)) : tags.peekSize(address - tags.header);
  }

  forked(): bool {
    this.tags = this.tags.copy(this.memory);
    this.index = copyOf<I>(this.index);
    if (changetype<usize>(this.tags) == 0 || changetype<usize>(this.index) == 0) return false;
    return this.index.forked(this.tags);
  }

  next(view: ChunkView): bool {
    const tags = this.tags;
    const node = view.cursor == 0 ? tags.first : tags.peekAfter(view.cursor);
    if (node == 0) return false;
    view.cursor = node;
    view.address = tags.peekStart(node);
    view.bytes = tags.peekSize(node);
    view.arena = 0;
    const isFree = tags.peekIsFree(node);
    view.state = isFree ? CHUNK_FREE : tags.peekIsFence(node) ? CHUNK_META : CHUNK_USED;
    view.bin = isFree ? this.index.binOf(view.bytes) : NONE;
    const listed = isFree ? tags.peekNext(node) : 0;
    view.listedNext = listed == 0 ? 0 : tags.peekStart(listed);
    return true;
  }

  isValid(): bool {
    return isSoundHeap<I>(this.tags, this.index, this.coalescing == JOIN_AT_ONCE);
  }
}
