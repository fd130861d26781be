/**
 * jemalloc's size classes: four to each doubling. From: "size classes" in jemalloc(3) and src/sc.c of jemalloc 5.3.0.
 *
 *   class:  0   1   2   3   4   5   6 …    35    36 …   40 …            231
 *   bytes:  8  16  32  48  64  80  96 … 14336 16384 … 32768 … 8070450532247928832
 *           ├──────── small, in slabs ──────┼─ large, an extent alone ────────┤
 *           ├──────── cached by threads ────────────────────┤
 *
 * A slab is as many whole pages as regions fill without a rest. Extents are filed under page classes, which are the
 * classes in steps of pages: 4, 8, 12, 16, 20, 24, 28, 32, 40 … KiB.
 */
import { allocate, make } from "../../core/arena";

export const PAGE_SHIFT: u64 = 12;
export const PAGE: u64 = 1 << PAGE_SHIFT;
export const CACHE_LINE: u64 = 64;
export const HUGE_PAGE: u64 = 2 << 20;
/** Of 232 classes those that have slabs. */
export const SMALL_CLASSES: u32 = 36;
export const MOST_SMALL: u64 = 14336;
export const LEAST_LARGE: u64 = 16384;
/** Classes that threads cache: up to 32 KiB. */
export const CACHED_CLASSES: u32 = 41;
export const MOST_LARGE: u64 = (<u64>7) << 60;
export const PAGE_CLASSES: u32 = 200;
/** Large blocks begin at a random cache line of their first page, for which they have another page. */
export const LARGE_PAD: u64 = 1 << PAGE_SHIFT;
export const MOST_REGIONS: u32 = 512;
export const MOST_SLAB: u64 = 28672;

/** Slots of a thread's cache for a class: twice the regions of a slab, between these. */
const LEAST_SLOTS: u32 = 20;
const MOST_SLOTS: u32 = 200;
const LARGE_SLOTS: u32 = 20;

/** The class for `bytes`, at most `MOST_LARGE`. */
export function classOf(bytes: u64): u32 {
  if (bytes <= 8) return 0;
  if (bytes <= 64) return <u32>((bytes + 15) >> 4);
  const last = bytes - 1;
  const top = 63 - clz(last);
  return <u32>(((top - 5) << 2) + ((last >> (top - 2)) & 3) + 1);
}

/** Bytes of class `index`. */
export function classBytes(index: u32): u64 {
  if (index <= 4) return index == 0 ? 8 : (<u64>index) << 4;
  const place = <u64>index - 5;
  return (5 + (place & 3)) << (4 + (place >> 2));
}

/** The size of a block for `bytes` at a multiple of `alignment`, a power of two; 0: there is none. */
export function alignedBytes(bytes: u64, alignment: u64): u64 {
  if (bytes > MOST_LARGE || alignment > MOST_LARGE) return 0;
  if (bytes <= MOST_SMALL && alignment <= PAGE) {
    // Regions are aligned to the greatest power of two that divides their size.
    const small = classBytes(classOf((bytes + alignment - 1) & -alignment));
    if (small < LEAST_LARGE) return small;
  }
  return bytes <= LEAST_LARGE ? LEAST_LARGE : classBytes(classOf(bytes));
}

/** The page class for an extent of `bytes`. */
export function pageClassOf(bytes: u64): u32 {
  if (bytes > MOST_LARGE) return PAGE_CLASSES - 1;
  const last = (bytes - 1) >> PAGE_SHIFT;
  if (last < 4) return <u32>last;
  const top = 63 - clz(last);
  return min(<u32>(((top - 1) << 2) + ((last >> (top - 2)) & 3)), PAGE_CLASSES - 1);
}

export function pageClassBytes(index: u32): u64 {
  if (index < 4) return (<u64>index + 1) << PAGE_SHIFT;
  if (index >= PAGE_CLASSES - 1) return MOST_LARGE + PAGE;
  const place = <u64>index - 4;
  return (5 + (place & 3)) << (PAGE_SHIFT + (place >> 2));
}

/** The greatest size of a padded large block that fits in an extent of `bytes`. */
function roundDown(bytes: u64): u64 {
  const index = pageClassOf(bytes - LARGE_PAD + 1);
  return index == 0 ? bytes : pageClassBytes(index - 1) + LARGE_PAD;
}

/** The page class that a free extent of `bytes` is filed under. */
export function filedUnder(bytes: u64): u32 {
  return pageClassOf(roundDown(bytes));
}

/** The first page class of which every extent has `bytes`. */
export function searchedFrom(bytes: u64): u32 {
  const down = roundDown(bytes);
  if (down == bytes) return pageClassOf(down);
  return pageClassOf(pageClassBytes(pageClassOf(down - LARGE_PAD + 1)) + LARGE_PAD);
}

/** Properties of the small classes: their slabs, and the slots of threads' caches. */
@final
@unmanaged
export class Sizes {
  private slabPages: usize; // u8[SMALL_CLASSES]
  private regionCounts: usize; // u16[SMALL_CLASSES]
  private slotCounts: usize; // u16[CACHED_CLASSES]
  /** Bytes of all slots of a thread, with a word before and behind them. */
  stackBytes: u64;

  /** Null when memory is out. */
  static create(): Sizes {
    const nothing = changetype<Sizes>(0);
    const sizes = make<Sizes>();
    if (changetype<usize>(sizes) == 0) return nothing;
    sizes.slabPages = allocate(SMALL_CLASSES);
    sizes.regionCounts = allocate(SMALL_CLASSES << 1);
    sizes.slotCounts = allocate(CACHED_CLASSES << 1);
    if (sizes.slabPages == 0 || sizes.regionCounts == 0 || sizes.slotCounts == 0) return nothing;
    for (let index: u32 = 0; index < SMALL_CLASSES; index++) sizes.findSlab(index);
    sizes.stackBytes = 16;
    for (let index: u32 = 0; index < CACHED_CLASSES; index++) {
      const slots = index < SMALL_CLASSES ? slotsFor(sizes.regions(index)) : LARGE_SLOTS;
      store<u16>(sizes.slotCounts + (index << 1), <u16>slots);
      sizes.stackBytes += (<u64>slots) << 3;
    }
    return sizes;
  }

  private findSlab(index: u32): void {
    const bytes = classBytes(index);
    let pages: u64 = 1;
    while ((pages << PAGE_SHIFT) % bytes != 0) pages++;
    store<u8>(this.slabPages + index, <u8>pages);
    store<u16>(this.regionCounts + (index << 1), <u16>((pages << PAGE_SHIFT) / bytes));
  }

  @inline
  slabBytes(index: u32): u64 {
    return (<u64>load<u8>(this.slabPages + index)) << PAGE_SHIFT;
  }

  /** Regions of a slab. */
  @inline
  regions(index: u32): u32 {
    return load<u16>(this.regionCounts + (index << 1));
  }

  /** Slots of a thread's cache for class `index`. */
  @inline
  slots(index: u32): u32 {
    return load<u16>(this.slotCounts + (index << 1));
  }
}

function slotsFor(regions: u32): u32 {
  return min(max(regions << 1, LEAST_SLOTS), MOST_SLOTS);
}
