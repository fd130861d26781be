/**
 * Hyperbolic caching: a page's priority is its number of requests divided by the time since it entered, so that it decays
 * without requests. Of a few pages drawn at random, the one with the least priority is evicted. Blankstein, Sen and
 * Freedman, "Hyperbolic caching: flexible caching for web applications", USENIX Annual Technical Conference (2017),
 * section 2.
 *
 *   0              8             16
 *   ├ requests f64 ┼ entered f64 ┤     a resident page's entry; entered: the number of the request
 *
 * A new page starts with `leeway` requests plus the rest of one, times the priority of the last victim, as in the authors'
 * simulator and their Redis: before the first eviction with one request. With `leeway=1` it always starts with one.
 *
 * Differences: time is counted in requests; of equal priorities the one drawn first at an even place is evicted, then at an
 * odd one. All pages have the same cost and size. Pages are drawn with replacement, as the authors draw them, from a seeded
 * generator.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { ResidentArray } from "../parts/resident-array";

const REQUESTS: usize = 0;
const ENTERED: usize = 8;
const ENTRY_BYTES: u32 = 16;

@final
@unmanaged
export class Hyperbolic extends FixedPolicy {
  private samples: u32;
  private leeway: f64;
  private rng: Rng;
  private residents: ResidentArray;
  /** The indices drawn for an eviction, u32[samples + 1]. */
  private drawn: usize;
  /** Priority of the last victim, 0 before the first. */
  private lastPriority: f64;
  /** Requests so far. */
  private now: f64;

  create(capacity: u32, parameters: usize): bool {
    this.samples = <u32>load<f64>(parameters);
    this.leeway = load<f64>(parameters, 8);
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.residents = ResidentArray.create(capacity, ENTRY_BYTES);
    this.drawn = allocate((<u64>this.samples + 1) << 2);
    this.rng = make<Rng>();
    if (changetype<usize>(this.residents) == 0 || this.drawn == 0 || changetype<usize>(this.rng) == 0)
      return false;
    this.residents.readAhead(this);
    this.rng.seed(<u64>load<f64>(parameters, 16));
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.now += 1;
    const entry = this.residents.entryOf(slot);
    store<f64>(entry, load<f64>(entry, REQUESTS) + 1, REQUESTS);
  }

  @inline
  miss(_slot: u32, _key: u64): void {
    this.now += 1;
  }

  evict(): u32 {
    const residents = this.residents;
    if (residents.count == 0) return NONE;
    const least = this.draw();
    const entry = residents.entryAt(least);
    this.lastPriority = load<f64>(entry, REQUESTS) / (this.now - load<f64>(entry, ENTERED));
    const victim = residents.slotAt(least);
    residents.removeAt(least);
    this.slots.free(victim);
    return victim;
  }

  /**
   * Draws pages; the index of the one with the least priority. Draws at even and at odd places are compared at once, each
   * with the least in its lane: no branch is mispredicted. A product is faster than a quotient, so p/q < r/s is ps < rq.
   */
  private draw(): u32 {
    const entries = this.residents.entryAt(0);
    const end = this.drawn + ((<usize>this.samples) << 2);
    this.rng.fill(this.residents.count, this.samples, this.drawn);
    store<u32>(end, load<u32>(this.drawn)); // the partner of the last draw, when their number is odd
    const now = f64x2.splat(this.now);
    let requests = f64x2.splat(f64.POSITIVE_INFINITY);
    let ages = f64x2.splat(1);
    let least = i64x2.splat(0);
    for (let drawn = this.drawn; drawn < end; drawn += 8) {
      const one = v128.load(entries + <usize>load<u32>(drawn) * ENTRY_BYTES);
      const other = v128.load(entries + <usize>load<u32>(drawn, 4) * ENTRY_BYTES);
      const theirs = v128.shuffle<f64>(one, other, 0, 2);
      const theirAges = f64x2.sub(now, v128.shuffle<f64>(one, other, 1, 3));
      const isLess = f64x2.lt(f64x2.mul(theirs, ages), f64x2.mul(requests, theirAges));
      requests = v128.bitselect(theirs, requests, isLess);
      ages = v128.bitselect(theirAges, ages, isLess);
      least = v128.bitselect(v128.load_ext<u32>(drawn), least, isLess);
    }
    const even = f64x2.extract_lane(requests, 0) * f64x2.extract_lane(ages, 1);
    const odd = f64x2.extract_lane(requests, 1) * f64x2.extract_lane(ages, 0);
    return <u32>(odd < even ? i64x2.extract_lane(least, 1) : i64x2.extract_lane(least, 0));
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const entry = this.residents.push(slot);
    const last = this.lastPriority;
    store<f64>(entry, last == 0 ? 1 : this.leeway + (1 - this.leeway) * last, REQUESTS);
    store<f64>(entry, this.now, ENTERED);
  }

  remove(slot: u32): void {
    this.residents.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const residents = this.residents;
    if (this.slots.ghosts != 0 || !residents.isValid(this.slots)) return false;
    for (let index: u32 = 0; index < residents.count; index++) {
      const entry = residents.entryAt(index);
      if (!(load<f64>(entry, REQUESTS) > 0) || load<f64>(entry, ENTERED) > this.now) return false;
    }
    return true;
  }
}
