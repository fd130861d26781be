/**
 * CAR, clock with adaptive replacement: ARC's lists, but T1 and T2 are clocks, so a hit only sets a bit. Bansal and
 * Modha, "CAR: clock with adaptive replacement", FAST (2004), figure 2.
 *
 *   B1 <── head ··· T1 ··· tail <── new pages, seen once        B2 <── head ··· T2 ··· tail <── seen more often
 *           │ bit set                                                    │ bit set
 *           └──────────────> T2's tail                                   └───> T2's tail
 *
 * Differences: figure 2's steps are distributed over the hooks: `evict` does its replace() and its history replacement,
 * `insert` its adaptation. After capacity has shrunk, ghosts are dropped until the paper's bounds hold again.
 */
import { NONE } from "../../abi/core";
import { AdaptiveClockPolicy, B1, B2, LIST, REFERENCED, T2 } from "../parts/adaptive-clock-policy";

@final
@unmanaged
export class Car extends AdaptiveClockPolicy {
  evict(): u32 {
    if (this.t1.length + this.t2.length == 0) return NONE;
    const victim = this.replace();
    if (this.requested == NONE) this.forget();
    return victim;
  }

  /** Evicts the first page at the head of a clock whose bit is clear; it becomes a ghost. */
  private replace(): u32 {
    while (true) {
      const isT1 = this.choosesT1();
      const clock = isT1 ? this.t1 : this.t2;
      const head = clock.back;
      if ((this.slots.mark(head) & REFERENCED) != 0) this.move(head, clock, this.t2, T2);
      else return isT1 ? this.demote(clock, this.b1, B1) : this.demote(clock, this.b2, B2);
    }
  }

  /** History replacement: makes room for one more page in T1 and B1, and in total. */
  private forget(): void {
    const capacity = this.capacity;
    const t1 = this.t1.length;
    const residents = <u64>t1 + this.t2.length;
    while (t1 + this.b1.length >= capacity && this.b1.length > 0) this.drop(this.b1);
    const most = 2 * <u64>capacity - 1;
    while (residents + this.b1.length + this.b2.length > most && this.b2.length > 0) this.drop(this.b2);
  }

  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slots.isGhost(slot)) {
      const wasInB1 = (slots.mark(slot) & LIST) == B1;
      this.adapt(wasInB1);
      this.move(slot, wasInB1 ? this.b1 : this.b2, this.t2, T2);
    } else {
      this.t1.push(slot);
    }
    if (slot == this.requested) this.requested = NONE;
  }

  /** Adapts `p`: a ghost shows which clock was too short. */
  private adapt(wasInB1: bool): void {
    const b1 = <f64>this.b1.length;
    const b2 = <f64>this.b2.length;
    if (wasInB1) this.p = min<f64>(this.p + max<f64>(1, b2 / b1), this.capacity);
    else this.p = max<f64>(this.p - max<f64>(1, b1 / b2), 0);
  }

  remove(slot: u32): void {
    this.removeResident(slot);
  }

  isValid(): bool {
    return this.areListsValid();
  }
}
