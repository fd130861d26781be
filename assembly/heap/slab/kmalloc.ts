/**
 * A slab allocator: small blocks are objects of caches by size, larger ones are runs of pages, the largest are mapped. Objects
 * stay as they are while they are free, so a constructor runs once for an object and not once for each use.
 *
 * From: Bonwick, "The Slab Allocator: An Object-Caching Kernel Memory Allocator", USENIX Summer 1994; the front, kmalloc, and
 * the names of the lists as in Linux's mm/slab.c. Differences:
 *  - malloc names no constructor, so all caches have the same one: it writes `constructor` bytes to each new object. A step
 *    is counted for each object that is constructed.
 *  - Links between free objects are numbers in the descriptor, as in Linux, not in the objects' last words.
 *  - Empty slabs are given back when a cache has more than `empty` of them, or by malloc_trim, not after 15 seconds.
 *  - What is freed is found by its address, through the descriptors of pages, as Linux does. Bonwick's free is told the
 *    cache.
 *  - realloc keeps the block where its room is at most twice what is asked for.
 */
import { NONE } from "../../abi/core";
import { CHUNK_FREE, CHUNK_MAPPED, CHUNK_META, CHUNK_USED, HEAP_TRIM } from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { Allocator, ChunkView } from "../contract";
import { isAlignment, MOST_BYTES, moveBlock, powerOfTwoFrom, product } from "../parts";
import { ARENA, Arena, FREE, MAPPED, PAGE, PAGE_SHIFT, RUN, SLAB } from "./arena";
import { Cache } from "./cache";
import { Caches } from "./caches";
import { Pages } from "./pages";
import { ACTIVE, OWN, Slab } from "./slab";

const ALIGNMENT: u64 = 16;
/** More than a process has memory for. */
const MOST_ALIGNMENT: u64 = (<u64>1) << 46;
/** In walks, lists of free objects are numbered by cache from here on; lists of runs by order. */
const CACHE_BIN: u32 = 32;

@final
@unmanaged
export class Kmalloc extends Allocator {
  private pages: Pages;
  private caches: Caches;
  /** Larger blocks are runs of pages. */
  private largest: u64;
  /** Caches that there are. */
  private count: u32;

  create(parameters: usize): bool {
    this.memory.clearLibrary();
    this.pages = Pages.create(this.memory, powerOfTwoFrom(<u64>load<f64>(parameters, 48)));
    this.caches = Caches.create(this.memory, this.pages, parameters);
    if (changetype<usize>(this.pages) == 0 || changetype<usize>(this.caches) == 0) return false;
    this.count = this.caches.classOf(<u64>load<f64>(parameters, 40)) + 1;
    this.largest = this.caches.sizeOf(this.count - 1);
    return true;
  }

  forked(): bool {
    const pages = Pages.create(this.memory, this.pages.arenaBytes);
    this.pages = pages;
    this.caches = this.caches.copy(this.memory, pages);
    return changetype<usize>(pages) != 0 && changetype<usize>(this.caches) != 0;
  }

  malloc(bytes: u64): u64 {
    const address =
      bytes <= this.largest
        ? this.caches.take(this.caches.classOf(bytes), ACTIVE)
        : this.takePages(bytes, PAGE);
    if (address == 0) this.memory.errno = ENOMEM;
    return address;
  }

  /** A run or a mapping at a multiple of `alignment`; 0: no memory. */
  private takePages(bytes: u64, alignment: u64): u64 {
    if (bytes > MOST_BYTES || alignment > MOST_ALIGNMENT) return 0;
    const pages = (max(bytes, alignment) - 1) >> PAGE_SHIFT;
    const order: u32 = pages == 0 ? 0 : 64 - <u32>clz<u64>(pages);
    return order <= this.pages.mostOrder ? this.pages.take(order) : this.pages.map(bytes, alignment);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const address = this.malloc(wanted);
    // A new mapping is zero.
    if (address != 0 && wanted <= PAGE << this.pages.mostOrder) this.memory.fill(address, 0, wanted);
    return address;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    const multiple = powerOfTwoFrom(alignment);
    if (multiple <= ALIGNMENT) return this.malloc(bytes);
    const room = max<u64>(bytes, 1) + multiple - ALIGNMENT;
    if (bytes <= this.largest && multiple <= this.largest && room <= this.largest) {
      // Colors shift objects, so there has to be room to choose from.
      const object = this.malloc(room);
      return (object + multiple - 1) & -multiple;
    }
    const address = this.takePages(bytes, max(multiple, PAGE));
    if (address == 0) this.memory.errno = ENOMEM;
    return address;
  }

  free(address: u64): void {
    if (address == 0) return;
    const memory = this.memory;
    const arena = this.pages.arenaOf(address);
    const kind = Arena.kind(memory, arena);
    if (kind == MAPPED) this.pages.unmap(arena);
    else if (kind != ARENA || !this.freeInArena(arena, address))
      memory.abort("slab: double free or invalid pointer");
  }

  /** Frees an object or a run; false where neither is in use there. */
  private freeInArena(arena: u64, address: u64): bool {
    const memory = this.memory;
    const page = Arena.page(arena, address);
    const state = Arena.state(memory, page);
    if (state == SLAB) return this.caches.give(Arena.link(memory, page), address);
    if (state != RUN) return false;
    this.pages.give(address);
    return true;
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const room = this.usableSize(address);
    if (bytes <= room && bytes >= room / 2) return address;
    return moveBlock<Kmalloc>(this, address, room, bytes);
  }

  usableSize(address: u64): u64 {
    if (address == 0) return 0;
    const memory = this.memory;
    const arena = this.pages.arenaOf(address);
    if (Arena.kind(memory, arena) == MAPPED) return arena + Arena.used(memory, arena) - address;
    const page = Arena.page(arena, address);
    if (Arena.state(memory, page) != SLAB) return PAGE << Arena.order(memory, page);
    const slab = Arena.link(memory, page);
    const size = <u64>Cache.size(memory, Cache.of(Slab.cache(memory, slab)));
    return Slab.first(memory, slab) + <u64>(this.caches.objectAt(slab, address) + 1) * size - address;
  }

  /** malloc_trim frees the pages of empty slabs. */
  control(operation: u32, _a: u64, _b: u64): u64 {
    return operation == HEAP_TRIM && this.caches.reap(this.count) ? 1 : 0;
  }

  footprint(address: u64): u64 {
    const memory = this.memory;
    const arena = this.pages.arenaOf(address);
    if (Arena.kind(memory, arena) == MAPPED) return Arena.used(memory, arena);
    const page = Arena.page(arena, address);
    if (Arena.state(memory, page) != SLAB) return PAGE << Arena.order(memory, page);
    return Cache.size(memory, Cache.of(Slab.cache(memory, Arena.link(memory, page))));
  }

  // The walk: `group` is the arena, `cursor` the next thing in it; 0: its header.

  next(view: ChunkView): bool {
    const memory = this.memory;
    if (view.group == 0) view.group = this.pages.peekFirst;
    else if (view.cursor >= this.endOf(view.group)) {
      view.group = Arena.peekNext(memory, view.group);
      view.cursor = 0;
    }
    if (view.group == 0) return false;
    view.bin = NONE;
    view.address = view.cursor == 0 ? view.group : view.cursor;
    if (view.cursor == 0) this.set(view, Arena.peekFirst(memory, view.group), CHUNK_META);
    else if (Arena.peekKind(memory, view.group) == MAPPED)
      this.set(view, this.endOf(view.group) - view.cursor, CHUNK_MAPPED);
    else this.viewPage(view, Arena.page(view.group, view.cursor));
    view.cursor = view.address + view.bytes;
    return true;
  }

  private set(view: ChunkView, bytes: u64, state: u32): void {
    view.bytes = bytes;
    view.state = state;
  }

  private endOf(arena: u64): u64 {
    const isMapped = Arena.peekKind(this.memory, arena) == MAPPED;
    return arena + (isMapped ? Arena.peekUsed(this.memory, arena) : this.pages.arenaBytes);
  }

  private viewPage(view: ChunkView, page: u64): void {
    const order = Arena.peekOrder(this.memory, page);
    const state = Arena.peekState(this.memory, page);
    if (state == SLAB) {
      this.viewObject(view, Arena.peekLink(this.memory, page));
      return;
    }
    this.set(view, PAGE << order, state == FREE ? CHUNK_FREE : CHUNK_USED);
    if (state == FREE) view.bin = order;
  }

  /** An object, the space before all objects or behind them with the descriptor. */
  private viewObject(view: ChunkView, slab: u64): void {
    const memory = this.memory;
    const first = Slab.peekFirst(memory, slab);
    const index = Slab.peekCache(memory, slab);
    const size = Cache.peekSize(memory, Cache.of(index));
    const end = first + <u64>Cache.peekObjects(memory, Cache.of(index)) * size;
    if (view.cursor < first) this.set(view, first - view.cursor, CHUNK_META);
    else if (view.cursor >= end) {
      const run = Slab.peekRun(memory, slab);
      this.set(view, run + (PAGE << Cache.peekOrder(memory, Cache.of(index))) - view.cursor, CHUNK_META);
    } else {
      const link = Slab.peekLink(memory, slab, <u32>(view.cursor - first) / size);
      this.set(view, size, link == ACTIVE ? CHUNK_USED : link == OWN ? CHUNK_META : CHUNK_FREE);
      if (view.state == CHUNK_FREE) view.bin = CACHE_BIN + index;
    }
  }

  isValid(): bool {
    return this.pages.isValid() && this.caches.isValid(this.count);
  }
}
