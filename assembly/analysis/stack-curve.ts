/**
 * The exact curve of a policy with the stack property: a count for every stack distance, which gives the misses with any
 * number of frames. The requests come from a `Requests`, which curves and simulations may share, with the numbers of
 * their pages.
 *
 * A page's place in the stack usually misses the caches and is therefore prefetched.
 */
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { powerOfTwoFrom } from "../core/hash";
import { Requests } from "../engine/requests";
import { COLD, NO_MEMORY, PageStack } from "./page-stack";

/** Requests prefetched at once, as in engine/pages. */
const WINDOW: u32 = 32;
const FIRST_COUNTS: u64 = 4096;

@final
@unmanaged
export class StackCurve<Stack extends PageStack> {
  /** The counters, in the order of the ABI. */
  requests: u64;
  counts: usize; // u64 by depth; [0] counts first requests
  pages: u32; // distinct pages, which is the greatest possible depth
  /** `STACK_…` of the ABI. */
  policy: u32;
  private capacity: u32; // of `counts`
  private stack: Stack;
  private source: Requests;
  private window: usize; // depths, u32 each
  /** Uses the result of `prefetch`, so that the compiler keeps its reads. */
  sink: u32;

  /** Null when memory is out, which a null stack means as well. */
  static create<Stack extends PageStack>(source: Requests, stack: Stack, policy: u32): StackCurve<Stack> {
    const nothing = changetype<StackCurve<Stack>>(0);
    const curve = make<StackCurve<Stack>>();
    if (changetype<usize>(curve) == 0 || changetype<usize>(stack) == 0) return nothing;
    curve.source = source;
    curve.stack = stack;
    curve.policy = policy;
    curve.window = allocate(WINDOW << 2);
    if (curve.window == 0 || !source.numberPages()) return nothing;
    return curve.reserve(0) ? curve : nothing;
  }

  /** Processes the requests of the source's last step; a status. */
  run(): u32 {
    const source = this.source;
    if (!source.number() || !this.reserve(source.ids.count)) return STATUS_OUT_OF_MEMORY;
    const end = source.numbers + ((<usize>source.count) << 2);
    for (let ids = source.numbers; ids < end; ids += WINDOW << 2) {
      const last = min(ids + (WINDOW << 2), end);
      this.prefetch(ids, last);
      if (!this.serve(ids, last)) return STATUS_OUT_OF_MEMORY;
    }
    this.requests += source.count;
    this.pages = this.stack.live;
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  @inline
  private prefetch(ids: usize, end: usize): void {
    const stack = this.stack;
    let sum: u32 = 0;
    for (let at = ids; at < end; at += 4) sum += stack.peek(load<u32>(at));
    this.sink = sum;
  }

  /** Counts the window's distances, in a loop of its own so that its cache misses overlap; false when memory is out. */
  @inline
  private serve(ids: usize, end: usize): bool {
    const stack = this.stack;
    const depths = this.window;
    for (let at = ids; at < end; at += 4) {
      const depth = stack.touch(load<u32>(at));
      if (depth == NO_MEMORY) return false;
      store<u32>(depths + (at - ids), depth);
    }
    const counts = this.counts;
    for (let at = depths; at < depths + (end - ids); at += 4) {
      const place = counts + ((<usize>load<u32>(at)) << 3);
      store<u64>(place, load<u64>(place) + 1);
    }
    return true;
  }

  /** Makes room for `pages` pages, and their depths; false when memory is out. */
  private reserve(pages: u32): bool {
    if (!this.stack.reserve(pages)) return false;
    if (pages < this.capacity) return true;
    const capacity = max(powerOfTwoFrom(<u64>pages + 1), FIRST_COUNTS);
    const counts = allocate(capacity << 3);
    if (counts == 0) return false;
    memory.copy(counts, this.counts, (<usize>this.capacity) << 3);
    this.counts = counts;
    this.capacity = <u32>capacity;
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
      this.pages == this.stack.live &&
      this.stack.isValid()
    );
  }
}
