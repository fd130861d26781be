/**
 * The LRU curve of a sample whose rate may fall: each request counts for the inverse of the rate at which it was sampled,
 * and so does each page of its stack distance. Counts are kept by distance, in buckets that are exact up to 256 and a
 * 128th of their distance wide beyond.
 *
 *   distance   1 … 256           one each
 *              2^n … 2^(n + 1)   128 buckets, n ≥ 8
 */
import { SCALED_BUCKETS, SCALED_EXACT } from "../abi/analysis";
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Hash } from "../core/hash";
import { Ids } from "../core/ids";
import { COLD, NO_MEMORY } from "./page-stack";
import { StackDistances } from "./stack-distances";

/** Logarithm of `SCALED_STEPS`. */
const STEP_BITS: u32 = 7;
const EXACT: u32 = SCALED_EXACT;

@final
@unmanaged
export class ScaledCurve {
  /** The weight of the first requests for all pages. */
  cold: f64;
  weights: usize; // f64[SCALED_BUCKETS]
  distances: StackDistances;
  private ids: Ids;

  /** Null when memory is out. */
  static create(): ScaledCurve {
    const nothing = changetype<ScaledCurve>(0);
    const curve = make<ScaledCurve>();
    if (changetype<usize>(curve) == 0) return nothing;
    curve.weights = allocate(SCALED_BUCKETS << 3);
    curve.distances = StackDistances.create();
    curve.ids = Ids.create();
    if (curve.weights == 0 || changetype<usize>(curve.distances) == 0) return nothing;
    return changetype<usize>(curve.ids) != 0 ? curve : nothing;
  }

  /** Adds a request that counts for `scale` requests; its depth, `COLD`, or `NO_MEMORY`. */
  touch(key: u64, hash: u32, scale: f64): u32 {
    const id = this.ids.of(key, hash);
    if (id == NONE || !this.distances.reserve(this.ids.count)) return NO_MEMORY;
    const depth = this.distances.touch(id);
    if (depth == NO_MEMORY) return NO_MEMORY;
    if (depth == COLD) this.cold += scale;
    else this.add(<f64>depth * scale, scale);
    return depth;
  }

  /** Removes a page from the sample. */
  remove(key: u64): void {
    this.distances.remove(this.ids.find(key, Hash.of(key)));
  }

  private add(distance: f64, weight: f64): void {
    const place =
      this.weights + ((<usize>ScaledCurve.bucket(<u32>min(Math.ceil(distance), 4294967295.0))) << 3);
    store<f64>(place, load<f64>(place) + weight);
  }

  /** The bucket of a distance, from 0. */
  @inline
  static bucket(distance: u32): u32 {
    const from0 = distance - 1;
    if (from0 < EXACT) return from0;
    const bits = 31 - clz<u32>(from0);
    return ((bits - STEP_BITS) << STEP_BITS) + (from0 >> (bits - STEP_BITS));
  }
}
