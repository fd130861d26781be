/**
 * Several generators at once, each with a share of the references: for every reference one is drawn, by a generator of
 * random numbers of the mixture's own, and advances one step. So a part's references are the same, and in the same
 * order, as if it were alone.
 *
 *   shares       0.7        0.2   0.1
 *   thresholds   0.7        0.9   1           the first one above a random number in [0, 1) names the part
 */
import { RECORD_BYTES } from "../abi/core";
import { MIXTURE_MOST_PARTS } from "../abi/generator";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Rng } from "../core/rng";
import { Generator } from "./generate";

@final
@unmanaged
class Mixture {
  private rng: Rng;
  private parts: usize; // of Generator, one pointer each
  private thresholds: usize; // f64 each
  private count: u32;
  private sum: f64; // of the shares so far

  static create(seed: u64): Mixture {
    const mixture = make<Mixture>();
    const rng = make<Rng>();
    const parts = allocate(MIXTURE_MOST_PARTS * sizeof<usize>());
    const thresholds = allocate(MIXTURE_MOST_PARTS * sizeof<f64>());
    const isWhole = changetype<usize>(mixture) != 0 && changetype<usize>(rng) != 0 && parts != 0;
    if (!isWhole || thresholds == 0) return changetype<Mixture>(0);
    rng.seed(seed);
    mixture.rng = rng;
    mixture.parts = parts;
    mixture.thresholds = thresholds;
    return mixture;
  }

  add(part: Generator, share: f64): void {
    this.sum += share;
    store<usize>(this.parts + <usize>this.count * sizeof<usize>(), changetype<usize>(part));
    store<f64>(this.thresholds + <usize>this.count * sizeof<f64>(), this.sum);
    this.count++;
    if (DEBUG) assert(this.isValid());
  }

  @inline
  draw(): Generator {
    const at = this.rng.real() * this.sum;
    const last = this.count - 1;
    let part: u32 = 0;
    while (part < last && at >= load<f64>(this.thresholds + <usize>part * sizeof<f64>())) part++;
    return changetype<Generator>(load<usize>(this.parts + <usize>part * sizeof<usize>()));
  }

  isValid(): bool {
    return this.count <= <u32>MIXTURE_MOST_PARTS && this.sum > 0 && this.rng.isValid();
  }
}

/** A mixture without parts; null when memory is out. */
export function createMixture(seed: u64): usize {
  return changetype<usize>(Mixture.create(seed));
}

/** Adds a generator that is prepared. Shares count against one another: their sum need not be one. */
export function addMixturePart(state: usize, generator: usize, share: f64): void {
  changetype<Mixture>(state).add(changetype<Generator>(generator), share);
}

/** Writes the next `count` references. */
export function mixRecords(state: usize, records: usize, count: u32): void {
  const mixture = changetype<Mixture>(state);
  const end = records + <usize>count * RECORD_BYTES;
  for (let record = records; record < end; record += RECORD_BYTES) mixture.draw().put(record);
  if (DEBUG) assert(mixture.isValid());
}
