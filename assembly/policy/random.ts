/**
 * Random: any resident page goes, each as likely as the others. Belady, "A study of replacement algorithms for a
 * virtual-storage computer", IBM Systems Journal 5 (1966). Seeded, so a run can be repeated.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Rng } from "../core/rng";
import { FixedPolicy } from "./contract";

@final
@unmanaged
export class Random extends FixedPolicy {
  private rng: Rng;
  /** The resident slots in no order, u32[capacity]. */
  private seats: usize;
  private seated: u32;
  /** Each resident slot's place among the seats, u32[capacity]. */
  private seatOf: usize;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.seats = allocate((<u64>capacity) << 2);
    this.seatOf = allocate((<u64>capacity) << 2);
    this.rng = make<Rng>();
    if (this.seats == 0 || this.seatOf == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters));
    return true;
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    if (this.seated == 0) return NONE;
    const victim = this.slotAt(<u32>this.rng.below(this.seated));
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.seat(slot, this.seated);
    this.seated++;
  }

  /** The page in the last seat moves to the one that `slot` leaves. */
  @inline
  remove(slot: u32): void {
    this.seated--;
    this.seat(this.slotAt(this.seated), load<u32>(this.seatOf + ((<usize>slot) << 2)));
    this.slots.release(slot);
  }

  @inline
  private slotAt(seat: u32): u32 {
    return load<u32>(this.seats + ((<usize>seat) << 2));
  }

  @inline
  private seat(slot: u32, seat: u32): void {
    store<u32>(this.seats + ((<usize>seat) << 2), slot);
    store<u32>(this.seatOf + ((<usize>slot) << 2), seat);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.seated != slots.residents) return false;
    for (let n: u32 = 0; n < this.seated; n++) {
      const slot = this.slotAt(n);
      if (!slots.isResident(slot) || load<u32>(this.seatOf + ((<usize>slot) << 2)) != n) return false;
    }
    return true;
  }
}
