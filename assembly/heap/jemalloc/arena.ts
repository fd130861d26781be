/**
 * An arena: the slabs of each class, free extents, and what decays; threads are spread over several. From:
 * include/jemalloc/internal/arena_structs.h, pac.h, eset.h and decay.h of jemalloc 5.3.0.
 *
 *   in use:  slabs (one of each class that regions are taken from, others with free regions), large blocks
 *   dirty:   free extents that the program has used, as they were; some go back to the system each 50 ms
 *   retained: free extents whose frames the system has, or of which nothing was used yet
 *
 * The structure lies outside the process's memory; its place in the arena's first base block is touched when it is made.
 */
import { allocate, copyBytes, copyOf, make } from "../../core/arena";
import { HEAP_BYTES } from "./heaps";
import { HUGE_PAGE, PAGE_CLASSES, pageClassOf, SMALL_CLASSES } from "./sizes";

/** Steps of the curve by which free extents decay. */
export const STEPS: u32 = 200;
const BITMAP_WORDS: u32 = 4;
const LEAST_SERIAL: usize = 8;
const LEAST_ADDRESS: usize = 16;
const HEAP_ENTRY: u32 = 24;

/** The tag of a heap's nodes: its arena, the state of its extents (0: slabs), and the class. */
export function tagOf(arena: u32, state: u32, index: u32): u32 {
  return (arena << 10) | (state << 8) | index;
}

/**
 * Free extents of one state: heaps by page class, in order of serial number and address; and a list by age.
 *
 *   0      8                 16                 24
 *   ├ heap ┼ least's serial ─┼ least's address ─┤     × 200; the least one as far as it is known
 */
@final
@unmanaged
export class FreeExtents {
  state: u32;
  /** Of its heaps, without their class: see `tagOf`. */
  tag: u32;
  /** Neighbours become one when an extent is evicted, not when it is freed. */
  isDelayed: bool;
  bytes: u64;
  /** The list by age, the oldest first. */
  first: u64;
  last: u64;
  private heaps: usize; // HEAP_ENTRY bytes × PAGE_CLASSES
  private bitmap: usize; // u64[BITMAP_WORDS], bit n: page class n has some

  /** Null when memory is out. */
  static create(arena: u32, state: u32, isDelayed: bool): FreeExtents {
    const nothing = changetype<FreeExtents>(0);
    const free = make<FreeExtents>();
    if (changetype<usize>(free) == 0) return nothing;
    free.state = state;
    free.tag = tagOf(arena, state, 0);
    free.isDelayed = isDelayed;
    free.heaps = allocate(HEAP_ENTRY * PAGE_CLASSES);
    free.bitmap = allocate(BITMAP_WORDS << 3);
    return free.heaps == 0 || free.bitmap == 0 ? nothing : free;
  }

  copy(): FreeExtents {
    const nothing = changetype<FreeExtents>(0);
    const copy = copyOf<FreeExtents>(this);
    if (changetype<usize>(copy) == 0) return nothing;
    copy.heaps = copyBytes(this.heaps, HEAP_ENTRY * PAGE_CLASSES);
    copy.bitmap = copyBytes(this.bitmap, BITMAP_WORDS << 3);
    return copy.heaps == 0 || copy.bitmap == 0 ? nothing : copy;
  }

  /** The heap of page class `index`. */
  heap(index: u32): usize {
    return this.heaps + index * HEAP_ENTRY;
  }

  isEmpty(index: u32): bool {
    return load<u32>(this.heap(index)) == 0;
  }

  /** Notes whether the class has extents. */
  note(index: u32, hasAny: bool): void {
    const word = this.bitmap + ((index >> 6) << 3);
    const bit = (<u64>1) << (index & 63);
    store<u64>(word, hasAny ? load<u64>(word) | bit : load<u64>(word) & ~bit);
  }

  leastSerial(index: u32): u64 {
    return load<u64>(this.heap(index), LEAST_SERIAL);
  }

  leastAddress(index: u32): u64 {
    return load<u64>(this.heap(index), LEAST_ADDRESS);
  }

  setLeast(index: u32, serial: u64, address: u64): void {
    store<u64>(this.heap(index), serial, LEAST_SERIAL);
    store<u64>(this.heap(index), address, LEAST_ADDRESS);
  }

  /** The first page class from `index` on that has extents; `PAGE_CLASSES`: none has. */
  classFrom(index: u32): u32 {
    for (let n = index >> 6; n < BITMAP_WORDS; n++) {
      let bits = load<u64>(this.bitmap + (n << 3));
      if (n == index >> 6) bits &= u64.MAX_VALUE << (index & 63);
      if (bits != 0) return (n << 6) + <u32>ctz(bits);
    }
    return PAGE_CLASSES;
  }
}

/** How many dirty pages there may be, by when they became dirty. Times are in nanoseconds. */
@final
@unmanaged
export class Decay {
  /** Milliseconds until a page is given back; 0: at once; -1: never. */
  milliseconds: i64;
  interval: u64;
  epoch: u64;
  deadline: u64;
  random: u64;
  mostPages: u64;
  /** Pages that there were when the epoch began. */
  pagesBefore: u64;
  /** Pages that became dirty in each of the last intervals, the newest last. */
  backlog: usize; // u64[STEPS]
}

@final
@unmanaged
export class Arena {
  index: u32;
  /** Threads that allocate here. */
  threads: u32;
  dirty: FreeExtents;
  retained: FreeExtents;
  decay: Decay;
  /** The next mapping's serial number, and its least page class. */
  serial: u64;
  growth: u32;
  /** A heap of descriptions of extents that are no longer needed, in order of record and address. */
  spare: usize;
  /** Base blocks: the last one, how many there were, the page class of the greatest. */
  lastBlock: u32;
  blocks: u64;
  blockClass: u32;
  private slabs: usize; // u64[SMALL_CLASSES]
  private others: usize; // heaps, SMALL_CLASSES

  /** Null when memory is out. */
  static create(index: u32, dirtyState: u32, retainedState: u32): Arena {
    const nothing = changetype<Arena>(0);
    const arena = make<Arena>();
    if (changetype<usize>(arena) == 0) return nothing;
    arena.index = index;
    arena.dirty = FreeExtents.create(index, dirtyState, true);
    arena.retained = FreeExtents.create(index, retainedState, false);
    arena.decay = make<Decay>();
    arena.growth = pageClassOf(HUGE_PAGE);
    arena.slabs = allocate(SMALL_CLASSES << 3);
    arena.others = allocate(HEAP_BYTES * SMALL_CLASSES);
    arena.spare = allocate(HEAP_BYTES);
    if (changetype<usize>(arena.decay) == 0) return nothing;
    arena.decay.backlog = allocate(STEPS << 3);
    return arena.isWhole() ? arena : nothing;
  }

  private isWhole(): bool {
    return (
      changetype<usize>(this.dirty) != 0 &&
      changetype<usize>(this.retained) != 0 &&
      this.decay.backlog != 0 &&
      this.slabs != 0 &&
      this.others != 0 &&
      this.spare != 0
    );
  }

  copy(): Arena {
    const nothing = changetype<Arena>(0);
    const copy = copyOf<Arena>(this);
    if (changetype<usize>(copy) == 0) return nothing;
    copy.dirty = this.dirty.copy();
    copy.retained = this.retained.copy();
    copy.decay = copyOf<Decay>(this.decay);
    copy.slabs = copyBytes(this.slabs, SMALL_CLASSES << 3);
    copy.others = copyBytes(this.others, HEAP_BYTES * SMALL_CLASSES);
    copy.spare = copyBytes(this.spare, HEAP_BYTES);
    if (changetype<usize>(copy.decay) == 0) return nothing;
    copy.decay.backlog = copyBytes(this.decay.backlog, STEPS << 3);
    return copy.isWhole() ? copy : nothing;
  }

  /** The slab that regions of class `index` are taken from; 0: there is none. */
  @inline
  slab(index: u32): u64 {
    return load<u64>(this.slabs + (index << 3));
  }

  @inline
  setSlab(index: u32, slab: u64): void {
    store<u64>(this.slabs + (index << 3), slab);
  }

  /** The heap of other slabs with free regions, in order of serial number and address. */
  otherSlabs(index: u32): usize {
    return this.others + index * HEAP_BYTES;
  }
}
