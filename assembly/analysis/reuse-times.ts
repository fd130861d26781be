/**
 * Reuse times, and the working sets that follow from them: Denning, "The working set model for program behavior",
 * Communications of the ACM 11 (1968); Denning and Schwartz, "Properties of the working-set model", CACM 15 (1972).
 *
 * W(t, τ) is how many distinct pages there are among the last τ requests at time t, which counts requests. A page is in
 * it for τ after each request, or until its next one if that comes sooner:
 *
 *   requests of a page   x         x   x                     x
 *   in the working set   ├── τ ──┤ ├───┼── τ ──┤             ├── τ ──┤
 *
 * So averages over all t need only sums over reuse times, for any list of windows at once: each time falls between two
 * windows, and the windows above it count it in full, those below it with their own length. The size over time needs
 * where pages come in and leave, for one window: differences by moment, every `stride` requests. When they do not fit
 * any longer, the stride doubles and each second moment goes, so what remains is exact.
 *
 * Averages here are over t = 1 … N, windows being shorter at the start; Denning's are over an endless trace.
 */
import { MOMENTS, NONE, REUSE_TIME_BITS, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Ids } from "../core/ids";
import { Requests } from "../engine/requests";

const FIRST_PAGES: u32 = 4096;
const TIME_BITS: u32 = REUSE_TIME_BITS;
const MOST_MOMENTS: u64 = MOMENTS;

@final
@unmanaged
export class ReuseTimes {
  /** The counters, in abi's order. */
  requests: u64;
  pages: u32;
  windowCount: u32;
  times: usize; // u64[64]: reuse times of 2^n … 2^(n + 1) - 1
  below: usize; // u64[windowCount + 1]: reuse times up to window n and above the one before
  sums: usize; // u64[windowCount + 1]: their sums
  differences: usize; // i32[MOMENTS + 1]: how the size at moment n differs from the one before
  stride: u64; // requests between two moments
  private windows: usize; // u64[windowCount], ascending
  private overTime: u64; // the window of the size over time
  private ids: Ids;
  private last: usize; // u64 by id: time of the last request, from 1
  private room: u32;
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
    times.room = FIRST_PAGES;
    times.ids = Ids.create();
    times.last = allocate(FIRST_PAGES << 3);
    times.times = allocate(TIME_BITS << 3);
    times.below = allocate((<u64>windowCount + 1) << 3);
    times.sums = allocate((<u64>windowCount + 1) << 3);
    times.differences = allocate((MOST_MOMENTS + 1) << 2);
    if (changetype<usize>(times.ids) == 0 || times.last == 0 || times.times == 0) return nothing;
    return times.below == 0 || times.sums == 0 || times.differences == 0 ? nothing : times;
  }

  /** Takes the requests of the source's last step; a status code. */
  run(): u32 {
    const source = this.source;
    for (let at: usize = 0; at < source.count; at++) {
      const id = this.ids.of(load<u64>(source.keys + (at << 3)), load<u32>(source.hashes + (at << 2)));
      if (id == NONE || (id >= this.room && !this.widen())) return STATUS_OUT_OF_MEMORY;
      const now = ++this.requests;
      const place = this.last + ((<usize>id) << 3);
      const last = load<u64>(place);
      store<u64>(place, now);
      if (last != 0) this.count(now - last);
      this.enter(last, now);
    }
    this.pages = this.ids.count;
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  @inline
  private count(time: u64): void {
    const bucket = this.times + ((<usize>(63 - clz<u64>(time))) << 3);
    store<u64>(bucket, load<u64>(bucket) + 1);
    this.spread(time);
  }

  /** Adds a time for which a page stays unless its window is shorter. */
  private spread(time: u64): void {
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

  /** The page requested at `last` (0: never) and `now` is in the working set from `now` on, unless it still was. */
  @inline
  private enter(last: u64, now: u64): void {
    if (last != 0 && now - last <= this.overTime) return;
    if (last != 0) this.differ(last + this.overTime, -1);
    this.differ(now, 1);
  }

  /** From time `time` on, the size differs by `by`: told to the first moment that is not before. */
  private differ(time: u64, by: i32): void {
    let moment = (time + this.stride - 1) / this.stride;
    while (moment > MOST_MOMENTS) {
      this.thin();
      moment = (time + this.stride - 1) / this.stride;
    }
    const place = this.differences + ((<usize>moment) << 2);
    store<i32>(place, load<i32>(place) + by);
  }

  /** Moment n becomes moment n / 2; what was told to an odd one goes to the next. */
  private thin(): void {
    this.stride <<= 1;
    const differences = this.differences;
    for (let moment: usize = 1; moment <= <usize>MOST_MOMENTS; moment++) {
      const place = differences + (moment << 2);
      const by = load<i32>(place);
      store<i32>(place, 0);
      const into = differences + (((moment + 1) >> 1) << 2);
      store<i32>(into, load<i32>(into) + by);
    }
  }

  /** The trace has ended: the pages' last stays count as well. */
  finish(): void {
    for (let id: usize = 0; id < this.ids.count; id++) {
      const last = load<u64>(this.last + (id << 3));
      this.spread(this.requests - last + 1);
      if (last + this.overTime <= this.requests) this.differ(last + this.overTime, -1);
    }
  }

  private widen(): bool {
    const last = allocate((<u64>this.room) << 4);
    if (last == 0) return false;
    memory.copy(last, this.last, (<usize>this.room) << 3);
    this.last = last;
    this.room <<= 1;
    return true;
  }

  /** Has each request but a page's first one time, and are all of them before now? */
  isValid(): bool {
    let counted: u64 = 0;
    for (let bit: usize = 0; bit < TIME_BITS; bit++) counted += load<u64>(this.times + (bit << 3));
    for (let id: usize = 0; id < this.ids.count; id++) {
      const last = load<u64>(this.last + (id << 3));
      if (last == 0 || last > this.requests) return false;
    }
    return counted + this.ids.count == this.requests;
  }
}
