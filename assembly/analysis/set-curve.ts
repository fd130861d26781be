/**
 * Miss ratios of set-associative TLBs with one number of sets and any number of ways, in one pass. LRU in a set is a
 * stack of its own (Hill and Smith, "Evaluating associativity in CPU caches", IEEE Transactions on Computers 38, 1989):
 * a TLB with w ways holds the top w pages of each set, so a lookup misses when its page lies deeper than w.
 *
 *   set ──>  ├ depth 1 ─┼ depth 2 ─┼ … ─┼ depth `ways` ┤      page numbers, u64
 *
 * Lookups are counted as in `replay`: one per reference. If it spans pages, all of them are looked up in order, and the
 * lookup misses if any of them does. So its depth is that of the deepest page. Depths beyond `ways` are not distinguished.
 *
 * A lookup of the page at depth d moves d entries, and most pages are found at depth 1.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_LOAD,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { ONLY_DATA, ONLY_INSTRUCTIONS, PAGES_ALREADY } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";

@final
@unmanaged
export class SetCurve {
  /** The counters, in the order of the ABI. */
  lookups: u64;
  counts: usize; // u64 by depth; [0] counts lookups that miss with all `ways`
  private ways: u32;
  private setMask: u32;
  private entries: usize;
  /** The number of filled entries of each set, u32. */
  private filled: usize;
  private isBlocks: bool;
  private pageShift: u32;
  private firstKind: u32;
  private kinds: u32;

  /** `sets` is a power of two; null when memory is out. */
  static create(pageShift: u32, only: u32, sets: u32, ways: u32): SetCurve {
    const nothing = changetype<SetCurve>(0);
    const curve = make<SetCurve>();
    if (changetype<usize>(curve) == 0) return nothing;
    curve.ways = ways;
    curve.setMask = sets - 1;
    curve.isBlocks = pageShift == PAGES_ALREADY;
    curve.pageShift = curve.isBlocks ? 0 : pageShift;
    curve.firstKind = only == ONLY_DATA ? KIND_LOAD : KIND_FETCH;
    curve.kinds = only == ONLY_INSTRUCTIONS ? 1 : KIND_CALL - curve.firstKind;
    curve.counts = allocate((<u64>ways + 1) << 3);
    curve.filled = allocate((<u64>sets) << 2);
    curve.entries = allocate((<u64>sets * ways) << 3);
    return curve.counts != 0 && curve.filled != 0 && curve.entries != 0 ? curve : nothing;
  }

  run(records: usize, count: u32): void {
    const counts = this.counts;
    const firstKind = this.firstKind;
    const kinds = this.kinds;
    const pageShift = this.pageShift;
    const isBlocks = this.isBlocks;
    const end = records + <usize>count * RECORD_BYTES;
    let lookups: u64 = 0;
    for (let record = records; record < end; record += RECORD_BYTES) {
      if (<u32>load<u8>(record, RECORD_KIND) - firstKind >= kinds) continue;
      const address = load<u64>(record, RECORD_ADDRESS);
      const size = load<u32>(record, RECORD_SIZE);
      const page = address >> pageShift;
      let depth = this.lookUp(page);
      const last = address + (isBlocks || size == 0 ? 0 : size - 1);
      if (last >> pageShift != page)
        depth = this.lookUpFurther(page, last < address ? u64.MAX_VALUE : last, depth);
      const place = counts + ((<usize>depth) << 3);
      store<u64>(place, load<u64>(place) + 1);
      lookups++;
    }
    this.lookups += lookups;
    if (DEBUG) assert(this.isValid());
  }

  /** Looks up the pages after `page`, up to that of the byte `last`; the greatest of their depths and `depth`. */
  private lookUpFurther(page: u64, last: u64, depth: u32): u32 {
    const lastPage = last >> this.pageShift;
    while (page != lastPage) {
      const further = this.lookUp(++page);
      // 0 stands for a depth beyond all ways.
      depth = depth == 0 || further == 0 ? 0 : max(depth, further);
    }
    return depth;
  }

  /** The depth of `page` in its set, 0 when it is not there. Moves it to the top. */
  @inline
  private lookUp(page: u64): u32 {
    const set = <u32>page & this.setMask;
    const top = this.entries + ((<usize>set * this.ways) << 3);
    if (load<u64>(top) == page && load<u32>(this.filled + (set << 2)) != 0) return 1;
    return this.search(page, set, top);
  }

  /** Searches for the page and moves the entries above it down by one. */
  private search(page: u64, set: u32, top: usize): u32 {
    const filled = load<u32>(this.filled + (set << 2));
    let above = page;
    for (let depth: u32 = 1; depth <= filled; depth++) {
      const place = top + ((<usize>depth - 1) << 3);
      const here = load<u64>(place);
      store<u64>(place, above);
      if (here == page) return depth;
      above = here;
    }
    if (filled == this.ways) return 0;
    store<u64>(top + ((<usize>filled) << 3), above);
    store<u32>(this.filled + (set << 2), filled + 1);
    return 0;
  }

  /** Is true when each page is in its own set once, and each lookup is counted once. */
  isValid(): bool {
    let sum: u64 = 0;
    for (let depth: usize = 0; depth <= this.ways; depth++) sum += load<u64>(this.counts + (depth << 3));
    if (sum != this.lookups) return false;
    for (let set: u32 = 0; set <= this.setMask; set++) {
      const top = this.entries + ((<usize>set * this.ways) << 3);
      const end = top + ((<usize>load<u32>(this.filled + (set << 2))) << 3);
      for (let place = top; place < end; place += 8) {
        const page = load<u64>(place);
        if ((<u32>page & this.setMask) != set) return false;
        for (let other = place + 8; other < end; other += 8) if (load<u64>(other) == page) return false;
      }
    }
    return true;
  }
}
