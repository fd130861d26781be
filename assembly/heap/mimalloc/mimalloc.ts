/**
 * mimalloc: pages of blocks of one size, each with free lists of its own, in segments of 32 MiB that belong to a thread. A
 * model after mimalloc 2.0.9 as Debian's libmimalloc has it (release build: no padding, no encoded lists), down to the order
 * of its lists.
 *
 *   block:  ├ next ─ while it is free, in its page's list ─┤      no header
 *   up to 16 KiB: pages of 64 KiB; up to 128 KiB: of 512 KiB; up to 16 MiB: a page alone; larger: a segment alone
 *
 * Differences:
 *  - Time passes with calls, `calls_per_second` of them in one.
 *  - Calls are served one after the other, so what threads do at once is not there.
 *  - Addresses begin at 2 TiB, not at a random place between there and 6 TiB.
 *  - No large or huge pages of the system's, no arenas, one NUMA node.
 */
import { HEAP_ALIGNED_ALLOC, HEAP_POSIX_MEMALIGN, HEAP_THREAD_EXIT } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { allocate } from "../../core/arena";
import { ChunkView } from "../contract";
import { isAlignment, isPowerOfTwo, MOST_BYTES, moveBlock } from "../parts";
import { freeBlock, freeDelayed } from "./free";
import { Heap, MOST_SMALL } from "./heap";
import { Page } from "./page";
import { findPage, MOST_ALIGNMENT } from "./pages";
import { Segment } from "./segment";
import { MimallocState } from "./state";
import { collectAll, endThread, newHeap } from "./threads";
import { isSound, MOST_BLOCKS, nextOf } from "./walk";

/** Blocks up to this size are aligned to what divides it. */
const MOST_NATURAL: u64 = 128;

@final
@unmanaged
export class Mimalloc extends MimallocState {
  create(parameters: usize): bool {
    this.memory.clearLibrary();
    this.decommitDelay = <u64>load<f64>(parameters);
    this.keptDelay = <u64>load<f64>(parameters, 8);
    this.lazySegments = <u64>load<f64>(parameters, 16);
    this.callsPerSecond = <u64>load<f64>(parameters, 24);
    this.marks = allocate(MOST_BLOCKS);
    return this.createState() && this.marks != 0;
  }

  forked(): bool {
    this.marks = allocate(MOST_BLOCKS);
    this.markedPage = 0;
    return this.copyState() && this.marks != 0;
  }

  malloc(bytes: u64): u64 {
    return this.take(bytes, false);
  }

  private take(bytes: u64, isZero: bool): u64 {
    const memory = this.memory;
    const heap = this.heap;
    if (bytes <= MOST_SMALL && heap != 0) {
      const page = Heap.small(memory, heap, bytes);
      const block = Page.free(memory, page);
      if (block != 0) return this.pop(page, block, isZero);
    }
    return this.takeSlowly(bytes, isZero, 0);
  }

  private pop(page: u64, block: u64, isZero: bool): u64 {
    const memory = this.memory;
    Page.setUsed(memory, page, Page.used(memory, page) + 1);
    Page.setFree(memory, page, memory.read<u64>(block));
    if (isZero) memory.fill(block, 0, Page.bytes(memory, page));
    return block;
  }

  private takeSlowly(bytes: u64, isZero: bool, alignment: u64): u64 {
    let heap = this.heap;
    if (heap == 0) heap = newHeap(this);
    if (heap == 0) return this.lack();
    freeDelayed(this, heap);
    const isTooMuch = bytes > MOST_BYTES;
    let page = isTooMuch ? 0 : findPage(this, heap, bytes, alignment);
    if (page == 0) {
      collectAll(this, heap);
      page = isTooMuch ? 0 : findPage(this, heap, bytes, alignment);
    }
    if (page == 0 || this.memory.hasStopped) return this.lack();
    return this.pop(page, Page.free(this.memory, page), isZero);
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  calloc(count: u64, bytes: u64): u64 {
    // A product that fits is asked for, however large: that collects, and one that does not fit does not.
    const isProduct = count == 0 || bytes <= u64.MAX_VALUE / count;
    return isProduct ? this.take(count * bytes, true) : this.lack();
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    const had = this.usableSize(address);
    if (this.memory.hasStopped) return 0;
    // It stays where it fits and wastes no more than half. Of nothing, a smallest block is made.
    if (bytes <= had && bytes >= had / 2 && bytes > 0) return address;
    return moveBlock<Mimalloc>(this, address, had, bytes);
  }

  free(address: u64): void {
    if (address != 0) freeBlock(this, address);
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (
      (operation == HEAP_POSIX_MEMALIGN || operation == HEAP_ALIGNED_ALLOC) &&
      !isAlignment(this, operation, alignment)
    )
      return 0;
    if (!isPowerOfTwo(alignment) || bytes > MOST_BYTES) return this.lack();
    if (isPowerOfTwo(bytes) && bytes >= alignment && bytes <= MOST_SMALL) return this.malloc(bytes);
    const memory = this.memory;
    if (bytes <= MOST_SMALL && alignment <= bytes && this.heap != 0) {
      const page = Heap.small(memory, this.heap, bytes);
      const block = Page.free(memory, page);
      if (block != 0 && (block & (alignment - 1)) == 0) return this.pop(page, block, false);
    }
    if (alignment <= bytes && bytes <= MOST_NATURAL && (bytes & (alignment - 1)) == 0)
      return this.malloc(bytes);
    return this.alignWithin(alignment, bytes);
  }

  /** A block large enough to have an aligned part of `bytes`. */
  private alignWithin(alignment: u64, bytes: u64): u64 {
    const memory = this.memory;
    const block =
      alignment > MOST_ALIGNMENT
        ? this.takeSlowly(max(bytes, MOST_SMALL + 1), false, alignment)
        : this.malloc(bytes + alignment - 1);
    if (block == 0 || memory.hasStopped) return 0;
    const aligned = (block + alignment - 1) & -alignment;
    if (aligned != block) Page.setHasAligned(memory, Page.of(memory, Segment.of(block), block), true);
    return aligned;
  }

  usableSize(address: u64): u64 {
    const memory = this.memory;
    const page = Page.of(memory, Segment.of(address), address);
    return Page.blockBytes(memory, page) - (address - Page.block(memory, page, address));
  }

  control(operation: u32, _a: u64, _b: u64): u64 {
    if (operation == HEAP_THREAD_EXIT) endThread(this);
    return 0;
  }

  footprint(address: u64): u64 {
    const memory = this.memory;
    return Page.blockBytes(memory, Page.of(memory, Segment.of(address), address));
  }

  next(view: ChunkView): bool {
    return nextOf(this, view);
  }

  isValid(): bool {
    return isSound(this);
  }
}
