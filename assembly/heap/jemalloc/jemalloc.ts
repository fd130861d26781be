/**
 * jemalloc: caches of threads over slabs and extents of several arenas. A model after jemalloc 5.3.0 as Debian's libjemalloc2
 * has it, with the options as they are by default, down to the order of its lists and searches.
 *
 *   small (to 14 KiB): thread's cache ──half of the slots──> slabs ──> pages of the thread's arena ──mmap──> system
 *   to 32 KiB:         thread's cache ──────────────────────────────────> pages
 *   larger:            pages of the thread's arena; from 8 MiB on of an arena that keeps nothing
 *
 *   block:  no header; what is known of it is found by the radix tree (tree.ts) in base blocks (base.ts)
 *
 * Differences:
 *  - Time passes with calls, `calls_per_second` of them in one.
 *  - Calls are served one after the other, so no lock is ever held by another thread; a class has one bin in each arena.
 *  - What chance decides (the first cache line of a large block, when the clock is looked at) begins with other seeds.
 *  - Arenas' bins, heaps of extents (heaps.ts) and the heads of lists lie outside process memory (arena.ts), not in base
 *    blocks, of which the pages are touched.
 *  - No profiling, no background threads, no sbrk; memalign that fails sets errno, which jemalloc's leaves as it is.
 */
import { HEAP_ALIGNED_ALLOC, HEAP_MALLOPT, HEAP_POSIX_MEMALIGN, HEAP_THREAD_EXIT } from "../../abi/heap";
import { EINVAL, ENOMEM } from "../../abi/linux";
import { ChunkView } from "../contract";
import { isAlignment, isPowerOfTwo, product } from "../parts";
import { arenaOf, COLLECT_EVERY, collect, fill, popCached, pushCached } from "./cache";
import { fillCurve, tick } from "./decay";
import { Edata, NO_CLASS, OWN } from "./edata";
import { freeExtentOf, freeUncached } from "./free";
import { allocateLarge, resizeLarge } from "./large";
import { OVERSIZE } from "./pages";
import {
  alignedBytes,
  CACHE_LINE,
  CACHED_CLASSES,
  classBytes,
  classOf,
  LEAST_LARGE,
  MOST_LARGE,
  MOST_SMALL,
  SMALL_CLASSES,
} from "./sizes";
import { JemallocState } from "./state";
import { Storage } from "./storage";
import { arenaFor, beginProcess, beginThread, endThread, forkThreads, hugeArena } from "./threads";
import { classIn, edataAt, edataIn, isSlabIn, lookUp } from "./tree";
import { isSound, nextOf } from "./walk";

/** The reserve for exceptions of libstdc++, which the library needs, in bytes. */
const RESERVE: u64 = 72704;
const ARENAS_PER_CORE: u32 = 4;

@final
@unmanaged
export class Jemalloc extends JemallocState {
  create(parameters: usize): bool {
    this.memory.clearLibrary();
    const cores = <u32>load<f64>(parameters);
    this.arenaLimit = cores > 1 ? cores * ARENAS_PER_CORE : 1;
    this.decayMilliseconds = <i64>load<f64>(parameters, 8);
    this.callsPerSecond = <u64>load<f64>(parameters, 16);
    if (!this.createState()) return false;
    fillCurve(this.curve);
    return true;
  }

  forked(): bool {
    if (!this.copyState()) return false;
    forkThreads(this);
    return true;
  }

  /** The running thread's storage, which its first call makes; 0: there is no memory. */
  @inline
  private storage(): u64 {
    const storage = this.storageOf(this.memory.thread);
    return Storage.slots(this.memory, storage) != 0 ? storage : this.newStorage(storage);
  }

  private newStorage(storage: u64): u64 {
    if (this.isReady) return beginThread(this, storage) ? storage : 0;
    if (!beginProcess(this)) return 0;
    this.reserve = this.malloc(RESERVE);
    const edata = edataAt(this, this.reserve);
    if (edata == 0) return 0;
    Edata.set(this.memory, edata, OWN, true);
    this.memory.write<u64>(this.reserve, RESERVE);
    return storage;
  }

  malloc(bytes: u64): u64 {
    const storage = this.storage();
    if (storage == 0 || bytes > MOST_LARGE) return this.lack();
    const index = classOf(bytes);
    const block = this.take(storage, index, false, bytes);
    return block != 0 ? this.counted(storage, block, index) : this.lack();
  }

  /** The block, which was made: perhaps it is time to collect the thread's cache. */
  @inline
  private counted(storage: u64, block: u64, index: u32): u64 {
    if (Storage.countMade(this.memory, storage, classBytes(index), COLLECT_EVERY)) collect(this, storage);
    return block;
  }

  /**
   * Allocates a block of class `index`. Returns 0 if memory is exhausted. The block is huge if the `requested` bytes are
   * above the limit, whatever the size of the class.
   */
  @inline
  private take(storage: u64, index: u32, isZero: bool, requested: u64): u64 {
    if (index >= CACHED_CLASSES)
      return this.allocLarge(storage, classBytes(index), CACHE_LINE, isZero, requested);
    const bin = Storage.bin(storage, index);
    let block = popCached(this, bin);
    if (block == 0) {
      if (index >= SMALL_CLASSES)
        return this.allocLarge(storage, classBytes(index), CACHE_LINE, isZero, requested);
      block = this.refill(storage, index, bin);
    }
    if (isZero && block != 0) this.memory.fill(block, 0, classBytes(index));
    return block;
  }

  private refill(storage: u64, index: u32, bin: u64): u64 {
    const arena = arenaFor(this, storage);
    if (changetype<usize>(arena) == 0 || !fill(this, storage, arena, index)) return 0;
    return this.memory.hasStopped ? 0 : popCached(this, bin);
  }

  private allocLarge(storage: u64, bytes: u64, alignment: u64, isZero: bool, requested: u64): u64 {
    const arena = requested >= OVERSIZE ? hugeArena(this) : arenaFor(this, storage);
    if (changetype<usize>(arena) == 0) return 0;
    const edata = allocateLarge(this, storage, arena, bytes, alignment, isZero);
    return edata == 0 ? 0 : Edata.address(this.memory, edata);
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  calloc(count: u64, bytes: u64): u64 {
    const storage = this.storage();
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    if (storage == 0 || wanted > MOST_LARGE) return this.lack();
    const index = classOf(wanted);
    const block = this.take(storage, index, true, wanted);
    return block != 0 ? this.counted(storage, block, index) : this.lack();
  }

  free(address: u64): void {
    if (address == 0) return;
    const storage = this.storageOf(this.memory.thread);
    if (Storage.slots(this.memory, storage) == 0) {
      freeUncached(this, storage, address);
      return;
    }
    const bytes = this.give(storage, address);
    if (Storage.countFreed(this.memory, storage, bytes, COLLECT_EVERY)) collect(this, storage);
  }

  /** Frees a block; how many bytes it had. */
  @inline
  private give(storage: u64, address: u64): u64 {
    const found = lookUp(this, address);
    const index = classIn(found);
    if (isSlabIn(found) && index < SMALL_CLASSES) {
      pushCached(this, storage, index, address);
      return classBytes(index);
    }
    return this.freeLarge(storage, address, edataIn(found), index);
  }

  private freeLarge(storage: u64, address: u64, edata: u64, index: u32): u64 {
    // An address that is not a block's has no extent, and jemalloc gets SIGSEGV.
    if (edata == 0 || index < SMALL_CLASSES || index >= NO_CLASS) {
      this.crash();
      return 0;
    }
    if (index < CACHED_CLASSES) pushCached(this, storage, index, address);
    else freeExtentOf(this, storage, edata);
    return classBytes(index);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    const storage = this.storage();
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    if (storage == 0 || bytes > MOST_LARGE) return this.lack();
    const had = this.usableSize(address);
    if (had == 0) {
      this.crash();
      return 0;
    }
    const wanted = classBytes(classOf(bytes));
    const moved = this.resized(storage, address, had, wanted);
    if (moved == 0) return this.memory.hasStopped ? 0 : this.lack();
    const memory = this.memory;
    if (Storage.countMade(memory, storage, wanted, COLLECT_EVERY)) collect(this, storage);
    if (Storage.countFreed(memory, storage, had, COLLECT_EVERY)) collect(this, storage);
    return moved;
  }

  /** The block at `address` with another class's bytes; 0: there is no memory. */
  private resized(storage: u64, address: u64, had: u64, wanted: u64): u64 {
    const edata = edataAt(this, address);
    const arena = arenaOf(this, edata);
    const isLarge = wanted >= LEAST_LARGE && had >= LEAST_LARGE;
    if (isLarge && resizeLarge(this, storage, arena, edata, wanted)) return address;
    if (!isLarge && had == wanted) {
      tick(this, storage, arena, 1);
      return address;
    }
    if (this.memory.hasStopped) return 0;
    // A large block that stays one does not come from the cache.
    const moved = isLarge
      ? this.allocLarge(storage, wanted, CACHE_LINE, false, wanted)
      : this.take(storage, classOf(wanted), false, wanted);
    if (moved == 0) return 0;
    this.memory.copy(moved, address, min(had, wanted));
    this.give(storage, address);
    return moved;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    const storage = this.storage();
    if (operation == HEAP_POSIX_MEMALIGN) {
      if (!isAlignment(this, operation, alignment)) return 0;
    } else if (!isPowerOfTwo(alignment)) {
      this.memory.errno = EINVAL;
      return 0;
    }
    // Of nothing, memalign and valloc make a smallest block, which is not aligned.
    const isBumped = operation == HEAP_POSIX_MEMALIGN || operation == HEAP_ALIGNED_ALLOC;
    const wanted = alignedBytes(isBumped ? max(bytes, 1) : bytes, alignment);
    if (storage == 0 || wanted == 0 || wanted > MOST_LARGE) return this.lack();
    const index = classOf(wanted);
    const block =
      wanted <= MOST_SMALL
        ? this.take(storage, index, false, wanted)
        : this.allocLarge(storage, wanted, max(alignment, CACHE_LINE), false, wanted);
    return block != 0 ? this.counted(storage, block, index) : this.lack();
  }

  usableSize(address: u64): u64 {
    // Any call but free makes the thread's cache.
    if (address == 0 || this.storage() == 0) return 0;
    const index = classIn(lookUp(this, address));
    return edataAt(this, address) == 0 || index >= NO_CLASS ? 0 : classBytes(index);
  }

  control(operation: u32, _a: u64, _b: u64): u64 {
    // mallopt is the C library's still, which reports that it has set what has no effect.
    if (operation == HEAP_MALLOPT) return 1;
    if (operation == HEAP_THREAD_EXIT && this.isReady) endThread(this, this.storageOf(this.memory.thread));
    return 0;
  }

  footprint(address: u64): u64 {
    const found = lookUp(this, address);
    return isSlabIn(found) ? classBytes(classIn(found)) : Edata.bytes(this.memory, edataIn(found));
  }

  next(view: ChunkView): bool {
    return nextOf(this, view);
  }

  isValid(): bool {
    return isSound(this);
  }
}
