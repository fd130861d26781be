/** Flags of a page in memory, kept in `used` of its frame's record, like those of Linux's `struct page`. */
import { make } from "../../core/arena";
import { Frames } from "../../frames/frames";

/** Stored to through an entry that was cleared since. */
export const DIRTY_PAGE: u32 = 1;
/** MADV_FREE: may be freed without a write unless it is stored to again. */
export const LAZY_PAGE: u32 = 2;
/** Private: its content is a number of its own, not the entry of an object. */
export const PRIVATE_PAGE: u32 = 4;
export const LOCKED_PAGE: u32 = 8;
/** The zero pages, and the kernel's own pages. */
export const KERNEL_PAGE: u32 = 16;
/** An explicit huge page. */
export const POOL_PAGE: u32 = 32;
/** Shared by fork and not found exclusive since: the inverse of Linux's PageAnonExclusive. */
export const FORKED_PAGE: u32 = 64;
/** Used by the kernel once, and twice (mm/swap.c). Only Referenced in smaps shows it. */
export const REFERENCED_PAGE: u32 = 128;
export const ACTIVE_PAGE: u32 = 256;

const ALL_FLAGS: u32 =
  DIRTY_PAGE |
  LAZY_PAGE |
  PRIVATE_PAGE |
  LOCKED_PAGE |
  KERNEL_PAGE |
  POOL_PAGE |
  FORKED_PAGE |
  REFERENCED_PAGE |
  ACTIVE_PAGE;

@final
@unmanaged
export class PageFlags {
  private frames: Frames;

  /** Null when memory is out. */
  static create(frames: Frames): PageFlags {
    const flags = make<PageFlags>();
    if (changetype<usize>(flags) != 0) flags.frames = frames;
    return flags;
  }

  /** All flags of the page in `pfn`. */
  @inline
  of(pfn: u32): u32 {
    return this.frames.used(pfn);
  }

  /** Is true when the page has any of `flags`. */
  @inline
  has(pfn: u32, flags: u32): bool {
    return (this.of(pfn) & flags) != 0;
  }

  set(pfn: u32, flags: u32): void {
    this.frames.setUsed(pfn, this.of(pfn) | flags);
  }

  clear(pfn: u32, flags: u32): void {
    this.frames.setUsed(pfn, this.of(pfn) & ~flags);
  }

  /** The kernel itself used the page in `pfn` (folio_mark_accessed). */
  markAccessed(pfn: u32): void {
    if (!this.has(pfn, REFERENCED_PAGE)) {
      this.set(pfn, REFERENCED_PAGE);
    } else if (!this.has(pfn, LOCKED_PAGE | ACTIVE_PAGE)) {
      this.set(pfn, ACTIVE_PAGE);
      this.clear(pfn, REFERENCED_PAGE);
    }
  }

  /**
   * Is true when the flags of the page do not contradict each other: a page of the pool and one of the kernel are
   * never locked, and only private pages are freed lazily.
   */
  isValid(pfn: u32): bool {
    if ((this.of(pfn) & ~ALL_FLAGS) != 0) return false;
    if (this.has(pfn, POOL_PAGE)) return !this.has(pfn, LOCKED_PAGE | KERNEL_PAGE | LAZY_PAGE);
    if (this.has(pfn, LAZY_PAGE) && !this.has(pfn, PRIVATE_PAGE)) return false;
    return !this.has(pfn, KERNEL_PAGE) || !this.has(pfn, LOCKED_PAGE);
  }
}
