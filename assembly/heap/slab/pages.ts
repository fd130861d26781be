/**
 * The page level of the slab allocator: runs of 2^order pages from arenas, by the buddy system, and mappings for blocks that
 * are larger than half an arena. From: Knuth, The Art of Computer Programming, volume 1, section 2.5, algorithms R and S, as
 * Linux has them (mm/page_alloc.c). An arena with no page in use goes back, unless it is the only such.
 *
 *   arena: │ header │0│ 1 │   2   │       3       │       four free runs, by order; two of one order that lie side by side,
 *          0        1 2   4       8               16      the first at a multiple of both, are buddies
 *
 *   In the library's data:  ├ first arena ┼ empty arenas ┼ free runs of order 0 ┼ 1 ┼ ┄      u64 each
 */
import { MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE } from "../../abi/linux";
import { make } from "../../core/arena";
import { LIBRARY } from "../access";
import { HeapMemory, NO_MEMORY } from "../memory";
import { ARENA, Arena, FREE, INNER, MAPPED, PAGE, PAGE_SHIFT, RUN, SLAB } from "./arena";

const FIRST_ARENA: u64 = LIBRARY;
const EMPTY_ARENAS: u64 = LIBRARY + 8;
const FREE_RUNS: u64 = LIBRARY + 16;
/** Arenas with no page in use that are kept. */
const MOST_EMPTY: u64 = 1;

@final
@unmanaged
export class Pages {
  private memory: HeapMemory;
  arenaBytes: u64;
  private headerBytes: u64;
  /** Of the largest run that an arena has room for. */
  mostOrder: u32;

  /** Null when Wasm's memory is out. */
  static create(memory: HeapMemory, arenaBytes: u64): Pages {
    const pages = make<Pages>();
    if (changetype<usize>(pages) == 0) return pages;
    pages.memory = memory;
    pages.arenaBytes = arenaBytes;
    pages.headerBytes = Arena.headerBytes(arenaBytes);
    pages.mostOrder = <u32>ctz<u64>(arenaBytes >> PAGE_SHIFT) - 1;
    return pages;
  }

  /** The arena or mapping that the block at `address` is in. A block is never where one begins. */
  @inline
  arenaOf(address: u64): u64 {
    return (address - 1) & -this.arenaBytes;
  }

  @inline
  private head(order: u32): u64 {
    return FREE_RUNS + ((<u64>order) << 3);
  }

  /** Where a run of 2^order pages is, at a multiple of its size; 0 when the system has no memory. */
  take(order: u32): u64 {
    if (order > this.mostOrder) return 0;
    const memory = this.memory;
    let found = this.search(order);
    if (found > this.mostOrder) {
      if (!this.grow()) return 0;
      found = this.search(order);
    }
    const page = memory.read<u64>(this.head(found));
    this.unlink(page, found);
    const arena = this.arenaOf(page);
    const run = Arena.addressOf(arena, page);
    for (; found > order; found--) this.link(Arena.page(arena, run + (PAGE << (found - 1))), found - 1);
    Arena.setState(memory, page, RUN, order);
    this.use(arena, 1 << order);
    return run;
  }

  /** The first order from `order` on of which there is a free run. */
  private search(order: u32): u32 {
    const memory = this.memory;
    for (; order <= this.mostOrder; order++) {
      memory.step();
      if (memory.read<u64>(this.head(order)) != 0) break;
    }
    return order;
  }

  private link(page: u64, order: u32): void {
    const memory = this.memory;
    const head = this.head(order);
    const next = memory.read<u64>(head);
    Arena.setState(memory, page, FREE, order);
    Arena.setLink(memory, page, next);
    Arena.setPrevious(memory, page, 0);
    if (next != 0) Arena.setPrevious(memory, next, page);
    memory.write<u64>(head, page);
  }

  private unlink(page: u64, order: u32): void {
    const memory = this.memory;
    const next = Arena.link(memory, page);
    const previous = Arena.previous(memory, page);
    if (next != 0) Arena.setPrevious(memory, next, previous);
    if (previous != 0) Arena.setLink(memory, previous, next);
    else memory.write<u64>(this.head(order), next);
  }

  /** So many pages of the arena are used more. */
  private use(arena: u64, pages: u64): void {
    const memory = this.memory;
    const used = Arena.used(memory, arena);
    if (used == 0) memory.write<u64>(EMPTY_ARENAS, memory.read<u64>(EMPTY_ARENAS) - 1);
    Arena.setUsed(memory, arena, used + pages);
  }

  /** Frees the run at `run`, together with free buddies. */
  give(run: u64): void {
    const memory = this.memory;
    const arena = this.arenaOf(run);
    let page = Arena.page(arena, run);
    let order = Arena.order(memory, page);
    const pages = (<u64>1) << order;
    let at = run - arena;
    Arena.setState(memory, page, INNER, 0);
    while (order < this.mostOrder) {
      const buddy = Arena.page(arena, arena + (at ^ (PAGE << order)));
      memory.step();
      if (Arena.state(memory, buddy) != FREE || Arena.order(memory, buddy) != order) break;
      this.unlink(buddy, order);
      Arena.setState(memory, buddy, INNER, 0);
      at &= ~(PAGE << order);
      page = Arena.page(arena, arena + at);
      order++;
    }
    this.link(page, order);
    const used = Arena.used(memory, arena) - pages;
    Arena.setUsed(memory, arena, used);
    if (used == 0) this.empty(arena);
  }

  private empty(arena: u64): void {
    const memory = this.memory;
    const empty = memory.read<u64>(EMPTY_ARENAS);
    if (empty < MOST_EMPTY) {
      memory.write<u64>(EMPTY_ARENAS, empty + 1);
      return;
    }
    for (let at = this.headerBytes; at < this.arenaBytes; at += PAGE << this.orderAt(at))
      this.unlink(Arena.page(arena, arena + at), this.orderAt(at));
    this.leave(arena);
    memory.munmap(arena, this.arenaBytes);
  }

  /** Of the largest run that begins so many bytes behind an arena's start. */
  private orderAt(at: u64): u32 {
    return <u32>ctz<u64>(at >> PAGE_SHIFT);
  }

  /** A new arena; false when the system has no memory for it. */
  private grow(): bool {
    const memory = this.memory;
    const arena = this.aligned(this.arenaBytes, this.arenaBytes, 0);
    if (arena == 0) return false;
    Arena.setKind(memory, arena, ARENA, this.headerBytes);
    Arena.setUsed(memory, arena, 0);
    this.enter(arena);
    for (let at = this.headerBytes; at < this.arenaBytes; at += PAGE << this.orderAt(at))
      this.link(Arena.page(arena, arena + at), this.orderAt(at));
    memory.write<u64>(EMPTY_ARENAS, memory.read<u64>(EMPTY_ARENAS) + 1);
    return true;
  }

  /** Memory of which the byte number `shift` is at a multiple of `alignment`; 0 when the system has none. */
  private aligned(bytes: u64, alignment: u64, shift: u64): u64 {
    const memory = this.memory;
    const at = memory.mmap(bytes, PROT_READ | PROT_WRITE);
    if (at == NO_MEMORY) return 0;
    if (((at + shift) & (alignment - 1)) == 0) return at;
    memory.munmap(at, bytes);
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const start = memory.map(0, bytes + alignment, PROT_NONE, flags);
    if (start == NO_MEMORY) return 0;
    const first = ((start + shift + alignment - 1) & -alignment) - shift;
    if (first != start) memory.unreserve(start, first - start);
    if (first + bytes != start + bytes + alignment)
      memory.unreserve(first + bytes, start + alignment - first);
    if (memory.unprotect(first, bytes)) return first;
    memory.unreserve(first, bytes);
    return 0;
  }

  private enter(arena: u64): void {
    const memory = this.memory;
    let previous: u64 = 0;
    let next = memory.read<u64>(FIRST_ARENA);
    while (next != 0 && next < arena && !memory.hasStopped) {
      previous = next;
      next = Arena.next(memory, next);
    }
    Arena.setNext(memory, arena, next);
    if (previous == 0) memory.write<u64>(FIRST_ARENA, arena);
    else Arena.setNext(memory, previous, arena);
  }

  private leave(arena: u64): void {
    const memory = this.memory;
    const next = Arena.next(memory, arena);
    let previous: u64 = 0;
    for (
      let one = memory.read<u64>(FIRST_ARENA);
      one != arena && !memory.hasStopped;
      one = Arena.next(memory, one)
    )
      previous = one;
    if (previous == 0) memory.write<u64>(FIRST_ARENA, next);
    else Arena.setNext(memory, previous, next);
  }

  /** A block in a mapping of its own; 0 when the system has no memory for it. */
  map(bytes: u64, alignment: u64): u64 {
    const memory = this.memory;
    const arenaBytes = this.arenaBytes;
    const first = min(max(alignment, PAGE), arenaBytes);
    const whole = (first + bytes + PAGE - 1) & ~(PAGE - 1);
    // Of a larger alignment than an arena's, the block is at a multiple, an arena's size behind the mapping's start.
    const isWide = alignment > arenaBytes;
    const at = this.aligned(whole, isWide ? alignment : arenaBytes, isWide ? first : 0);
    if (at == 0) return 0;
    Arena.setKind(memory, at, MAPPED, first);
    Arena.setUsed(memory, at, whole);
    this.enter(at);
    return at + first;
  }

  unmap(mapping: u64): void {
    const bytes = Arena.used(this.memory, mapping);
    this.leave(mapping);
    this.memory.munmap(mapping, bytes);
  }

  get peekFirst(): u64 {
    return this.memory.peek<u64>(FIRST_ARENA);
  }

  /** True if the arenas' pages, free lists and counts agree. */
  isValid(): bool {
    const memory = this.memory;
    let free: u64 = 0;
    let empty: u64 = 0;
    for (let arena = this.peekFirst; arena != 0; arena = Arena.peekNext(memory, arena)) {
      if (Arena.peekKind(memory, arena) == MAPPED) continue;
      const found = this.countFree(arena);
      if (found == u64.MAX_VALUE) return false;
      free += found;
      if (Arena.peekUsed(memory, arena) == 0) empty++;
    }
    if (empty != memory.peek<u64>(EMPTY_ARENAS)) return false;
    for (let order: u32 = 0; order <= this.mostOrder; order++) {
      let previous: u64 = 0;
      for (let page = memory.peek<u64>(this.head(order)); page != 0; page = Arena.peekLink(memory, page)) {
        if (free-- == 0 || Arena.peekPrevious(memory, page) != previous) return false;
        if (Arena.peekState(memory, page) != FREE || Arena.peekOrder(memory, page) != order) return false;
        previous = page;
      }
    }
    return free == 0;
  }

  /** Free runs of an arena; `u64.MAX_VALUE` where runs do not tile it, or two buddies are free. */
  private countFree(arena: u64): u64 {
    const memory = this.memory;
    let free: u64 = 0;
    let used: u64 = 0;
    let at = this.headerBytes;
    while (at < this.arenaBytes) {
      const page = Arena.page(arena, arena + at);
      const state = Arena.peekState(memory, page);
      const order = Arena.peekOrder(memory, page);
      if (state == INNER || order > this.orderAt(at)) return u64.MAX_VALUE;
      if (state == FREE) {
        free++;
        const buddy = Arena.page(arena, arena + (at ^ (PAGE << order)));
        const hasBuddy = order < this.mostOrder && Arena.peekOrder(memory, buddy) == order;
        if (hasBuddy && Arena.peekState(memory, buddy) == FREE) return u64.MAX_VALUE;
      } else used += (<u64>1) << order;
      at += PAGE << order;
    }
    return at == this.arenaBytes && used == Arena.peekUsed(memory, arena) ? free : u64.MAX_VALUE;
  }

  /** All pages of a run lead to a slab from now on. */
  enterSlab(run: u64, order: u32, slab: u64): void {
    const memory = this.memory;
    const arena = this.arenaOf(run);
    for (let at = run; at < run + (PAGE << order); at += PAGE) {
      const page = Arena.page(arena, at);
      Arena.setLink(memory, page, slab);
      Arena.setState(memory, page, SLAB, order);
    }
  }

  /** The run of a slab is free. */
  freeSlab(run: u64, order: u32): void {
    const arena = this.arenaOf(run);
    for (let at = run + PAGE; at < run + (PAGE << order); at += PAGE)
      Arena.setState(this.memory, Arena.page(arena, at), INNER, 0);
    this.give(run);
  }
}
