/**
 * tcmalloc's size classes. From: SizeMap::Init, AlignmentForSize and NumMoveSize in src/common.cc of gperftools 2.10. The
 * classes are not a table there but a search: a size becomes a class if a span of its own would hold another number of
 * objects than the class below, and a span has as many pages as leave less than an eighth of it over.
 *
 *   class:   1   2   3   4   5  …   85        where a size lies in `classes`:  up to 1024: size / 8, rounded up
 *   bytes:   8  16  32  48  64  … 262144                                       above: size / 128, rounded up, + 120
 */
import { allocate, make } from "../../core/arena";

export const PAGE_SHIFT: u64 = 13;
export const PAGE: u64 = 1 << PAGE_SHIFT;
/** The largest size that has a class. */
export const MOST_SMALL: u64 = 256 << 10;
export const MOST_CLASSES: u32 = 128;
const ALIGNMENT: u32 = 8;
const MINIMUM_ALIGNMENT: u32 = 16;
const FINE: u64 = 1024;
const PLACES: u32 = (<u32>MOST_SMALL >> 7) + 121;
/** Bytes that go between a thread's cache and the central list at once, and how many objects at most. */
const TRANSFER_BYTES: u32 = 64 << 10;
const TRANSFER_OBJECTS: u32 = 32;

@final
@unmanaged
export class SizeMap {
  /** Classes are 1 to `count` - 1. */
  count: u32;
  private classes: usize; // u8[PLACES]
  private sizes: usize; // u32[MOST_CLASSES]
  private pageCounts: usize; // u32[MOST_CLASSES]

  /** Null when memory is out. */
  static create(): SizeMap {
    const nothing = changetype<SizeMap>(0);
    const map = make<SizeMap>();
    if (changetype<usize>(map) == 0) return nothing;
    map.classes = allocate(PLACES);
    map.sizes = allocate(MOST_CLASSES << 2);
    map.pageCounts = allocate(MOST_CLASSES << 2);
    if (map.classes == 0 || map.sizes == 0 || map.pageCounts == 0) return nothing;
    map.findClasses();
    map.enterClasses();
    return map;
  }

  private findClasses(): void {
    let index: u32 = 1;
    let step = ALIGNMENT;
    for (let size = ALIGNMENT; size <= <u32>MOST_SMALL; size += step) {
      step = alignmentOf(size);
      const span = spanBytesFor(size);
      if (index > 1 && this.isAlike(index - 1, size, span)) {
        store<u32>(this.sizes + ((index - 1) << 2), size);
        continue;
      }
      store<u32>(this.sizes + (index << 2), size);
      store<u32>(this.pageCounts + (index << 2), span >> <u32>PAGE_SHIFT);
      index++;
    }
    this.count = index;
  }

  /** True if a span has as many objects of `size` as of class `index`. */
  private isAlike(index: u32, size: u32, span: u32): bool {
    return span == <u32>this.spanBytes(index) && span / size == span / <u32>this.bytes(index);
  }

  private enterClasses(): void {
    let size: u64 = 0;
    for (let index: u32 = 1; index < this.count; index++) {
      for (; size <= this.bytes(index); size += ALIGNMENT) store<u8>(this.classes + placeOf(size), <u8>index);
    }
  }

  /** The class for `bytes`, at most `MOST_SMALL`. */
  @inline
  of(bytes: u64): u32 {
    return load<u8>(this.classes + placeOf(bytes));
  }

  /** Bytes of an object of class `index`. */
  @inline
  bytes(index: u32): u64 {
    return load<u32>(this.sizes + (index << 2));
  }

  /** Pages of a span of class `index`. */
  @inline
  pages(index: u32): u64 {
    return load<u32>(this.pageCounts + (index << 2));
  }

  private spanBytes(index: u32): u64 {
    return this.pages(index) << PAGE_SHIFT;
  }

  /** Objects of a span. */
  objects(index: u32): u32 {
    return <u32>(this.spanBytes(index) / this.bytes(index));
  }

  /** Objects that go between a thread's cache and the central list at once. */
  @inline
  batch(index: u32): u32 {
    return transferOf(<u32>this.bytes(index));
  }
}

function placeOf(bytes: u64): usize {
  return <usize>(bytes <= FINE ? (bytes + 7) >> 3 : (bytes + 127 + (120 << 7)) >> 7);
}

/** An eighth of the power of two below, at least 16 once there is room for that, at most a page. */
function alignmentOf(size: u32): u32 {
  if (size < MINIMUM_ALIGNMENT) return ALIGNMENT;
  if (size < 128) return MINIMUM_ALIGNMENT;
  return min(((<u32>1) << (31 - clz(size))) >> 3, <u32>PAGE);
}

function transferOf(size: u32): u32 {
  return size == 0 ? 0 : min(max(TRANSFER_BYTES / size, 2), TRANSFER_OBJECTS);
}

function spanBytesFor(size: u32): u32 {
  const least = transferOf(size) / 4;
  let span: u32 = 0;
  do {
    span += <u32>PAGE;
    while (span % size > span >> 3) span += <u32>PAGE;
  } while (span / size < least);
  return span;
}
