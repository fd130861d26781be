/**
 * Hit densities: for each class of pages and each age, the expected hits of a page per request for which it stays in
 * memory. Beckmann, Chen and Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI (2018), section 4, and
 * the authors' program.
 *
 *   events of a class by age           age: requests since the page's last one, in units
 *
 *   hits       ▂▇▅▃▂▁▁     ▁           density at age a = hits at a and later
 *   evictions    ▁▁▂▃▅▇▇▅▃▂▁                              ──────────────────────────────────────────────
 *   age        0 ──────────────>                          sum over these events of the time from a to them
 *
 * Events fade: each reconfiguration multiplies older ones by 0.9. Until the first one a page's density falls with its age
 * and rises with its class. At the greatest age it is below all others.
 *
 *   0             AGES * 4   AGES * 8        AGES * 12
 *   ├ densities f32 ┼ hits f32 ┼ evictions f32 ┼ reach u32 ┼ pad ┤     a class; its address stands for it
 *
 * Sums are of 32 bits, as in the authors' program. No event had an age of `reach` or more: these ages are not computed.
 */
import { allocate, make } from "../../core/arena";

const CLASSES: u32 = 16;
/** Ages in units, as many as in the authors' program. */
export const AGES: u32 = 20000;
/** The bits of AGES. */
const AGE_BITS: u32 = 15;
/** Units per frame at most, so that the last age is a hundred frames at least. */
const UNITS_PER_FRAME: u64 = 200;
const DECAY: f32 = 0.9;
/** With fewer events the density is 0. */
const MIN_EVENTS: f64 = 1e-5;

const HITS: usize = (<usize>AGES) << 2;
const EVICTIONS: usize = (<usize>AGES) << 3;
const REACH: usize = <usize>AGES * 12;
const CLASS_BYTES: usize = REACH + 64;

@final
@unmanaged
export class HitDensity {
  /** A page's age is the number of requests since its last one, shifted by this. */
  ageShift: u64;
  private classes: usize;
  private hasLearned: bool;

  /** Null when memory is out. */
  static create(): HitDensity {
    const nothing = changetype<HitDensity>(0);
    const model = make<HitDensity>();
    if (changetype<usize>(model) == 0) return nothing;
    model.classes = allocate(<u64>CLASSES * CLASS_BYTES);
    if (model.classes == 0) return nothing;
    for (let group: u32 = 0; group < CLASSES; group++) {
      const at = model.classes + <usize>group * CLASS_BYTES;
      for (let age: u32 = 0; age < AGES - 1; age++) {
        store<f32>(at + ((<usize>age) << 2), <f32>(<f64>(group + 1) / <f64>(age + 1)));
      }
      store<f32>(at + ((<usize>(AGES - 1)) << 2), -f32.MAX_VALUE);
    }
    return model;
  }

  /** Chooses the unit of ages for `frames`, before the first request: a power of two, at least 2. */
  fit(frames: u32): void {
    this.ageShift = 1;
    while (((<u64>1) << this.ageShift) * UNITS_PER_FRAME < frames) this.ageShift++;
  }

  /** The age of a page that was requested `requests` ago. */
  @inline
  age(requests: u64): u32 {
    return <u32>min(requests >> this.ageShift, <u64>(AGES - 1));
  }

  /**
   * The class of a page by the sum of the last two ages at which it was hit, AGES if it was not hit: lower ages,
   * higher class. Its number is how often the sum must be doubled to reach AGES.
   */
  @inline
  classOf(ages: u32): usize {
    return this.classes + <usize>HitDensity.doublings(ages) * CLASS_BYTES;
  }

  @inline
  private static doublings(ages: u32): u32 {
    if (ages >= AGES) return 0;
    if (ages == 0) return CLASSES - 1;
    const doublings = clz<u32>(ages) - (32 - AGE_BITS);
    return min(doublings + <u32>(ages << doublings < AGES), CLASSES - 1);
  }

  /** The density of a page of class `group`. */
  @inline
  static density(group: usize, age: u32): f32 {
    return load<f32>(group + ((<usize>age) << 2));
  }

  @inline
  static countHit(group: usize, age: u32): void {
    const at = group + ((<usize>age) << 2);
    store<f32>(at, load<f32>(at, HITS) + 1, HITS);
    if (age >= load<u32>(group, REACH)) store<u32>(group, age + 1, REACH);
  }

  @inline
  static countEviction(group: usize, age: u32): void {
    const at = group + ((<usize>age) << 2);
    store<f32>(at, load<f32>(at, EVICTIONS) + 1, EVICTIONS);
    if (age >= load<u32>(group, REACH)) store<u32>(group, age + 1, REACH);
  }

  /** Fades the events and computes the densities again. */
  reconfigure(): void {
    for (let n: u32 = 0; n < CLASSES; n++) {
      const group = this.classes + <usize>n * CLASS_BYTES;
      if (!this.hasLearned) memory.fill(group, 0, (<usize>(AGES - 1)) << 2);
      HitDensity.learn(group);
    }
    this.hasLearned = true;
  }

  /** From the greatest age down. */
  private static learn(group: usize): void {
    let hits: f32 = 0;
    let events: f32 = 0;
    let lifetime: f32 = 0;
    for (let age = load<u32>(group, REACH); age-- > 0; ) {
      const at = group + ((<usize>age) << 2);
      const hitsHere = load<f32>(at, HITS) * DECAY;
      const evictionsHere = load<f32>(at, EVICTIONS) * DECAY;
      store<f32>(at, hitsHere, HITS);
      store<f32>(at, evictionsHere, EVICTIONS);
      hits += hitsHere;
      events += hitsHere + evictionsHere;
      lifetime += events;
      if (age < AGES - 1) store<f32>(at, <f64>events > MIN_EVENTS ? hits / lifetime : 0);
    }
  }

  isValid(): bool {
    for (let n: u32 = 0; n < CLASSES; n++) {
      const group = this.classes + <usize>n * CLASS_BYTES;
      const reach = load<u32>(group, REACH);
      if (reach > AGES) return false;
      for (let age: u32 = 0; age < AGES - 1; age += 37) {
        const at = group + ((<usize>age) << 2);
        if (!(load<f32>(at) >= 0 && load<f32>(at, HITS) >= 0 && load<f32>(at, EVICTIONS) >= 0)) return false;
        if (age >= reach && load<f32>(at, HITS) + load<f32>(at, EVICTIONS) != 0) return false;
      }
    }
    return true;
  }
}
