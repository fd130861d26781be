/**
 * tcmalloc: caches of threads over central lists over a heap of 8 KiB pages. A model after gperftools 2.10 as Debian's
 * libtcmalloc_minimal has it (src/tcmalloc.cc), down to the order of its lists.
 *
 *   small:  thread's cache ──batch──> transfer cache, central list ──span──> page heap ──1 MiB──> sbrk
 *   large:  (above 256 KiB)                                   a span alone ──> page heap
 *
 * Differences:
 *  - Calls are served one after the other, so no lock is ever held by another thread.
 *  - The cache of size classes by page (src/packed-cache-inl.h) is left out: it saves time, and no answer depends on it.
 *  - No samples are taken, as in the minimal library.
 */
import { HEAP_MALLOPT, HEAP_POSIX_MEMALIGN, HEAP_THREAD_EXIT } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { allocate, copyOf, make } from "../../core/arena";
import { Ordered } from "../../core/ordered";
import { ChunkView } from "../contract";
import { Extents } from "../extents";
import { isAlignment, moveBlock } from "../parts";
import { Chain, initCentral, insertRange } from "./central";
import { beginPool, takeFrom } from "./metadata";
import { allocateSpan, freeSpan, initPageHeap, pagesFor, splitSpan } from "./page-heap";
import { MOST_SMALL, PAGE, PAGE_SHIFT, SizeMap } from "./sizes";
import { SPAN_BYTES, Span, spanOf } from "./span";
import { Pool, TcmallocState } from "./state";
import { CACHE_BYTES, deleteCache, freeToCache, newCache, OVERALL, takeCached } from "./thread-cache";
import { isSound, MOST_OBJECTS, nextOf } from "./walk";

/** The reserve for exceptions of libstdc++, which the library needs, in bytes. */
const RESERVE: u64 = 72704;
const TRACE_BYTES: u64 = 264;
const NODE_BYTES: u64 = 48;

@final
@unmanaged
export class Tcmalloc extends TcmallocState {
  private chain: Chain;

  create(parameters: usize): bool {
    this.memory.clearLibrary();
    this.releaseRate = load<f64>(parameters);
    this.isAggressive = load<f64>(parameters, 8) != 0;
    this.unclaimed = OVERALL;
    this.sizes = SizeMap.create();
    this.order = Ordered.create();
    this.extents = Extents.create();
    this.spans = Pool.create(SPAN_BYTES);
    this.growths = Pool.create(TRACE_BYTES);
    this.caches = Pool.create(CACHE_BYTES);
    this.nodes = Pool.create(NODE_BYTES);
    this.chain = make<Chain>();
    this.marks = allocate(MOST_OBJECTS);
    return (
      changetype<usize>(this.sizes) != 0 &&
      changetype<usize>(this.order) != 0 &&
      changetype<usize>(this.extents) != 0 &&
      changetype<usize>(this.chain) != 0 &&
      this.marks != 0
    );
  }

  forked(): bool {
    this.order = this.order.copy();
    this.extents = this.extents.copy();
    this.spans = copyOf<Pool>(this.spans);
    this.growths = copyOf<Pool>(this.growths);
    this.caches = copyOf<Pool>(this.caches);
    this.nodes = copyOf<Pool>(this.nodes);
    this.chain = make<Chain>();
    this.marks = allocate(MOST_OBJECTS);
    this.markedSpan = 0;
    return (
      changetype<usize>(this.order) != 0 &&
      changetype<usize>(this.extents) != 0 &&
      changetype<usize>(this.spans) != 0 &&
      changetype<usize>(this.growths) != 0 &&
      changetype<usize>(this.caches) != 0 &&
      changetype<usize>(this.nodes) != 0 &&
      changetype<usize>(this.chain) != 0 &&
      this.marks != 0
    );
  }

  /** Prepares the library at the first call. Returns false if there is no memory. */
  private begin(): bool {
    // Two spans are left out, so that those in use begin in another cache line.
    if (!beginPool(this, this.spans) || takeFrom(this, this.spans) == 0 || takeFrom(this, this.spans) == 0)
      return false;
    if (!beginPool(this, this.growths)) return false;
    for (let index: u32 = 0; index < this.sizes.count; index++) initCentral(this, index);
    initPageHeap(this);
    if (!beginPool(this, this.caches)) return false;
    this.isReady = true;
    return newCache(this) != 0 && this.beginLibrary();
  }

  /** Makes the allocations of the library's start, which decide where the program's first blocks lie. */
  private beginLibrary(): bool {
    this.reserve = this.malloc(RESERVE);
    // The first of two is freed before threads are distinguished: not to the cache but to its span, which is then freed.
    const probe = this.malloc(1);
    if (probe == 0) return false;
    this.freeToSpan(probe, this.sizes.of(1));
    this.free(this.malloc(1));
    this.extension = this.malloc(16);
    this.extensionHolder = this.malloc(8);
    return this.extensionHolder != 0;
  }

  /** The running thread's cache, which its first call makes; 0: there is no memory. */
  private cacheOrNew(): u64 {
    const cache = this.cache;
    if (cache != 0) return cache;
    if (this.isReady) return newCache(this);
    return this.begin() ? this.cache : 0;
  }

  malloc(bytes: u64): u64 {
    const cache = this.cacheOrNew();
    if (cache == 0) return this.lack();
    if (bytes > MOST_SMALL) return this.allocateLarge(bytes);
    const object = takeCached(this, cache, this.sizes.of(bytes), this.chain);
    return object != 0 ? object : this.lack();
  }

  private allocateLarge(bytes: u64): u64 {
    const span = allocateSpan(this, pagesFor(bytes));
    return span == 0 ? this.lack() : Span.page(this.memory, span) << PAGE_SHIFT;
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  calloc(count: u64, bytes: u64): u64 {
    // A product that fits is asked for, however large.
    if (count != 0 && bytes > u64.MAX_VALUE / count) return this.lack();
    const wanted = count * bytes;
    const block = this.malloc(wanted);
    // All of it, whether it is zero or not.
    if (block != 0) this.memory.fill(block, 0, this.roundedUp(wanted));
    return block;
  }

  /** Returns the usable bytes of a block of `bytes`. */
  private roundedUp(bytes: u64): u64 {
    return bytes > MOST_SMALL ? pagesFor(bytes) << PAGE_SHIFT : this.sizes.bytes(this.sizes.of(bytes));
  }

  free(address: u64): void {
    if (address == 0) return;
    const memory = this.memory;
    const span = this.isReady ? spanOf(memory, address >> PAGE_SHIFT) : 0;
    if (span == 0) {
      memory.abort("Attempt to free invalid pointer");
      return;
    }
    const index = Span.sizeClass(memory, span);
    if (index == 0) {
      freeSpan(this, span);
      return;
    }
    const cache = this.cache;
    if (cache != 0) freeToCache(this, cache, index, address);
    else this.freeToSpan(address, index);
  }

  /** As a thread frees that has no cache. */
  private freeToSpan(object: u64, index: u32): void {
    this.memory.write<u64>(object, 0);
    insertRange(this, index, object, object, 1);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const had = this.usableSize(address);
    if (had == 0) {
      this.memory.abort("Attempt to realloc invalid pointer");
      return 0;
    }
    if (bytes <= had && bytes >= had / 2) return address;
    // A block that must grow by less than a quarter grows by a quarter.
    const generous = had + had / 4;
    if (bytes > had && bytes < generous) {
      const moved = moveBlock<Tcmalloc>(this, address, had, generous);
      if (moved != 0) return moved;
    }
    return moveBlock<Tcmalloc>(this, address, had, bytes);
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (operation == HEAP_POSIX_MEMALIGN && !isAlignment(this, operation, alignment)) return 0;
    if (alignment <= PAGE) {
      // A class's objects are aligned to what divides their size.
      const rounded = (bytes + alignment - 1) & ~(alignment - 1);
      return this.malloc(rounded != 0 ? rounded : bytes == 0 ? alignment : bytes);
    }
    // From the page heap: a thread that has no cache gets none.
    if (bytes + alignment < bytes || !(this.isReady || this.begin())) return this.lack();
    return this.alignedSpan(alignment, max(bytes, 1));
  }

  private alignedSpan(alignment: u64, bytes: u64): u64 {
    const memory = this.memory;
    let span = allocateSpan(this, pagesFor(bytes + alignment));
    if (span == 0) return this.lack();
    const page = Span.page(memory, span);
    const first = ((page << PAGE_SHIFT) + alignment - 1) & -alignment;
    const skipped = (first >> PAGE_SHIFT) - page;
    if (skipped != 0) {
      const rest = splitSpan(this, span, skipped);
      freeSpan(this, span);
      span = rest;
    }
    const needed = pagesFor(bytes);
    if (span != 0 && Span.pages(memory, span) > needed) freeSpan(this, splitSpan(this, span, needed));
    return span == 0 ? this.lack() : first;
  }

  usableSize(address: u64): u64 {
    const memory = this.memory;
    const span = this.isReady ? spanOf(memory, address >> PAGE_SHIFT) : 0;
    if (span == 0) return 0;
    const index = Span.sizeClass(memory, span);
    return index != 0 ? this.sizes.bytes(index) : Span.pages(memory, span) << PAGE_SHIFT;
  }

  control(operation: u32, _a: u64, _b: u64): u64 {
    // mallopt is there and does nothing, which it reports as done.
    if (operation == HEAP_MALLOPT) return 1;
    if (operation == HEAP_THREAD_EXIT && this.cache != 0) deleteCache(this, this.cache);
    return 0;
  }

  footprint(address: u64): u64 {
    return this.usableSize(address);
  }

  next(view: ChunkView): bool {
    return nextOf(this, view);
  }

  isValid(): bool {
    return isSound(this);
  }
}
