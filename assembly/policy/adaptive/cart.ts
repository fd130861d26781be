/**
 * CART, CAR with temporal filtering: a page must be requested again after a while to count as long-term; requests close
 * together are not enough. Bansal and Modha, "CAR: clock with adaptive replacement", FAST (2004), figure 3.
 *
 *   T1   short-term (S) and long-term (L) pages, new ones at the tail    ──> B1, ghosts of S pages
 *   T2   only long-term pages                                           ──> B2, ghosts of L pages
 *
 * `p` is the target length of T1, `q` of B1. Differences: figure 3's steps are distributed over the hooks: `evict` does
 * its replace() and its history replacement, `insert` the rest. When T2 is empty, which it never is with full memory, a
 * page of T1 is evicted. After capacity has shrunk, ghosts are dropped until there are no more ghosts than frames.
 */
import { NONE } from "../../abi/core";
import { AdaptiveClockPolicy, B1, B2, LIST, REFERENCED, T1, T2 } from "../parts/adaptive-clock-policy";

/** In a mark, with the list and the reference bit: the filter bit. */
const LONG: u32 = 8;

@final
@unmanaged
export class Cart extends AdaptiveClockPolicy {
  /** Resident S pages; all others are L. */
  private short: u32;
  private q: i64;

  evict(): u32 {
    if (this.t1.length + this.t2.length == 0) return NONE;
    this.rescueT2();
    this.filterT1();
    const victim = this.replace();
    if (this.requested == NONE) this.forget();
    return victim;
  }

  /** Moves referenced pages at the head of T2 to T1's tail. */
  @inline
  private rescueT2(): void {
    while (this.t2.length > 0) {
      const page = this.t2.back;
      if ((this.slots.mark(page) & REFERENCED) == 0) return;
      this.move(page, this.t2, this.t1, T1 | LONG);
      this.growQ();
    }
  }

  /** Advances T1's head to the first S page that is not referenced. */
  private filterT1(): void {
    const t1 = this.t1;
    while (t1.length > 0) {
      const page = t1.back;
      const mark = this.slots.mark(page);
      if ((mark & REFERENCED) != 0) {
        const isLong = (mark & LONG) != 0;
        const lengthens = !isLong && <f64>t1.length >= min<f64>(this.p + 1, this.b1.length);
        if (lengthens) this.short--;
        this.move(page, t1, t1, isLong || lengthens ? T1 | LONG : T1);
      } else if ((mark & LONG) != 0) {
        this.move(page, t1, this.t2, T2 | LONG);
        this.q = max<i64>(this.q - 1, <i64>this.capacity - t1.length);
      } else return;
    }
  }

  @inline
  private growQ(): void {
    const long = <u64>this.t1.length + this.t2.length - this.short;
    if (long + this.b2.length < this.capacity) return;
    this.q = min<i64>(this.q + 1, 2 * <i64>this.capacity - this.t1.length);
  }

  /** Evicts the page at the head of a clock. */
  @inline
  private replace(): u32 {
    if (!this.choosesT1()) return this.demote(this.t2, this.b2, B2 | LONG);
    this.short--;
    return this.demote(this.t1, this.b1, B1);
  }

  /** History replacement: makes room for one more ghost. */
  private forget(): void {
    const b1 = this.b1;
    const b2 = this.b2;
    while (b1.length + b2.length > this.capacity) {
      this.drop(<i64>b1.length > max<i64>(0, this.q) || b2.length == 0 ? b1 : b2);
    }
  }

  insert(slot: u32, _kind: u32): void {
    if (slot == this.requested) this.requested = NONE;
    if (this.slots.isGhost(slot)) {
      this.insertGhost(slot);
      return;
    }
    this.short++;
    this.t1.push(slot);
  }

  private insertGhost(slot: u32): void {
    if ((this.slots.mark(slot) & LIST) == B1) {
      this.p = min<f64>(this.p + max<f64>(1, <f64>this.short / <f64>this.b1.length), this.capacity);
      this.move(slot, this.b1, this.t1, T1 | LONG);
    } else {
      const long = this.t1.length + this.t2.length - this.short;
      this.p = max<f64>(this.p - max<f64>(1, <f64>long / <f64>this.b2.length), 0);
      this.move(slot, this.b2, this.t1, T1 | LONG);
      this.growQ();
    }
  }

  remove(slot: u32): void {
    if ((this.slots.mark(slot) & LONG) == 0) this.short--;
    this.removeResident(slot);
  }

  /** The pages of T1 are S or L, those of T2 and B2 are L, those of B1 S. */
  isValid(): bool {
    const slots = this.slots;
    return (
      this.areListsValid() &&
      this.t1.marked(slots, LONG) + this.short == this.t1.length &&
      this.t2.marked(slots, LONG) == this.t2.length &&
      this.b1.marked(slots, LONG) == 0 &&
      this.b2.marked(slots, LONG) == this.b2.length
    );
  }
}
