/**
 * Rings of pages with counters, as in `ClockPolicy`, for several numbers of frames at once: `fifo` and `clock`. They are no
 * stack algorithms, so each size has pages of its own. But a hit changes no more than a counter, and a page's counters of
 * eight sizes lie side by side, so that a request reads them at once and counts in all sizes together:
 *
 *   0        1        2            8         a byte:     7         2  1  0
 *   ├ size 0 ┼ size 1 ┼ …          ┤                     ├ counter ┼ D ┼ R ┤    D: dirty, R: resident
 *
 *   ring of a size    ├ page ┼ page ┼ page ┼ … ┤    page numbers, u32 each; the hand is at the oldest
 *
 * A page replaces the victim in its place, which is then behind the hand: the order of a queue in which pages that stay move
 * to the front. With counters that stay 0 this is first in, first out. Differences from `ClockPolicy`: none in the results.
 */
import { KIND_STORE, STATUS_OK } from "../abi/core";
import { PAGES_BYTES, PAGES_EVICTIONS, PAGES_MISSES, PAGES_WRITEBACKS } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { Requests } from "./requests";
import { FIRST_PAGES, SizesEngine, serveStep } from "./sizes-engine";

/** Sizes of a row. */
const LANES: u32 = 8;
const ROW_SHIFT: usize = 3;
const RESIDENT: u8 = 1;
const DIRTY: u8 = 2;
const COUNT_SHIFT: u8 = 2;
/** One in a byte's counter. */
const ONE: u8 = 1 << COUNT_SHIFT;
/** The lowest bit of each of eight bytes. */
const ONES: u64 = 0x0101010101010101;

// A size: ├ ring u32 ┼ frames u32 ┼ hand u32 ┼ filled u32 ┤
const SIZE_SHIFT: usize = 4;
const FRAMES: usize = 4;
const HAND: usize = 8;
const FILLED: usize = 12;

@final
@unmanaged
export class Rings extends SizesEngine {
  /** The rings of further sizes; null if there are none. */
  private others: Rings;
  private sizes: usize;
  /** The flag of a resident page in the lanes of all sizes. */
  private all: u64;
  private initial: u8;
  private step: u8;
  private most: u8;
  private rows: usize;
  /** Uses what is read ahead, so that the compiler keeps the reads. */
  sink: u64;

  /**
   * `frames`: `count` numbers of frames, u32 each. `counters`: of so many, where the result counts. A page enters with
   * counter `initial`; a request adds `step`, up to `most`. Null when memory is out.
   */
  static create(
    source: Requests,
    frames: usize,
    count: u32,
    counters: usize,
    initial: u8,
    step: u8,
    most: u8,
  ): Rings {
    const nothing = changetype<Rings>(0);
    const rings = make<Rings>();
    if (changetype<usize>(rings) == 0 || counters == 0 || !source.numberPages()) return nothing;
    rings.source = source;
    rings.counters = counters;
    rings.count = min(count, LANES);
    rings.all = rings.count == LANES ? ONES : ONES & (((<u64>1) << (rings.count << 3)) - 1);
    rings.initial = min(initial, most);
    rings.step = step;
    rings.most = most;
    if (!rings.createRings(frames) || !rings.reach(max(source.expected, FIRST_PAGES))) return nothing;
    if (count <= LANES) return rings;
    const bytes = <usize>LANES * PAGES_BYTES;
    rings.others = Rings.create(
      source,
      frames + ((<usize>LANES) << 2),
      count - LANES,
      counters + bytes,
      initial,
      step,
      most,
    );
    return changetype<usize>(rings.others) == 0 ? nothing : rings;
  }

  private createRings(frames: usize): bool {
    this.sizes = allocate((<u64>this.count) << SIZE_SHIFT);
    if (this.sizes == 0) return false;
    for (let lane: u32 = 0; lane < this.count; lane++) {
      const most = load<u32>(frames + ((<usize>lane) << 2));
      const ring = allocate((<u64>most) << 2);
      if (ring == 0) return false;
      store<u32>(this.size(lane), <u32>ring);
      store<u32>(this.size(lane), most, FRAMES);
    }
    return true;
  }

  /** Serves the requests of the source's step; a status. */
  run(): u32 {
    const status = serveStep<Rings>(this);
    if (status != STATUS_OK || changetype<usize>(this.others) == 0) return status;
    return this.others.run();
  }

  reach(pages: u32): bool {
    const rows = allocate((<u64>pages) << ROW_SHIFT);
    if (rows == 0) return false;
    memory.copy(rows, this.rows, (<usize>this.known) << ROW_SHIFT);
    this.rows = rows;
    this.known = pages;
    return true;
  }

  @inline
  beginWindow(): void {}

  @inline
  readAhead(start: u32, end: u32): void {
    const to = this.source.numbers + ((<usize>end) << 2);
    let sum: u64 = 0;
    for (let at = this.source.numbers + ((<usize>start) << 2); at < to; at += 4) {
      sum += load<u64>(this.rows + ((<usize>load<u32>(at)) << ROW_SHIFT));
    }
    this.sink = sum;
  }

  @inline
  serve(start: u32, end: u32): void {
    const source = this.source;
    const rows = this.rows;
    const all = this.all;
    const counts = this.most != 0;
    let number = source.numbers + ((<usize>start) << 2);
    const last = source.kinds + end;
    for (let kind = source.kinds + start; kind < last; kind++, number += 4) {
      const row = rows + ((<usize>load<u32>(number)) << ROW_SHIFT);
      const resident = load<u64>(row) & all;
      if (counts) this.count8(row, resident);
      if (resident != all) this.miss(row, load<u32>(number), all & ~resident);
      // All sizes have the page now.
      if (<u32>load<u8>(kind) >= <u32>KIND_STORE) store<u64>(row, load<u64>(row) | (all << 1));
    }
  }

  /** Counts a request in the sizes of `resident`, eight bytes at once. */
  @inline
  private count8(row: usize, resident: u64): void {
    const bytes = i64x2.splat(load<u64>(row));
    const flags = i8x16.splat(RESIDENT | DIRTY);
    const sum = i8x16.add_sat_u(
      v128.andnot(bytes, flags),
      i64x2.splat(resident * (this.step << COUNT_SHIFT)),
    );
    const counters = i8x16.min_u(sum, i8x16.splat(this.most << COUNT_SHIFT));
    store<u64>(row, i64x2.extract_lane(v128.or(counters, v128.and(bytes, flags)), 0));
  }

  /** Brings the page of `row` into the sizes that `missing` has a bit of. */
  private miss(row: usize, page: u32, missing: u64): void {
    for (let bits = missing; bits != 0; bits &= bits - 1) {
      const lane = <u32>ctz<u64>(bits) >> 3;
      const size = this.size(lane);
      const counters = this.countersOf(lane);
      store<u64>(counters, load<u64>(counters, PAGES_MISSES) + 1, PAGES_MISSES);
      const filled = load<u32>(size, FILLED);
      let place = filled;
      if (filled < load<u32>(size, FRAMES)) store<u32>(size, filled + 1, FILLED);
      else place = this.evict(lane, size, counters);
      store<u32>(<usize>load<u32>(size) + ((<usize>place) << 2), page);
      store<u8>(row + lane, RESIDENT | (this.initial << COUNT_SHIFT));
    }
  }

  /** Evicts the first page whose counter the hand finds at 0, and returns its place. */
  @inline
  private evict(lane: u32, size: usize, counters: usize): u32 {
    const frames = load<u32>(size, FRAMES);
    let hand = load<u32>(size, HAND);
    let victim = this.cell(size, hand, lane);
    for (let byte = load<u8>(victim); byte >= ONE; byte = load<u8>(victim)) {
      store<u8>(victim, byte - ONE);
      hand = hand + 1 == frames ? 0 : hand + 1;
      victim = this.cell(size, hand, lane);
    }
    store<u64>(counters, load<u64>(counters, PAGES_EVICTIONS) + 1, PAGES_EVICTIONS);
    if ((load<u8>(victim) & DIRTY) != 0)
      store<u64>(counters, load<u64>(counters, PAGES_WRITEBACKS) + 1, PAGES_WRITEBACKS);
    store<u8>(victim, 0);
    store<u32>(size, hand + 1 == frames ? 0 : hand + 1, HAND);
    return hand;
  }

  /** The address of the byte, of this size, of the page at `place` of its ring. */
  @inline
  private cell(size: usize, place: u32, lane: u32): usize {
    const page = load<u32>(<usize>load<u32>(size) + ((<usize>place) << 2));
    return this.rows + ((<usize>page) << ROW_SHIFT) + lane;
  }

  @inline
  private size(lane: u32): usize {
    return this.sizes + ((<usize>lane) << SIZE_SHIFT);
  }

  /** Is true when each size has the pages of its ring, each once, and no other. Walks all pages. */
  isValid(): bool {
    for (let lane: u32 = 0; lane < this.count; lane++) {
      const size = this.size(lane);
      const counters = this.countersOf(lane);
      const filled = load<u32>(size, FILLED);
      if (<u64>filled != load<u64>(counters, PAGES_MISSES) - load<u64>(counters, PAGES_EVICTIONS))
        return false;
      for (let place: u32 = 0; place < filled; place++) {
        const cell = this.cell(size, place, lane);
        if ((load<u8>(cell) & RESIDENT) == 0 || <u32>load<u8>(cell) >= (<u32>this.most + 1) << COUNT_SHIFT)
          return false;
      }
      let residents: u32 = 0;
      for (let page: usize = 0; page < <usize>this.known; page++) {
        residents += load<u8>(this.rows + (page << ROW_SHIFT) + lane) & RESIDENT;
      }
      if (residents != filled) return false;
    }
    return changetype<usize>(this.others) == 0 || this.others.isValid();
  }
}
