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
 *
 * Most of its time is spent on memory: an eviction reads the entries and the densities of all candidates, which lie at
 * random places, and then, one after the other, the victim's slot, its page's number and its place in the index.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { ResidentArray } from "../parts/resident-array";
import { AGES, CLASSES, HitDensity } from "./hit-density";

const HIT_AGE: u64 = 0x7fff;
const EXPLORER_SHIFT: u64 = 15;
const EXPLORER: u64 = 1 << EXPLORER_SHIFT;
const CLASS_SHIFT: u64 = 16;
const LAST_SHIFT: u64 = 20;
const ENTRY_BYTES: u32 = 8;

/** One request in 2^5 makes its page an explorer, while explorers are fewer than this share of the frames. */
const EXPLORE_BITS: u64 = 5;
const EXPLORER_SHARE: f64 = 0.01;
/** The number of reconfigurations after which no page becomes an explorer. */
const EXPLORATION: u32 = 50;
/** The number of recently entered pages that are candidates. */
const ADMISSIONS: u32 = 8;
const ADMISSIONS_BYTES: usize = (<usize>ADMISSIONS) << 2;
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
  /** The indices drawn for an eviction, u32[candidates + 4]. */
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
    this.drawn = allocate((<u64>this.candidates + 4) << 2);
    this.admissions = allocate(ADMISSIONS_BYTES);
    if (changetype<usize>(this.residents) == 0 || this.drawn == 0 || this.admissions == 0) return false;
    if (changetype<usize>(this.model) == 0 || changetype<usize>(this.rng) == 0) return false;
    this.residents.readAhead(this);
    this.rng.seed(<u64>load<f64>(parameters, 16));
    memory.fill(this.admissions, 0xff, ADMISSIONS_BYTES);
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
    const draws = this.rng.bits(EXPLORE_BITS) == 0;
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
    if (!explores && this.model.density(0, 0) < this.victimDensity) {
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
    let victim = this.draw();
    let least = this.density(load<u64>(residents.entryAt(victim)));
    for (let at: usize = 0; at < ADMISSIONS_BYTES; at += 4) {
      const slot = load<u32>(this.admissions + at);
      if (slot == NONE) continue;
      const density = this.density(load<u64>(residents.entryOf(slot)));
      if (density >= least) continue;
      least = density;
      victim = residents.index(slot);
    }
    this.victimDensity = DECAY * this.victimDensity + (1 - DECAY) * least;
    const page = load<u64>(residents.entryAt(victim));
    this.model.countEviction(Lhd.classOf(page), this.age(page));
    return this.removeAt(victim);
  }

  /**
   * Draws pages; the index of the one with the least density, of equal ones the first. Four are compared at once, each with
   * the least in its lane: no branch is mispredicted.
   */
  private draw(): u32 {
    const start = this.drawn;
    const end = start + ((<usize>this.candidates) << 2);
    this.rng.fill(this.residents.count, this.candidates, start);
    v128.store(end, i32x4.splat(load<u32>(end - 4))); // the last is drawn again to fill the lanes: equals come too late
    const now = this.now;
    const shift = this.model.ageShift;
    const densities = this.model.densities;
    const entries = this.residents.entryAt(0);
    let least = f32x4.splat(f32.POSITIVE_INFINITY);
    let places = i32x4.splat(0);
    for (let at = start; at < end; at += 16) {
      const page0 = load<u64>(entries + <usize>load<u32>(at) * ENTRY_BYTES);
      const page1 = load<u64>(entries + <usize>load<u32>(at, 4) * ENTRY_BYTES);
      const page2 = load<u64>(entries + <usize>load<u32>(at, 8) * ENTRY_BYTES);
      const page3 = load<u64>(entries + <usize>load<u32>(at, 12) * ENTRY_BYTES);
      let found = v128.load_zero<f32>(Lhd.densityAt(densities, page0, now, shift));
      found = v128.load_lane<f32>(Lhd.densityAt(densities, page1, now, shift), found, 1);
      found = v128.load_lane<f32>(Lhd.densityAt(densities, page2, now, shift), found, 2);
      found = v128.load_lane<f32>(Lhd.densityAt(densities, page3, now, shift), found, 3);
      if (((page0 | page1 | (page2 | page3)) & EXPLORER) != 0) {
        found = f32x4.add(found, Lhd.bonus(page0, page1, page2, page3));
      }
      const isLess = f32x4.lt(found, least);
      least = v128.bitselect(found, least, isLess);
      places = v128.bitselect(i32x4.splat(<i32>at), places, isLess);
    }
    return load<u32>(Lhd.firstOfLanes(least, places));
  }

  /** The address of the density of a page with this entry. */
  @inline
  private static densityAt(densities: usize, page: u64, now: u64, shift: u64): usize {
    const age = <u32>min((now - (page >> LAST_SHIFT)) >> shift, <u64>(AGES - 1));
    return HitDensity.place(densities, Lhd.classOf(page), age);
  }

  /** The amounts that are added to the densities of four pages: 1 for explorers, else 0. */
  @inline
  private static bonus(page0: u64, page1: u64, page2: u64, page3: u64): v128 {
    let bonus = f32x4.splat(<f32>Lhd.isExplorer(page0));
    bonus = f32x4.replace_lane(bonus, 1, <f32>Lhd.isExplorer(page1));
    bonus = f32x4.replace_lane(bonus, 2, <f32>Lhd.isExplorer(page2));
    return f32x4.replace_lane(bonus, 3, <f32>Lhd.isExplorer(page3));
  }

  /** The place of the least density in four lanes, of equal ones the first; a lane's place is 4 further than the one before. */
  @inline
  private static firstOfLanes(least: v128, places: v128): usize {
    const lane0 = Lhd.ranked(f32x4.extract_lane(least, 0), i32x4.extract_lane(places, 0));
    const lane1 = Lhd.ranked(f32x4.extract_lane(least, 1), i32x4.extract_lane(places, 1) + 4);
    const lane2 = Lhd.ranked(f32x4.extract_lane(least, 2), i32x4.extract_lane(places, 2) + 8);
    const lane3 = Lhd.ranked(f32x4.extract_lane(least, 3), i32x4.extract_lane(places, 3) + 12);
    return <usize>(min(min(lane0, lane1), min(lane2, lane3)) & 0xffffffff);
  }

  /** The density's bits, then the place. The bits have the order of densities, which are at least 0, or the lowest number. */
  @inline
  private static ranked(density: f32, place: i32): i64 {
    return ((<i64>reinterpret<i32>(density)) << 32) | <i64>(<u32>place);
  }

  remove(slot: u32): void {
    this.removeAt(this.residents.index(slot));
  }

  /** Removes and frees the page at `index`; its slot. No admission has the slot then. */
  @inline
  private removeAt(index: u32): u32 {
    const slot = this.residents.slotAt(index);
    this.explorers -= Lhd.isExplorer(load<u64>(this.residents.entryAt(index)));
    this.residents.removeAt(index);
    const removed = i32x4.splat(slot);
    for (let at = this.admissions; at < this.admissions + ADMISSIONS_BYTES; at += 16) {
      const slots = v128.load(at);
      v128.store(at, v128.or(slots, i32x4.eq(slots, removed))); // all ones: NONE
    }
    this.slots.free(slot);
    return slot;
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
