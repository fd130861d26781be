/**
 * Reuse times, and the working sets computed from them: Denning, "The working set model for program behavior",
 * Communications of the ACM 11 (1968); Denning and Schwartz, "Properties of the working-set model", CACM 15 (1972).
 *
 * W(t, τ) is the number of distinct pages among the last τ requests at time t, counted in requests. A page is in the
 * working set for τ after each request, or until its next one if that comes sooner:
 *
 *   requests of a page   x         x   x                     x
 *   in the working set   ├── τ ──┤ ├───┼── τ ──┤             ├── τ ──┤
 *
 * So averages over all t need only sums over reuse times, for any list of windows at once: larger windows count a reuse
 * time in full, smaller ones with their own length. The size over time, for one window, needs the moments at which pages
 * enter and leave: differences of the size, every `stride` requests. When they no longer fit, the stride doubles and
 * every second moment is dropped, so the rest is exact.
 *
 * Differences: averages are over t = 1 … N, with shorter windows at the start; Denning's are over an infinite trace.
 */
import { MOMENTS, REUSE_TIME_BITS } from "../abi/analysis";
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Requests } from "../engine/requests";

const FIRST_PAGES: u32 = 4096;
const TIME_BITS: u32 = REUSE_TIME_BITS;
const MAX_MOMENTS: u64 = MOMENTS;

@final
@unmanaged
export class ReuseTimes {
  /** The counters, in the order of the ABI. */
  requests: u64;
  pages: u32;
  windowCount: u32;
  times: usize; // u64[64]: reuse times of 2^n … 2^(n + 1) - 1
  below: usize; // u64[windowCount + 1]: reuse times up to window n and above the one before
  sums: usize; // u64[windowCount + 1]: their sums
  differences: usize; // i32[MOMENTS + 1]: the size at moment n minus the one before
  stride: u64; // requests between two moments
  private windows: usize; // u64[windowCount], ascending
  private overTime: u64; // the window of the size over time
  private last: usize; // u64 by number: time of the last request, from 1
  private capacity: u32;
  private source: Requests;

  /** `windows` holds `windowCount` u64, ascending. Null when memory is out. */
  static create(source: Requests, windows: usize, windowCount: u32, overTime: u64): ReuseTimes {
    const nothing = changetype<ReuseTimes>(0);
    const times = make<ReuseTimes>();
    if (changetype<usize>(times) == 0) return nothing;
    times.source = source;
    times.windows = windows;
    times.windowCount = windowCount;
    times.overTime = overTime;
    times.stride = 1;
    times.capacity = FIRST_PAGES;
    times.last = allocate(FIRST_PAGES << 3);
    times.times = allocate(TIME_BITS << 3);
    times.below = allocate((<u64>windowCount + 1) << 3);
    times.sums = allocate((<u64>windowCount + 1) << 3);
    times.differences = allocate((MAX_MOMENTS + 1) << 2);
    if (!source.numberPages() || times.last == 0 || times.times == 0) return nothing;
    return times.below == 0 || times.sums == 0 || times.differences == 0 ? nothing : times;
  }

  /** Processes the requests of the source's last step; a status. */
  run(): u32 {
    const source = this.source;
    if (!source.number()) return STATUS_OUT_OF_MEMORY;
    this.pages = source.ids.count;
    if (this.pages > this.capacity && !this.grow(max(this.pages, this.capacity << 1)))
      return STATUS_OUT_OF_MEMORY;
    for (let at: usize = 0; at < source.count; at++) {
      const id = load<u32>(source.numbers + (at << 2));
      const now = ++this.requests;
      const place = this.last + ((<usize>id) << 3);
      const last = load<u64>(place);
      store<u64>(place, now);
      if (last != 0) this.count(now - last);
      this.enter(last, now);
    }
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  @inline
  private count(time: u64): void {
    const bucket = this.times + ((<usize>(63 - clz<u64>(time))) << 3);
    store<u64>(bucket, load<u64>(bucket) + 1);
    this.addTime(time);
  }

  /** Adds the time for which a page stays in the working set, unless the window is shorter. */
  private addTime(time: u64): void {
    let low: u32 = 0;
    let high = this.windowCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (load<u64>(this.windows + ((<usize>middle) << 3)) < time) low = middle + 1;
      else high = middle;
    }
    const at = (<usize>low) << 3;
    store<u64>(this.below + at, load<u64>(this.below + at) + 1);
    store<u64>(this.sums + at, load<u64>(this.sums + at) + time);
  }

  /** The page enters the working set at `now`, unless it is still in it from its request at `last` (0: none). */
  @inline
  private enter(last: u64, now: u64): void {
    if (last != 0 && now - last <= this.overTime) return;
    if (last != 0) this.addDifference(last + this.overTime, -1);
    this.addDifference(now, 1);
  }

  /** Changes the size by `by` from `time` on: at the first moment that is not earlier. */
  private addDifference(time: u64, by: i32): void {
    let moment = (time + this.stride - 1) / this.stride;
    while (moment > MAX_MOMENTS) {
      this.doubleStride();
      moment = (time + this.stride - 1) / this.stride;
    }
    const place = this.differences + ((<usize>moment) << 2);
    store<i32>(place, load<i32>(place) + by);
  }

  /** Doubles the stride: moment n becomes moment n / 2, and an odd moment is added to the next. */
  private doubleStride(): void {
    this.stride <<= 1;
    const differences = this.differences;
    for (let moment: usize = 1; moment <= <usize>MAX_MOMENTS; moment++) {
      const place = differences + (moment << 2);
      const by = load<i32>(place);
      store<i32>(place, 0);
      const into = differences + (((moment + 1) >> 1) << 2);
      store<i32>(into, load<i32>(into) + by);
    }
  }

  /** Counts the stays after each page's last request, at the end of the trace. */
  finish(): void {
    for (let id: usize = 0; id < this.pages; id++) {
      const last = load<u64>(this.last + (id << 3));
      this.addTime(this.requests - last + 1);
      if (last + this.overTime <= this.requests) this.addDifference(last + this.overTime, -1);
    }
  }

  private grow(capacity: u32): bool {
    const last = allocate((<u64>capacity) << 3);
    if (last == 0) return false;
    memory.copy(last, this.last, (<usize>this.capacity) << 3);
    this.last = last;
    this.capacity = capacity;
    return true;
  }

  /** Is true when each request except a page's first is counted once, and no request lies in the future. */
  isValid(): bool {
    let counted: u64 = 0;
    for (let bit: usize = 0; bit < TIME_BITS; bit++) counted += load<u64>(this.times + (bit << 3));
    for (let id: usize = 0; id < this.pages; id++) {
      const last = load<u64>(this.last + (id << 3));
      if (last == 0 || last > this.requests) return false;
    }
    return counted + this.pages == this.requests;
  }
}
