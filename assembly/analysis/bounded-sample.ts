/**
 * SHARDS of a fixed size (see `sample.ts` for the paper): the number of sampled pages is bounded. The sample starts with
 * every page below the given limit. When there is one too many, the page of the highest hash is removed and the limit
 * lowered below its hash, so that it is never sampled again.
 *
 *   heap   ├ hash u32 ┼ 0 ┼ key u64 ┤  the highest hash on top; one entry for each sampled page
 *
 * Differences from the paper: a request is weighted by the rate at which it is sampled; the paper rescales all counts
 * whenever the rate falls, which gives the same result. The groups of the sample, for the error bar, have curves of
 * their own.
 */
import { SAMPLE_GROUPS } from "../abi/analysis";
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Hash } from "../core/hash";
import { Requests } from "../engine/requests";
import { COLD, NO_MEMORY } from "./page-stack";
import { Sample } from "./sample";
import { ScaledCurve } from "./scaled-curve";

const ENTRY_SHIFT: usize = 4;
const ENTRY_KEY: usize = 8;
const HASHES: f64 = 4294967296.0;
const GROUPS: u32 = SAMPLE_GROUPS;

@final
@unmanaged
export class BoundedSample {
  /** The addresses of the curves, u32, in the order of the ABI: of the whole sample, then of each group. */
  curves: usize;
  count: u32; // sampled pages
  private most: u32;
  private heap: usize; // entries 1 … count
  private sample: Sample;
  private source: Requests;

  /** Null when memory is out. */
  static create(sample: Sample, source: Requests, most: u32): BoundedSample {
    const nothing = changetype<BoundedSample>(0);
    const bounded = make<BoundedSample>();
    if (changetype<usize>(bounded) == 0) return nothing;
    bounded.sample = sample;
    bounded.source = source;
    bounded.most = most;
    bounded.heap = allocate((<u64>most + 2) << ENTRY_SHIFT);
    bounded.curves = allocate((GROUPS + 1) << 2);
    if (bounded.heap == 0 || bounded.curves == 0) return nothing;
    for (let n: u32 = 0; n <= GROUPS; n++) {
      const curve = ScaledCurve.create();
      if (changetype<usize>(curve) == 0) return nothing;
      store<u32>(bounded.curves + (n << 2), <u32>changetype<usize>(curve));
    }
    return bounded;
  }

  @inline
  private curve(index: u32): ScaledCurve {
    return changetype<ScaledCurve>(load<u32>(this.curves + (index << 2)));
  }

  /** Processes the requests of the sample's last step; a status. */
  run(): u32 {
    const source = this.source;
    const sample = this.sample;
    const whole = this.curve(0);
    for (let at: usize = 0; at < source.count; at++) {
      const key = load<u64>(source.keys + (at << 3));
      const spatial = sample.hashOf(key);
      // The limit may have fallen since this request was sampled.
      if (spatial > sample.limit) continue;
      const hash = Hash.of(key);
      const scale = HASHES / (<f64>sample.limit + 1);
      const part = this.curve(1 + (spatial & (GROUPS - 1)));
      const depth = whole.touch(key, hash, scale);
      if (depth == NO_MEMORY || part.touch(key, hash, scale * GROUPS) == NO_MEMORY)
        return STATUS_OUT_OF_MEMORY;
      if (depth == COLD) this.push(spatial, key);
      if (this.count > this.most) this.shrink();
    }
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
  }

  /** Removes all pages of the highest hash and lowers the limit below it. */
  private shrink(): void {
    const highest = this.hashAt(1);
    while (this.count > 0 && this.hashAt(1) == highest) {
      const key = load<u64>(this.entry(1), ENTRY_KEY);
      this.curve(0).remove(key);
      this.curve(1 + (highest & (GROUPS - 1))).remove(key);
      this.pop();
    }
    this.sample.limit = max(highest, 1) - 1;
  }

  @inline
  private entry(index: u32): usize {
    return this.heap + ((<usize>index) << ENTRY_SHIFT);
  }

  @inline
  private hashAt(index: u32): u32 {
    return load<u32>(this.entry(index));
  }

  private push(hash: u32, key: u64): void {
    let at = ++this.count;
    for (; at > 1 && this.hashAt(at >> 1) < hash; at >>= 1)
      v128.store(this.entry(at), v128.load(this.entry(at >> 1)));
    store<u32>(this.entry(at), hash);
    store<u64>(this.entry(at), key, ENTRY_KEY);
  }

  /** Removes the top. */
  private pop(): void {
    const last = v128.load(this.entry(this.count));
    const hash = this.hashAt(this.count);
    const count = --this.count;
    let at: u32 = 1;
    for (let child: u32 = 2; child <= count; child = at << 1) {
      if (child < count && this.hashAt(child + 1) > this.hashAt(child)) child++;
      if (this.hashAt(child) <= hash) break;
      v128.store(this.entry(at), v128.load(this.entry(child)));
      at = child;
    }
    v128.store(this.entry(at), last);
  }

  /** Is true when the heap is ordered, its hashes are within the limit, and each of its pages is in the stacks. */
  isValid(): bool {
    if (this.count > this.most) return false;
    for (let at: u32 = 1; at <= this.count; at++) {
      if (this.hashAt(at) > this.sample.limit) return false;
      if (at > 1 && this.hashAt(at >> 1) < this.hashAt(at)) return false;
    }
    let parts: u32 = 0;
    for (let n: u32 = 1; n <= GROUPS; n++) {
      if (!this.curve(n).distances.isValid()) return false;
      parts += this.curve(n).distances.live;
    }
    const whole = this.curve(0).distances;
    return whole.isValid() && whole.live == this.count && parts == this.count;
  }
}
