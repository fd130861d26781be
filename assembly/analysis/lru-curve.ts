/**
 * The exact LRU curve: a count for every stack distance, which gives the misses with any number of frames. The requests
 * come from a `Requests`, which curves and simulations may share.
 *
 * A request costs a position, which usually misses the caches and is therefore prefetched; the marks, which fit the
 * second-level cache for a million pages; and a count.
 */
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Requests } from "../engine/requests";
import { COLD, NO_MEMORY, StackDistances } from "./stack-distances";

/** Requests prefetched at once, as in engine/pages. */
const WINDOW: u32 = 32;
const FIRST_COUNTS: u32 = 4096;

@final
@unmanaged
export class LruCurve {
  /** The counters, in the order of the ABI. */
  requests: u64;
  counts: usize; // u64 by depth; [0] counts first requests
  pages: u32; // distinct pages, which is the greatest possible depth
  private capacity: u32; // of `counts`
  private distances: StackDistances;
  private source: Requests;
  private window: usize; // depths, u32 each
  /** Uses the result of `prefetch`, so that the compiler keeps its reads. */
  sink: u32;

  /** Null when memory is out. */
  static create(source: Requests): LruCurve {
    const nothing = changetype<LruCurve>(0);
    const curve = make<LruCurve>();
    if (changetype<usize>(curve) == 0) return nothing;
    curve.source = source;
    curve.distances = StackDistances.create();
    curve.counts = allocate(FIRST_COUNTS << 3);
    curve.capacity = FIRST_COUNTS;
    curve.window = allocate(WINDOW << 2);
    if (curve.window == 0 || !source.numberPages()) return nothing;
    return changetype<usize>(curve.distances) != 0 && curve.counts != 0 ? curve : nothing;
  }

  /** Processes the requests of the source's last step; a status. */
  run(): u32 {
    const source = this.source;
    if (!source.number() || !this.distances.reach(source.ids.count)) return STATUS_OUT_OF_MEMORY;
    const count = source.count;
    for (let start: u32 = 0; start < count; start += WINDOW) {
      const end = min(start + WINDOW, count);
      if (this.distances.live + WINDOW >= this.capacity && !this.grow()) return STATUS_OUT_OF_MEMORY;
      const numbers = source.numbers + ((<usize>start) << 2);
      this.prefetch(numbers, end - start);
      if (!this.serve(numbers, end - start)) return STATUS_OUT_OF_MEMORY;
    }
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  @inline
  private prefetch(numbers: usize, count: u32): void {
    const distances = this.distances;
    let sum: u32 = 0;
    for (let at: usize = 0; at < <usize>count; at++) sum += distances.peek(load<u32>(numbers + (at << 2)));
    this.sink = sum;
  }

  /** Counts the window's distances, in a loop of its own so that its cache misses overlap; false when memory is out. */
  @inline
  private serve(numbers: usize, count: u32): bool {
    const distances = this.distances;
    const depths = this.window;
    const end = (<usize>count) << 2;
    for (let at: usize = 0; at < end; at += 4) {
      const depth = distances.touch(load<u32>(numbers + at));
      if (depth == NO_MEMORY) return false;
      store<u32>(depths + at, depth);
    }
    const counts = this.counts;
    for (let at: usize = 0; at < end; at += 4) {
      const place = counts + ((<usize>load<u32>(depths + at)) << 3);
      store<u64>(place, load<u64>(place) + 1);
    }
    this.pages = distances.live;
    this.requests += count;
    return true;
  }

  private grow(): bool {
    const counts = allocate((<u64>this.capacity) << 4);
    if (counts == 0) return false;
    memory.copy(counts, this.counts, (<usize>this.capacity) << 3);
    this.counts = counts;
    this.capacity <<= 1;
    return true;
  }

  /** Is true when the stack is sound, and each request is counted once, at a possible depth. */
  isValid(): bool {
    let sum: u64 = 0;
    for (let depth: u32 = 0; depth <= this.pages; depth++) {
      sum += load<u64>(this.counts + ((<usize>depth) << 3));
    }
    return (
      sum == this.requests &&
      load<u64>(this.counts + (COLD << 3)) == this.pages &&
      this.pages == this.distances.live &&
      this.distances.isValid()
    );
  }
}
