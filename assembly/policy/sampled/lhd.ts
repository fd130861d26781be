/**
 * LHD, least hit density: of a few pages drawn at random, evicts the one with the fewest expected hits for the space that
 * it takes over time. The expectation comes from earlier pages of its class and age (hit-density.ts). Beckmann, Chen and
 * Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI (2018), and the authors' program.
 *
 *   63      20      16         15        0    a resident page's entry, u64
 *   ├─ last ─┼ class ┼ explorer ┼ hit age ┤    last: when it was requested last, up to 2^44
 *
 * - A few pages are explorers, one in a hundred at most: they stay, so that statistics exist for great ages. There are
 *   none after 50 reconfigurations, nor with fewer than 100 frames.
 * - Pages that entered recently and have a lower density than recent victims are also candidates, besides those drawn.
 *
 * Differences: all pages have size one and belong to one application. The number of resident pages is then known, so the
 * unit of age is fixed at once, where the authors' program adapts it after 5 and 25 reconfigurations. These come after a
 * number of requests per frame, not after 2^20, so that short traces have some. All candidates are drawn from the start;
 * the authors' program draws 8 until the 51st reconfiguration. A recently entered page that was evicted is no candidate
 * when it returns.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { ResidentArray } from "../parts/resident-array";
import { AGES, CLASSES, HitDensity } from "./hit-density";

const HIT_AGE: u64 = 0x7fff;
const EXPLORER_SHIFT: u64 = 15;
const CLASS_SHIFT: u64 = 16;
const LAST_SHIFT: u64 = 20;
const ENTRY_BYTES: u32 = 8;

/** One request in so many makes its page an explorer, while explorers are fewer than this share of the frames. */
const EXPLORE_ONE_IN: u64 = 32;
const EXPLORER_SHARE: f64 = 0.01;
/** The number of reconfigurations after which no page becomes an explorer. */
const EXPLORATION: u32 = 50;
/** The number of recently entered pages that are candidates. */
const ADMISSIONS: u32 = 8;
/** The minimum of requests between reconfigurations: computing all densities costs as much as some hundred requests. */
const MIN_PERIOD: u64 = 1024;
/** The weight of the past in the mean density of victims. */
const DECAY: f32 = 0.9;

@final
@unmanaged
export class Lhd extends FixedPolicy {
  private model: HitDensity;
  private rng: Rng;
  private residents: ResidentArray;
  /** The indices drawn for an eviction, u32[candidates + 1]. */
  private drawn: usize;
  private explorers: u32;
  /**
   * Slots of the last admissions with a low density, u32[ADMISSIONS], NONE when the page was evicted; the next is
   * stored at `admitted`.
   */
  private admissions: usize;
  private admitted: u32;
  private victimDensity: f32;
  /** Requests so far, and those until the next reconfiguration. */
  private now: u64;
  private left: u64;
  private reconfigurations: u32;
  private period: u32; // requests per frame between reconfigurations
  private candidates: u32;

  create(capacity: u32, parameters: usize): bool {
    this.candidates = <u32>load<f64>(parameters);
    this.period = <u32>load<f64>(parameters, 8);
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.model = HitDensity.create();
    this.rng = make<Rng>();
    this.residents = ResidentArray.create(capacity, ENTRY_BYTES);
    this.drawn = allocate((<u64>this.candidates + 1) << 2);
    this.admissions = allocate(ADMISSIONS << 2);
    if (changetype<usize>(this.residents) == 0 || this.drawn == 0 || this.admissions == 0) return false;
    if (changetype<usize>(this.model) == 0 || changetype<usize>(this.rng) == 0) return false;
    this.residents.readAhead(this);
    this.rng.seed(<u64>load<f64>(parameters, 16));
    memory.fill(this.admissions, 0xff, ADMISSIONS << 2);
    return true;
  }

  @inline
  private static isExplorer(page: u64): u32 {
    return <u32>(page >> EXPLORER_SHIFT) & 1;
  }

  @inline
  private static classOf(page: u64): u32 {
    return <u32>(page >> CLASS_SHIFT) & (CLASSES - 1);
  }

  /** The age now of a page with this entry. */
  @inline
  private age(page: u64): u32 {
    return this.model.age(this.now - (page >> LAST_SHIFT));
  }

  hit(slot: u32, _kind: u32): void {
    const at = this.residents.entryOf(slot);
    const page = load<u64>(at);
    const age = this.age(page);
    this.model.countHit(Lhd.classOf(page), age);
    this.explorers -= Lhd.isExplorer(page);
    this.request(at, HitDensity.classOf(age + <u32>(page & HIT_AGE)), age);
    this.advance();
  }

  /** Writes a page's entry at a request, a hit or not. True when the page was drawn as an explorer. */
  @inline
  private request(at: usize, group: u32, hitAge: u32): bool {
    const draws = this.rng.below(EXPLORE_ONE_IN) == 0;
    const explores = draws && this.mayExplore();
    this.explorers += <u32>explores;
    const page = (this.now << LAST_SHIFT) | ((<u64>group) << CLASS_SHIFT) | <u64>hitAge;
    store<u64>(at, page | ((<u64>explores) << EXPLORER_SHIFT));
    return draws;
  }

  private mayExplore(): bool {
    return this.explorers < <u32>(<f64>this.capacity * EXPLORER_SHARE) && this.reconfigurations < EXPLORATION;
  }

  @inline
  private advance(): void {
    this.now++;
    if (--this.left == 0) this.reconfigure();
  }

  private reconfigure(): void {
    this.startPeriod();
    this.reconfigurations++;
    this.model.reconfigure();
  }

  @inline
  private startPeriod(): void {
    this.left = max(<u64>this.period * this.capacity, MIN_PERIOD);
  }

  /** Fixes the unit of ages at the first request, when the machine's first tables have taken their frames. */
  @inline
  miss(_slot: u32, _key: u64): void {
    if (this.now != 0) return;
    this.model.fit(this.capacity);
    this.startPeriod();
  }

  insert(slot: u32, _kind: u32): void {
    const at = this.residents.push(slot);
    const explores = this.request(at, HitDensity.classOf(AGES), 0);
    if (!explores && this.density(load<u64>(at)) < this.victimDensity) {
      store<u32>(this.admissions + ((<usize>this.admitted) << 2), slot);
      this.admitted = (this.admitted + 1) % ADMISSIONS;
    }
    this.advance();
  }

  @inline
  private density(page: u64): f32 {
    return this.model.density(Lhd.classOf(page), this.age(page)) + <f32>Lhd.isExplorer(page);
  }

  evict(): u32 {
    const residents = this.residents;
    if (residents.count == 0) return NONE;
    const index = this.draw();
    let victim = residents.slotAt(index);
    let least = this.density(load<u64>(residents.entryAt(index)));
    for (let n: u32 = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + ((<usize>n) << 2));
      const density = slot == NONE ? least : this.density(load<u64>(residents.entryOf(slot)));
      if (density >= least) continue;
      least = density;
      victim = slot;
    }
    this.victimDensity = DECAY * this.victimDensity + (1 - DECAY) * least;
    const page = load<u64>(residents.entryOf(victim));
    this.model.countEviction(Lhd.classOf(page), this.age(page));
    this.remove(victim);
    return victim;
  }

  /**
   * Draws pages; the index of the one with the least density, of equal ones the first. No branch is mispredicted: densities
   * are at least 0, or the lowest number, so their bits have the same order, and the low bits are the draw's place.
   */
  private draw(): u32 {
    this.rng.fill(this.residents.count, this.candidates, this.drawn);
    const now = this.now;
    const shift = this.model.ageShift;
    const densities = this.model.densities;
    const entries = this.residents.entryAt(0);
    const start = this.drawn;
    const bytes = (<usize>this.candidates) << 2;
    let least = i64.MAX_VALUE;
    for (let byte: usize = 0; byte < bytes; byte += 4) {
      const page = load<u64>(entries + <usize>load<u32>(start + byte) * ENTRY_BYTES);
      const age = <u32>min((now - (page >> LAST_SHIFT)) >> shift, <u64>(AGES - 1));
      let density = HitDensity.at(densities, Lhd.classOf(page), age);
      if (Lhd.isExplorer(page)) density += 1;
      const candidate = ((<i64>reinterpret<i32>(density)) << 32) | <i64>byte;
      least = select<i64>(candidate, least, candidate < least);
    }
    return load<u32>(start + <usize>(least & 0xffffffff));
  }

  remove(slot: u32): void {
    this.explorers -= Lhd.isExplorer(load<u64>(this.residents.entryOf(slot)));
    this.residents.remove(slot);
    for (let n: usize = 0; n < ADMISSIONS; n++) {
      const at = this.admissions + (n << 2);
      if (load<u32>(at) == slot) store<u32>(at, NONE);
    }
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const residents = this.residents;
    if (slots.ghosts != 0 || !residents.isValid(slots)) return false;
    let explorers: u32 = 0;
    for (let index: u32 = 0; index < residents.count; index++) {
      const page = load<u64>(residents.entryAt(index));
      if (page >> LAST_SHIFT >= this.now) return false;
      explorers += Lhd.isExplorer(page);
    }
    for (let n: usize = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + (n << 2));
      if (slot != NONE && !slots.isResident(slot)) return false;
    }
    return explorers == this.explorers && this.model.isValid();
  }
}
