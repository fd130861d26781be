/**
 * LHD, least hit density: of a few pages drawn at random, evicts the one with the fewest expected hits for the space that
 * it takes over time. The expectation comes from earlier pages of its class and age (hit-density.ts). Beckmann, Chen and
 * Cidon, "LHD: improving cache hit rate by maximizing hit density", NSDI (2018).
 *
 *   0       8       12         14      15         16      a slot's record
 *   ├ last ─┼ index ┼ hit age ─┼ class ┼ explorer ┤       last: when it was requested last, u64
 *
 * - A few pages are explorers, one in a hundred at most: they stay, so that statistics exist for great ages.
 * - Pages that entered recently and have a lower density than recent victims are also candidates, besides those drawn.
 *
 * Differences: all pages have size one and belong to one application. The number of resident pages is then known, so the
 * unit of age is fixed at once, where the authors' program adapts it. Reconfigurations come after a number of requests per
 * frame, not after 2^20, so that short traces have some. All candidates are drawn from the start.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { AGES, HitDensity } from "./hit-density";

const RECORD_SHIFT: usize = 4;
const LAST: usize = 0;
const INDEX: usize = 8;
const HIT_AGE: usize = 12;
const CLASS: usize = 14;
const EXPLORER: usize = 15;

/** One request in so many makes its page an explorer, while explorers are less than this share of the frames. */
const EXPLORE_ONE_IN: u64 = 32;
const EXPLORER_SHARE: f64 = 0.01;
/** The number of recently entered pages that are candidates. */
const ADMISSIONS: u32 = 8;
/** The minimum of requests between reconfigurations: computing all densities costs as much as some hundred requests. */
const MIN_PERIOD: u64 = 1024;
/** The weight of the past in the mean density of victims. */
const DECAY: f64 = 0.9;

@final
@unmanaged
export class Lhd extends FixedPolicy {
  private model: HitDensity;
  private rng: Rng;
  private records: usize;
  /** The resident slots in no order, u32[capacity]. */
  private residents: usize;
  private count: u32;
  private explorers: u32;
  /**
   * Slots of the last admissions with a low density, u32[ADMISSIONS], NONE when the page was evicted; the next is
   * stored at `admitted`.
   */
  private admissions: usize;
  private admitted: u32;
  private victimDensity: f64;
  /** Requests so far, and since the last reconfiguration. */
  private now: u64;
  private sinceReconfiguration: u64;
  private period: u32; // requests per frame between reconfigurations
  private candidates: u32;

  create(capacity: u32, parameters: usize): bool {
    this.candidates = <u32>load<f64>(parameters);
    this.period = <u32>load<f64>(parameters, 8);
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.model = HitDensity.create();
    this.rng = make<Rng>();
    this.records = allocate((<u64>capacity) << RECORD_SHIFT);
    this.residents = allocate((<u64>capacity) << 2);
    this.admissions = allocate(ADMISSIONS << 2);
    if (this.records == 0 || this.residents == 0 || this.admissions == 0) return false;
    if (changetype<usize>(this.model) == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters, 16));
    memory.fill(this.admissions, 0xff, ADMISSIONS << 2);
    return true;
  }

  @inline
  private record(slot: u32): usize {
    return this.records + ((<usize>slot) << RECORD_SHIFT);
  }

  @inline
  private age(record: usize): u32 {
    return this.model.age(this.now - load<u64>(record, LAST));
  }

  hit(slot: u32, _kind: u32): void {
    const record = this.record(slot);
    const age = this.age(record);
    this.model.countHit(load<u8>(record, CLASS), age);
    store<u8>(record, <u8>HitDensity.classOf(age + load<u16>(record, HIT_AGE)), CLASS);
    store<u16>(record, <u16>age, HIT_AGE);
    this.explorers -= load<u8>(record, EXPLORER);
    this.request(record);
  }

  /** Updates a page's record at a request, a hit or not. True when the page was drawn as an explorer. */
  private request(record: usize): bool {
    store<u64>(record, this.now, LAST);
    const draws = this.rng.below(EXPLORE_ONE_IN) == 0;
    const explores = draws && <f64>this.explorers < <f64>this.capacity * EXPLORER_SHARE;
    store<u8>(record, <u8>explores, EXPLORER);
    this.explorers += <u32>explores;
    this.now++;
    if (++this.sinceReconfiguration >= max(<u64>this.period * this.capacity, MIN_PERIOD)) {
      this.sinceReconfiguration = 0;
      this.model.reconfigure();
    }
    return draws;
  }

  /** Fixes the unit of ages at the first request, when the machine's first tables have taken their frames. */
  @inline
  miss(_slot: u32): void {
    if (this.now == 0) this.model.fit(this.capacity);
  }

  insert(slot: u32, _kind: u32): void {
    const record = this.record(slot);
    store<u8>(record, <u8>HitDensity.classOf(AGES), CLASS);
    store<u16>(record, 0, HIT_AGE);
    this.place(slot, this.count++);
    if (this.request(record) || <f64>this.density(slot) >= this.victimDensity) return;
    store<u32>(this.admissions + ((<usize>this.admitted) << 2), slot);
    this.admitted = (this.admitted + 1) % ADMISSIONS;
  }

  @inline
  private density(slot: u32): f32 {
    const record = this.record(slot);
    const density = this.model.density(load<u8>(record, CLASS), this.age(record));
    return load<u8>(record, EXPLORER) != 0 && density >= 0 ? density + 1 : density;
  }

  evict(): u32 {
    if (this.count == 0) return NONE;
    let victim = NONE;
    let least = f32.MAX_VALUE;
    for (let n: u32 = 0; n < this.candidates; n++) {
      const slot = this.slotAt(<u32>this.rng.below(this.count));
      const density = this.density(slot);
      if (density >= least) continue;
      least = density;
      victim = slot;
    }
    for (let n: u32 = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + ((<usize>n) << 2));
      const density = slot == NONE ? least : this.density(slot);
      if (density >= least) continue;
      least = density;
      victim = slot;
    }
    if (least >= 0) this.victimDensity = DECAY * this.victimDensity + (1 - DECAY) * <f64>least;
    const record = this.record(victim);
    this.model.countEviction(load<u8>(record, CLASS), this.age(record));
    this.remove(victim);
    return victim;
  }

  /** Removes the page. The last resident moves to its place. */
  remove(slot: u32): void {
    const record = this.record(slot);
    this.explorers -= load<u8>(record, EXPLORER);
    this.count--;
    this.place(this.slotAt(this.count), load<u32>(record, INDEX));
    for (let n: usize = 0; n < ADMISSIONS; n++) {
      const at = this.admissions + (n << 2);
      if (load<u32>(at) == slot) store<u32>(at, NONE);
    }
    this.slots.free(slot);
  }

  @inline
  private slotAt(index: u32): u32 {
    return load<u32>(this.residents + ((<usize>index) << 2));
  }

  @inline
  private place(slot: u32, index: u32): void {
    store<u32>(this.residents + ((<usize>index) << 2), slot);
    store<u32>(this.record(slot), index, INDEX);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.count != slots.residents) return false;
    let explorers: u32 = 0;
    for (let n: u32 = 0; n < this.count; n++) {
      const slot = this.slotAt(n);
      const record = this.record(slot);
      if (!slots.isResident(slot) || load<u32>(record, INDEX) != n) return false;
      if (load<u64>(record, LAST) >= this.now) return false;
      explorers += load<u8>(record, EXPLORER);
    }
    for (let n: usize = 0; n < ADMISSIONS; n++) {
      const slot = load<u32>(this.admissions + (n << 2));
      if (slot != NONE && !slots.isResident(slot)) return false;
    }
    return explorers == this.explorers && this.model.isValid();
  }
}
