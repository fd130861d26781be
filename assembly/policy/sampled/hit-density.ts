/**
 * Hit densities: for each class of pages and each age, the expected hits of a page per request for which it stays in
 * memory. Beckmann, Chen and Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI (2018), section 4.
 *
 *   events of a class by age           age: requests since the page's last one, in units
 *
 *   hits       ▂▇▅▃▂▁▁     ▁           density at age a = hits at a and later
 *   evictions    ▁▁▂▃▅▇▇▅▃▂▁                              ──────────────────────────────────────────────
 *   age        0 ──────────────>                          sum over these events of the time from a to them
 *
 * Events fade: each reconfiguration multiplies older ones by 0.9. Until the first one a page's density falls with its age
 * and rises with its class.
 *
 *   counts: for each class u32-sized floats: hits[AGES] | evictions[AGES] | densities[AGES]
 */
import { allocate, make } from "../../core/arena";

export const CLASSES: u32 = 16;
const AGE_BITS: u32 = 10;
export const AGES: u32 = 1 << AGE_BITS;
/** The greatest age is at least this many requests per frame. */
const AGE_SPAN: u64 = 64;
const DECAY: f64 = 0.9;
/** With fewer events the density is 0. */
const MIN_EVENTS: f64 = 1e-5;

const HITS: usize = 0;
const EVICTIONS: usize = (<usize>AGES) << 2;
const DENSITIES: usize = (<usize>AGES) << 3;
const CLASS_BYTES: usize = <usize>AGES * 12;

@final
@unmanaged
export class HitDensity {
  private counts: usize;
  private ageShift: u32;

  /** Null when memory is out. */
  static create(): HitDensity {
    const nothing = changetype<HitDensity>(0);
    const model = make<HitDensity>();
    if (changetype<usize>(model) == 0) return nothing;
    model.counts = allocate(<u64>CLASSES * CLASS_BYTES);
    if (model.counts == 0) return nothing;
    for (let group: u32 = 0; group < CLASSES; group++) {
      for (let age: u32 = 0; age < AGES; age++) {
        store<f32>(model.at(group, age), <f32>(<f64>(group + 1) / <f64>(age + 1)), DENSITIES);
      }
    }
    return model;
  }

  /** Chooses the unit of ages for `frames`, before the first request. */
  fit(frames: u32): void {
    this.ageShift = 0;
    while ((<u64>AGES) << this.ageShift < AGE_SPAN * frames) this.ageShift++;
  }

  /** The age of a page that was requested `requests` ago. */
  @inline
  age(requests: u64): u32 {
    return <u32>min(requests >> this.ageShift, <u64>(AGES - 1));
  }

  /**
   * The class of a page by the sum of the last two ages at which it was hit, AGES if it was not hit: lower ages,
   * higher class; one class per power of two.
   */
  @inline
  static classOf(ages: u32): u32 {
    if (ages == 0) return CLASSES - 1;
    return ages >= AGES ? 0 : AGE_BITS - 31 + clz<u32>(ages);
  }

  /** The density of a page; below all others at the greatest age. */
  @inline
  density(group: u32, age: u32): f32 {
    return age == AGES - 1 ? -1 : load<f32>(this.at(group, age), DENSITIES);
  }

  @inline
  countHit(group: u32, age: u32): void {
    const at = this.at(group, age);
    store<f32>(at, load<f32>(at, HITS) + 1, HITS);
  }

  @inline
  countEviction(group: u32, age: u32): void {
    const at = this.at(group, age);
    store<f32>(at, load<f32>(at, EVICTIONS) + 1, EVICTIONS);
  }

  @inline
  private at(group: u32, age: u32): usize {
    return this.counts + <usize>group * CLASS_BYTES + ((<usize>age) << 2);
  }

  /** Fades the events and recomputes every density, from the greatest age down. */
  reconfigure(): void {
    for (let group: u32 = 0; group < CLASSES; group++) {
      let hits: f64 = 0;
      let events: f64 = 0;
      let lifetime: f64 = 0;
      for (let age = AGES; age-- > 0; ) {
        const at = this.at(group, age);
        const hitsHere = <f32>(<f64>load<f32>(at, HITS) * DECAY);
        const evictionsHere = <f32>(<f64>load<f32>(at, EVICTIONS) * DECAY);
        store<f32>(at, hitsHere, HITS);
        store<f32>(at, evictionsHere, EVICTIONS);
        hits += hitsHere;
        events += <f64>hitsHere + <f64>evictionsHere;
        lifetime += events;
        store<f32>(at, events > MIN_EVENTS ? <f32>(hits / lifetime) : 0, DENSITIES);
      }
    }
  }

  isValid(): bool {
    for (let group: u32 = 0; group < CLASSES; group++) {
      for (let age: u32 = 0; age < AGES; age += 37) {
        const at = this.at(group, age);
        if (!(load<f32>(at, HITS) >= 0) || !(load<f32>(at, EVICTIONS) >= 0)) return false;
        if (!(load<f32>(at, DENSITIES) >= 0)) return false;
      }
    }
    return true;
  }
}
