/**
 * glibc's allocator (ptmalloc), exact: the addresses are those that glibc 2.36 gives. From: malloc/malloc.c and
 * malloc/arena.c of glibc 2.36, with Debian's patches; x86-64's sizes.
 *
 * Differences:
 *  - The tcache's key is a constant, and the main arena lies at `LIBRARY`, not in the C library's data segment: no address
 *    depends on either.
 *  - Calls are served one after the other, so no thread waits for an arena, nor goes to another because of that.
 *  - glibc.malloc.hugetlb is not modelled.
 *  - Other versions differ in what is known from their sources: no tcache before 2.26, its key since 2.29, 16-bit counts
 *    since 2.30, masked links since 2.32, heap_info's page size since 2.35, calloc from the tcache since 2.41. They are
 *    read, not measured.
 */
import {
  HEAP_MALLINFO2,
  HEAP_MALLOC_INFO,
  HEAP_MALLOC_STATS,
  HEAP_MALLOPT,
  HEAP_THREAD_EXIT,
  HEAP_TRIM,
} from "../../abi/heap";
import { EINVAL, ENOMEM } from "../../abi/linux";
import { ChunkView } from "../contract";
import { isPowerOfTwo, product } from "../parts";
import { Arena, MAIN_ARENA } from "./arena";
import { arenaAfter, arenaFor, arenaOf, keepOwnArena, leaveArena } from "./arenas";
import { ALIGN_MASK, ALIGNMENT, Chunk, HEADER, IS_MMAPPED, MINSIZE, SIZE_BITS, SIZE_SZ } from "./chunk";
import { figuresFor } from "./figures";
import { freeChunk } from "./free";
import { HeapInfo } from "./heaps";
import { allocate } from "./malloc";
import { freeMapped, remapChunk, unmapChunk } from "./mapped";
import { isAmongMapped, nextMapped } from "./mapped-list";
import { mallopt, readParameters, trim } from "./options";
import { allocateAligned, reallocate } from "./resize";
import { isSoundHeap } from "./sound";
import { Ptmalloc } from "./state";
import { cacheIndex, hasCached, makeCache, Tcache, take } from "./tcache";
import { nextChunk } from "./walk";

@final
@unmanaged
export class Glibc extends Ptmalloc {
  create(parameters: usize): bool {
    const memory = this.memory;
    memory.clearLibrary();
    memory.thread = 0;
    readParameters(this, parameters);
    this.tcacheKey = 0x5a17_c0de_0ddb_a115;
    this.arenas = 1;
    this.threads = 1;
    this.threadArena = MAIN_ARENA;
    Arena.initialise(memory, MAIN_ARENA);
    Arena.setNext(memory, MAIN_ARENA, MAIN_ARENA);
    Arena.setAttached(memory, MAIN_ARENA, 1);
    return !memory.hasStopped;
  }

  malloc(bytes: u64): u64 {
    const nb = Chunk.sizeFor(bytes);
    if (nb == 0) return this.lack();
    const index = cacheIndex(nb);
    const tcache = this.cache();
    if (hasCached(this, tcache, index)) return take(this, tcache, index);
    return this.fromArena(bytes);
  }

  /** A block from the thread's arena, or another where that has no memory. */
  private fromArena(bytes: u64): u64 {
    const av = arenaFor(this, bytes);
    const block = allocate(this, av, bytes);
    if (block != 0 || av == 0 || !this.hasThreads || this.memory.hasStopped) return block;
    return allocate(this, arenaAfter(this, av, bytes), bytes);
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  /** The running thread's cache, which the first call makes; 0: it has none. */
  @inline
  private cache(): u64 {
    this.turn();
    const tcache = this.tcache;
    return tcache != 0 || this.version < 26 ? tcache : this.newCache();
  }

  private newCache(): u64 {
    if (this.isShutDown) return 0;
    const block = this.fromArena(Tcache.bytes(this));
    if (block != 0) makeCache(this, block);
    return block;
  }

  free(address: u64): void {
    if (address == 0) return;
    const memory = this.memory;
    const p = Chunk.of(address);
    const head = Chunk.head(memory, p);
    if (memory.hasStopped) return;
    if ((head & IS_MMAPPED) != 0) {
      freeMapped(this, p);
      return;
    }
    this.cache();
    freeChunk(this, arenaOf(this, p, head), p);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const memory = this.memory;
    const tcache = this.cache();
    if (this.version >= 41) {
      const nb = Chunk.sizeFor(wanted);
      const index = cacheIndex(nb);
      if (nb != 0 && hasCached(this, tcache, index)) {
        const block = take(this, tcache, index);
        memory.fill(block, 0, nb - SIZE_SZ);
        return block;
      }
    }
    let av = arenaFor(this, wanted);
    const top = av == 0 ? 0 : Arena.top(memory, av);
    const used = av == 0 ? 0 : this.usedTop(av, top);
    let block = allocate(this, av, wanted);
    if (block == 0 && av != 0 && this.hasThreads && !memory.hasStopped) {
      av = arenaAfter(this, av, wanted);
      block = allocate(this, av, wanted);
    }
    if (block != 0 && !memory.hasStopped) this.clear(block, wanted, top, used);
    return block;
  }

  /** Bytes from the top's beginning that may not be zero. */
  private usedTop(av: u64, top: u64): u64 {
    const memory = this.memory;
    const size = Chunk.size(memory, top);
    const heap = HeapInfo.of(top);
    const reach = Arena.isMain(av)
      ? this.sbrkBase + Arena.maxSystemMem(memory, av) - top
      : heap + HeapInfo.usableSize(memory, heap) - top;
    return size < reach ? reach : size;
  }

  /** Makes a new block zero, but for what is fresh from the system: beyond the first `used` bytes of what was the top. */
  private clear(block: u64, wanted: u64, top: u64, used: u64): void {
    const memory = this.memory;
    const p = Chunk.of(block);
    const head = Chunk.head(memory, p);
    if ((head & IS_MMAPPED) != 0) {
      if (this.perturb != 0) memory.fill(block, 0, wanted);
      return;
    }
    let size = head & ~SIZE_BITS;
    if (this.perturb == 0 && p == top && size > used) size = used;
    memory.fill(block, 0, size - SIZE_SZ);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const memory = this.memory;
    const p = Chunk.of(address);
    const head = Chunk.head(memory, p);
    const had = head & ~SIZE_BITS;
    const isMapped = (head & IS_MMAPPED) != 0;
    if (memory.hasStopped) return 0;
    if (!isMapped) this.cache();
    const av = isMapped ? 0 : arenaOf(this, p, head);
    if (p > -had || Chunk.isMisaligned(p)) {
      memory.abort("realloc(): invalid pointer");
      return 0;
    }
    const nb = Chunk.sizeFor(bytes);
    if (nb == 0) return this.lack();
    if (isMapped) return this.resizeMapped(p, had, nb, bytes);
    const block = reallocate(this, av, p, had, nb);
    if (block != 0 || !this.hasThreads || memory.hasStopped) return block;
    const moved = this.malloc(bytes);
    if (moved == 0) return 0;
    memory.copy(moved, address, Chunk.usable(memory, p));
    freeChunk(this, av, p);
    return moved;
  }

  private resizeMapped(p: u64, had: u64, nb: u64, bytes: u64): u64 {
    const memory = this.memory;
    const remapped = remapChunk(this, p, nb);
    if (remapped != 0) return Chunk.mem(remapped);
    if (memory.hasStopped) return 0;
    if (had - SIZE_SZ >= nb) return Chunk.mem(p);
    const moved = this.malloc(bytes);
    if (moved == 0) return 0;
    memory.copy(moved, Chunk.mem(p), had - HEADER);
    unmapChunk(this, p);
    return moved;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    const memory = this.memory;
    if (!mayAlign(this, operation, alignment)) return 0;
    if (alignment <= ALIGNMENT) return this.malloc(bytes);
    if (alignment < MINSIZE) alignment = MINSIZE;
    if (alignment > (<u64>1) << 63) {
      memory.errno = EINVAL;
      return 0;
    }
    if (!isPowerOfTwo(alignment)) {
      let power = ALIGNMENT * 2;
      while (power < alignment) power <<= 1;
      alignment = power;
    }
    this.turn();
    const av = arenaFor(this, bytes + alignment + MINSIZE);
    const block = allocateAligned(this, av, alignment, bytes);
    if (block != 0 || av == 0 || !this.hasThreads || memory.hasStopped) return block;
    return allocateAligned(this, arenaAfter(this, av, bytes), alignment, bytes);
  }

  usableSize(address: u64): u64 {
    if (address == 0) return 0;
    const memory = this.memory;
    const p = Chunk.of(address);
    const head = Chunk.head(memory, p);
    const size = head & ~SIZE_BITS;
    if ((head & IS_MMAPPED) != 0) return size - HEADER;
    return Chunk.isInUse(memory, p, size) ? size - SIZE_SZ : 0;
  }

  control(operation: u32, a: u64, b: u64): u64 {
    switch (operation) {
      case HEAP_TRIM:
        return trim(this, a) ? 1 : 0;
      case HEAP_MALLOPT:
        return mallopt(this, <i32>a, <i32>b) ? 1 : 0;
      case HEAP_THREAD_EXIT:
        this.endThread();
        return 0;
      case HEAP_MALLINFO2:
      case HEAP_MALLOC_STATS:
      case HEAP_MALLOC_INFO:
        return figuresFor(this, operation);
      default:
        return 0;
    }
  }

  /** The running thread's cache goes back to the arenas, then its arena to the free ones. */
  private endThread(): void {
    const memory = this.memory;
    this.turn();
    const tcache = this.tcache;
    this.isShutDown = true;
    if (tcache != 0) {
      this.tcache = 0;
      for (let index: u64 = 0; index < 64; index++) {
        const entry = Tcache.entry(this, tcache, index);
        for (
          let mem = memory.read<u64>(entry);
          mem != 0 && !memory.hasStopped;
          mem = memory.read<u64>(entry)
        ) {
          if ((mem & ALIGN_MASK) != 0) {
            memory.abort("tcache_thread_shutdown(): unaligned tcache chunk detected");
            return;
          }
          memory.write<u64>(entry, this.masked(mem, memory.read<u64>(mem)));
          this.free(mem);
        }
      }
      this.free(tcache);
    }
    leaveArena(this);
  }

  footprint(address: u64): u64 {
    const memory = this.memory;
    const p = Chunk.of(address);
    const head = Chunk.head(memory, p);
    const size = head & ~SIZE_BITS;
    return (head & IS_MMAPPED) != 0 ? size + Chunk.prevSize(memory, p) : size;
  }

  forked(): bool {
    this.binned = 0;
    this.binnedRoom = 0;
    this.view = 0;
    this.figures = 0;
    this.figuresRoom = 0;
    this.turn();
    keepOwnArena(this);
    return true;
  }

  next(view: ChunkView): bool {
    return (!isAmongMapped(view) && nextChunk(this, view)) || nextMapped(this, view);
  }

  isValid(): bool {
    return isSoundHeap(this);
  }
}

/** posix_memalign and aligned_alloc as 2.36 has them: the one wants a power of two times a pointer's size. */
function mayAlign(m: Ptmalloc, operation: u32, alignment: u64): bool {
  if (operation != 7) return true;
  if (alignment % SIZE_SZ == 0 && isPowerOfTwo(alignment / SIZE_SZ)) return true;
  m.memory.errno = EINVAL;
  return false;
}
