/**
 * Hyperbolic caching: a page's priority is its requests divided by the time since it entered, so that it decays while
 * nobody asks for it; of a few pages drawn at random, the least goes. Blankstein, Sen and Freedman, "Hyperbolic
 * caching: flexible caching for web applications", USENIX Annual Technical Conference (2017), section 2.
 *
 *   0             8          12     16
 *   ├ entered u64 ┼ requests ┼ slot ┤     a seat: a resident page, in no order, so that a draw reads one place
 *
 * What differs: time is counted in requests; the draws are with replacement and seeded; of equal priorities the one
 * drawn first goes. Pages have one cost and one size.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Rng } from "../core/rng";
import { FixedPolicy } from "./contract";

const SEAT_REQUESTS: usize = 8;
const SEAT_SLOT: usize = 12;

@final
@unmanaged
export class Hyperbolic extends FixedPolicy {
  private samples: u32;
  private rng: Rng;
  private seats: usize;
  private seated: u32;
  /** Each resident slot's place among the seats, u32[capacity]. */
  private seatOf: usize;
  /** Requests so far. */
  private now: u64;

  create(capacity: u32, parameters: usize): bool {
    this.samples = <u32>load<f64>(parameters);
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.seats = allocate((<u64>capacity) << 4);
    this.seatOf = allocate((<u64>capacity) << 2);
    this.rng = make<Rng>();
    if (this.seats == 0 || this.seatOf == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters, 8));
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.now++;
    const seat = this.seatAt(this.seatNumber(slot));
    const requests = load<u32>(seat, SEAT_REQUESTS);
    store<u32>(seat, requests + (requests != NONE ? 1 : 0), SEAT_REQUESTS);
  }

  @inline
  miss(_slot: u32): void {
    this.now++;
  }

  evict(): u32 {
    if (this.seated == 0) return NONE;
    const seats = this.seats;
    const seated = this.seated;
    const rng = this.rng;
    const now = this.now;
    let victim: u32 = NONE;
    let least = f64.POSITIVE_INFINITY;
    for (let draw: u32 = 0; draw < this.samples; draw++) {
      const seat = seats + ((<usize>rng.below(seated)) << 4);
      const priority = <f64>load<u32>(seat, SEAT_REQUESTS) / <f64>(now - load<u64>(seat));
      if (victim != NONE && priority >= least) continue;
      least = priority;
      victim = load<u32>(seat, SEAT_SLOT);
    }
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const seat = this.seatAt(this.seated);
    store<u64>(seat, this.now);
    store<u32>(seat, 1, SEAT_REQUESTS);
    store<u32>(seat, slot, SEAT_SLOT);
    store<u32>(this.seatOf + ((<usize>slot) << 2), this.seated);
    this.seated++;
  }

  /** The page in the last seat moves to the one that `slot` leaves. */
  remove(slot: u32): void {
    const number = this.seatNumber(slot);
    const last = this.seatAt(--this.seated);
    memory.copy(this.seatAt(number), last, 16);
    store<u32>(this.seatOf + ((<usize>load<u32>(last, SEAT_SLOT)) << 2), number);
    this.slots.release(slot);
  }

  @inline
  private seatAt(number: u32): usize {
    return this.seats + ((<usize>number) << 4);
  }

  @inline
  private seatNumber(slot: u32): u32 {
    return load<u32>(this.seatOf + ((<usize>slot) << 2));
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.seated != slots.residents) return false;
    for (let number: u32 = 0; number < this.seated; number++) {
      const seat = this.seatAt(number);
      const slot = load<u32>(seat, SEAT_SLOT);
      if (!slots.isResident(slot) || this.seatNumber(slot) != number) return false;
      if (load<u32>(seat, SEAT_REQUESTS) == 0 || load<u64>(seat) > this.now) return false;
    }
    return true;
  }
}
