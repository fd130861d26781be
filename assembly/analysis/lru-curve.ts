/**
 * The exact LRU curve: a count for every stack distance, which gives the misses with any number of frames. The requests
 * come from a `Requests`, which curves and simulations may share.
 *
 * A request costs a bucket of the numbering and a position, which usually miss the caches and are therefore prefetched;
 * the marks, which fit the second-level cache for a million pages; and a count.
 */
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Hash } from "../core/hash";
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
  private window: usize; // u32 each: page numbers, then their depths
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
    if (curve.window == 0) return nothing;
    return changetype<usize>(curve.distances) != 0 && curve.counts != 0 ? curve : nothing;
  }

  /** Processes the requests of the source's last step; a status. */
  run(): u32 {
    const count = this.source.count;
    for (let start: u32 = 0; start < count; start += WINDOW) {
      const end = min(start + WINDOW, count);
      if (this.distances.live + WINDOW >= this.capacity && !this.grow()) return STATUS_OUT_OF_MEMORY;
      this.prefetch(start, end);
      if (!this.number(start, end) || !this.serve(end - start)) return STATUS_OUT_OF_MEMORY;
    }
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  @inline
  private prefetch(start: u32, end: u32): void {
    const distances = this.distances;
    const last = this.source.keys + ((<usize>end) << 3);
    let sum: u32 = 0;
    for (let at = this.source.keys + ((<usize>start) << 3); at < last; at += 8) {
      sum += distances.peek(Hash.of(load<u64>(at)));
    }
    this.sink = sum;
  }

  /** Numbers the window's pages; false when memory is out. */
  @inline
  private number(start: u32, end: u32): bool {
    const keys = this.source.keys;
    const distances = this.distances;
    let into = this.window;
    let sum: u32 = 0;
    for (let at = start; at < end; at++) {
      const key = load<u64>(keys + ((<usize>at) << 3));
      const id = distances.number(key, Hash.of(key));
      if (id == NO_MEMORY) return false;
      sum += distances.peekPosition(id);
      store<u32>(into, id);
      into += 4;
    }
    this.sink = sum;
    return true;
  }

  /** Counts the window's distances, in a loop of its own so that its cache misses overlap; false when memory is out. */
  @inline
  private serve(count: u32): bool {
    const distances = this.distances;
    const ids = this.window;
    const end = ids + ((<usize>count) << 2);
    for (let at = ids; at < end; at += 4) {
      const depth = distances.touch(load<u32>(at));
      if (depth == NO_MEMORY) return false;
      store<u32>(at, depth);
    }
    const counts = this.counts;
    for (let at = ids; at < end; at += 4) {
      const place = counts + ((<usize>load<u32>(at)) << 3);
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
