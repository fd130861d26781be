/**
 * LHD, least hit density: of a few pages drawn at random, evicts the one with the fewest expected hits for the space that
 * it takes over time. The expectation comes from earlier pages of its class and age (hit-density.ts). Beckmann, Chen and
 * Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI (2018), and the authors' program.
 *
 *   0       8       12        14    15         16    a resident page's entry
 *   ├ last ─┼ class ┼ hit age ┼ pad ┼ explorer ┤     last: when it was requested last, u64
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
import { AGES, HitDensity } from "./hit-density";

const LAST: usize = 0;
const CLASS: usize = 8; // its address
const HIT_AGE: usize = 12;
const EXPLORER: usize = 15;
const ENTRY_BYTES: u32 = 16;

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
    this.rng.seed(<u64>load<f64>(parameters, 16));
    memory.fill(this.admissions, 0xff, ADMISSIONS << 2);
    return true;
  }

  @inline
  private age(entry: usize): u32 {
    return this.model.age(this.now - load<u64>(entry, LAST));
  }

  hit(slot: u32, _kind: u32): void {
    const entry = this.residents.entryOf(slot);
    const age = this.age(entry);
    HitDensity.countHit(load<usize>(entry, CLASS), age);
    store<usize>(entry, this.model.classOf(age + load<u16>(entry, HIT_AGE)), CLASS);
    store<u16>(entry, <u16>age, HIT_AGE);
    this.explorers -= load<u8>(entry, EXPLORER);
    this.request(entry);
    this.advance();
  }

  /** Updates a page's entry at a request, a hit or not. True when the page was drawn as an explorer. */
  private request(entry: usize): bool {
    store<u64>(entry, this.now, LAST);
    const draws = this.rng.below(EXPLORE_ONE_IN) == 0;
    const explores =
      draws &&
      this.explorers < <u32>(<f64>this.capacity * EXPLORER_SHARE) &&
      this.reconfigurations < EXPLORATION;
    store<u8>(entry, <u8>explores, EXPLORER);
    this.explorers += <u32>explores;
    return draws;
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
  miss(_slot: u32): void {
    if (this.now != 0) return;
    this.model.fit(this.capacity);
    this.startPeriod();
  }

  insert(slot: u32, _kind: u32): void {
    const entry = this.residents.push(slot);
    store<usize>(entry, this.model.classOf(AGES), CLASS);
    store<u16>(entry, 0, HIT_AGE);
    if (!this.request(entry) && this.density(entry) < this.victimDensity) {
      store<u32>(this.admissions + ((<usize>this.admitted) << 2), slot);
      this.admitted = (this.admitted + 1) % ADMISSIONS;
    }
    this.advance();
  }

  @inline
  private density(entry: usize): f32 {
    return HitDensity.density(load<usize>(entry, CLASS), this.age(entry)) + <f32>load<u8>(entry, EXPLORER);
  }

  evict(): u32 {
    const residents = this.residents;
    if (residents.count == 0) return NONE;
    this.rng.fill(residents.count, this.candidates, this.drawn);
    const now = this.now;
    const shift = this.model.ageShift;
    const entries = residents.entryAt(0);
    const end = this.drawn + ((<usize>this.candidates) << 2);
    let least = f32.MAX_VALUE;
    let index: u32 = 0;
    for (let drawn = this.drawn; drawn < end; drawn += 4) {
      const entry = entries + <usize>load<u32>(drawn) * ENTRY_BYTES;
      const age = <u32>min((now - load<u64>(entry, LAST)) >> shift, <u64>(AGES - 1));
      const density = HitDensity.density(load<usize>(entry, CLASS), age) + <f32>load<u8>(entry, EXPLORER);
      if (density >= least) continue;
      least = density;
      index = load<u32>(drawn);
    }
    let victim = residents.slotAt(index);
    for (let n: u32 = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + ((<usize>n) << 2));
      const density = slot == NONE ? least : this.density(residents.entryOf(slot));
      if (density >= least) continue;
      least = density;
      victim = slot;
    }
    this.victimDensity = DECAY * this.victimDensity + (1 - DECAY) * least;
    const entry = residents.entryOf(victim);
    HitDensity.countEviction(load<usize>(entry, CLASS), this.age(entry));
    this.remove(victim);
    return victim;
  }

  remove(slot: u32): void {
    this.explorers -= load<u8>(this.residents.entryOf(slot), EXPLORER);
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
      const entry = residents.entryAt(index);
      if (load<u64>(entry, LAST) >= this.now) return false;
      explorers += load<u8>(entry, EXPLORER);
    }
    for (let n: usize = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + (n << 2));
      if (slot != NONE && !slots.isResident(slot)) return false;
    }
    return explorers == this.explorers && this.model.isValid();
  }
}
