/**
 * Random: evicts any resident page with equal probability. Belady, "A study of replacement algorithms for a virtual-storage
 * computer", IBM Systems Journal 5 (1966). The generator is seeded, so a run can be repeated.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";

@final
@unmanaged
export class Random extends FixedPolicy {
  private rng: Rng;
  /** The resident slots in no order, u32[capacity]. */
  private residents: usize;
  private count: u32;
  /** The index of each resident slot in `residents`, u32[capacity]. */
  private indexOf: usize;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.hitsOnlyMark = true;
    this.residents = allocate((<u64>capacity) << 2);
    this.indexOf = allocate((<u64>capacity) << 2);
    this.rng = make<Rng>();
    if (this.residents == 0 || this.indexOf == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters));
    return true;
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    if (this.count == 0) return NONE;
    const victim = this.slotAt(<u32>this.rng.below(this.count));
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.place(slot, this.count);
    this.count++;
  }

  /** Removes the page. The last resident moves to its place. */
  @inline
  remove(slot: u32): void {
    this.count--;
    this.place(this.slotAt(this.count), load<u32>(this.indexOf + ((<usize>slot) << 2)));
    this.slots.free(slot);
  }

  @inline
  private slotAt(index: u32): u32 {
    return load<u32>(this.residents + ((<usize>index) << 2));
  }

  @inline
  private place(slot: u32, index: u32): void {
    store<u32>(this.residents + ((<usize>index) << 2), slot);
    store<u32>(this.indexOf + ((<usize>slot) << 2), index);
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.count != slots.residents) return false;
    for (let n: u32 = 0; n < this.count; n++) {
      const slot = this.slotAt(n);
      if (!slots.isResident(slot) || load<u32>(this.indexOf + ((<usize>slot) << 2)) != n) return false;
    }
    return true;
  }
}
