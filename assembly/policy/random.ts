/**
 * Random: any resident page goes, each as likely as the others. Belady, "A study of replacement algorithms for a
 * virtual-storage computer", IBM Systems Journal 5 (1966). Seeded, so a run can be repeated.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Rng } from "../core/rng";
import { Policy } from "./contract";

@final
@unmanaged
export class Random extends Policy {
  private rng: Rng;
  /** The resident slots in no order, u32[capacity]. */
  private seats: usize;
  private seated: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.seats = allocate((<u64>capacity) << 2);
    this.rng = make<Rng>();
    if (this.seats == 0 || changetype<usize>(this.rng) == 0) return false;
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
    const seat = this.seats + ((<usize>this.rng.below(this.seated)) << 2);
    const victim = load<u32>(seat);
    this.seated--;
    store<u32>(seat, load<u32>(this.seats + ((<usize>this.seated) << 2)));
    this.slots.release(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    store<u32>(this.seats + ((<usize>this.seated) << 2), slot);
    this.seated++;
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.seated != slots.residents) return false;
    for (let n: u32 = 0; n < this.seated; n++) {
      if (!slots.isResident(load<u32>(this.seats + ((<usize>n) << 2)))) return false;
    }
    return true;
  }
}
