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
 *   densities   ├ f32 by age ┼ …         a class after the other
 *   events      ├ hits f32, evictions f32 by age ┼ …
 *   reaches     ├ u32 ┼ …                  no event of the class had an age of its reach or more: these are not computed
 *
 * Sums are of 32 bits, as in the authors' program.
 */
import { allocate, make } from "../../core/arena";

/** A power of two. */
export const CLASSES: u32 = 16;
/** Ages in units, as many as in the authors' program. */
export const AGES: u32 = 20000;
/** The bits of AGES. */
const AGE_BITS: u32 = 15;
/** Units per frame at most, so that the last age is a hundred frames at least. */
const UNITS_PER_FRAME: u64 = 200;
const DECAY: f32 = 0.9;
/** With fewer events the density is 0. */
const MIN_EVENTS: f64 = 1e-5;

/** Of the densities and the events of a class. */
const CLASS_BYTES: usize = (<usize>AGES) << 2;
const EVENTS_BYTES: usize = (<usize>AGES) << 3;
const EVICTIONS: usize = 4;

@final
@unmanaged
export class HitDensity {
  /** A page's age is the number of requests since its last one, shifted by this. */
  ageShift: u64;
  densities: usize;
  private events: usize;
  private reaches: usize;
  private hasLearned: bool;

  /** Null when memory is out. */
  static create(): HitDensity {
    const nothing = changetype<HitDensity>(0);
    const model = make<HitDensity>();
    if (changetype<usize>(model) == 0) return nothing;
    model.densities = allocate(<u64>CLASSES * CLASS_BYTES);
    model.events = allocate(<u64>CLASSES * EVENTS_BYTES);
    model.reaches = allocate(CLASSES << 2);
    if (model.densities == 0 || model.events == 0 || model.reaches == 0) return nothing;
    for (let group: u32 = 0; group < CLASSES; group++) {
      for (let age: u32 = 0; age < AGES; age++) {
        const density = age == AGES - 1 ? -f32.MAX_VALUE : <f32>(<f64>(group + 1) / <f64>(age + 1));
        store<f32>(HitDensity.place(model.densities, group, age), density);
      }
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
   * higher class. It is how often the sum must be doubled to reach AGES.
   */
  static classOf(ages: u32): u32 {
    if (ages >= AGES) return 0;
    if (ages == 0) return CLASSES - 1;
    const doublings = clz<u32>(ages) - (32 - AGE_BITS);
    return min(doublings + <u32>(ages << doublings < AGES), CLASSES - 1);
  }

  /** The address of the density of class `group` at `age`, for loops that keep `densities` in a local. */
  @inline
  static place(densities: usize, group: u32, age: u32): usize {
    return densities + <usize>group * CLASS_BYTES + ((<usize>age) << 2);
  }

  @inline
  density(group: u32, age: u32): f32 {
    return load<f32>(HitDensity.place(this.densities, group, age));
  }

  @inline
  private event(group: u32, age: u32): usize {
    return this.events + <usize>group * EVENTS_BYTES + ((<usize>age) << 3);
  }

  @inline
  private reach(group: u32): u32 {
    return load<u32>(this.reaches + ((<usize>group) << 2));
  }

  @inline
  countHit(group: u32, age: u32): void {
    const at = this.event(group, age);
    store<f32>(at, load<f32>(at) + 1);
    this.extend(group, age);
  }

  @inline
  countEviction(group: u32, age: u32): void {
    const at = this.event(group, age);
    store<f32>(at, load<f32>(at, EVICTIONS) + 1, EVICTIONS);
    this.extend(group, age);
  }

  @inline
  private extend(group: u32, age: u32): void {
    if (age >= this.reach(group)) store<u32>(this.reaches + ((<usize>group) << 2), age + 1);
  }

  /** Fades the events and computes the densities again. */
  reconfigure(): void {
    for (let group: u32 = 0; group < CLASSES; group++) {
      if (!this.hasLearned) memory.fill(HitDensity.place(this.densities, group, 0), 0, CLASS_BYTES - 4);
      this.learn(group);
    }
    this.hasLearned = true;
  }

  /** From the greatest age down. */
  private learn(group: u32): void {
    let hits: f32 = 0;
    let events: f32 = 0;
    let lifetime: f32 = 0;
    for (let age = this.reach(group); age-- > 0; ) {
      const at = this.event(group, age);
      const hitsHere = load<f32>(at) * DECAY;
      const evictionsHere = load<f32>(at, EVICTIONS) * DECAY;
      store<f32>(at, hitsHere);
      store<f32>(at, evictionsHere, EVICTIONS);
      hits += hitsHere;
      events += hitsHere + evictionsHere;
      lifetime += events;
      if (age == AGES - 1) continue;
      const density: f32 = <f64>events > MIN_EVENTS ? hits / lifetime : 0;
      store<f32>(HitDensity.place(this.densities, group, age), density);
    }
  }

  isValid(): bool {
    for (let group: u32 = 0; group < CLASSES; group++) {
      const reach = this.reach(group);
      if (reach > AGES) return false;
      for (let age: u32 = 0; age < AGES - 1; age += 37) {
        const hits = load<f32>(this.event(group, age));
        const evictions = load<f32>(this.event(group, age), EVICTIONS);
        if (!(this.density(group, age) >= 0 && hits >= 0 && evictions >= 0)) return false;
        if (age >= reach && hits + evictions != 0) return false;
      }
    }
    return true;
  }
}
