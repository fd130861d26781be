/**
 * Random: evicts any resident page with equal probability. Belady, "A study of replacement algorithms for a virtual-storage
 * computer", IBM Systems Journal 5 (1966). The generator is seeded, so a run can be repeated.
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { ResidentArray } from "../parts/resident-array";

@final
@unmanaged
export class Random extends FixedPolicy {
  private rng: Rng;
  private residents: ResidentArray;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.ahead = 0;
    this.residents = ResidentArray.create(capacity, 0);
    this.rng = make<Rng>();
    if (changetype<usize>(this.residents) == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters));
    return true;
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  evict(): u32 {
    const residents = this.residents;
    if (residents.count == 0) return NONE;
    const victim = residents.slotAt(<u32>this.rng.below(residents.count));
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.residents.push(slot);
  }

  @inline
  remove(slot: u32): void {
    this.residents.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    return this.slots.ghosts == 0 && this.residents.isValid(this.slots);
  }
}
