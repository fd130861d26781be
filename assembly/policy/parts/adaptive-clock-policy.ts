/**
 * ARC's lists where T1 and T2 are clocks, so that a hit only sets a bit: resident pages seen once (T1) and more than once
 * (T2), each with the ghosts of its evicted pages (B1, B2). Ghosts that return move the target length `p` of T1.
 *
 *         seen once                    seen more often
 *   B1 ········· T1 ─────────│───────── T2 ········· B2        front of each: its tail, entered last
 */
import { NONE } from "../../abi/core";
import { FixedPolicy } from "../contract";
import { SlotList } from "./slot-list";

/** Bits of a mark: the number of the list that a page is in. A policy may use the others. */
export const LIST: u32 = 3;
export const T1: u32 = 0;
export const T2: u32 = 1;
export const B1: u32 = 2;
export const B2: u32 = 3;
/** In a mark, with the list: the reference bit. */
export const REFERENCED: u32 = 4;

@unmanaged
export abstract class AdaptiveClockPolicy extends FixedPolicy {
  protected t1: SlotList;
  protected t2: SlotList;
  protected b1: SlotList;
  protected b2: SlotList;
  protected p: f64;
  /** The ghost being requested, or NONE. */
  protected requested: u32;

  create(capacity: u32, _parameters: usize): bool {
    this.requested = NONE;
    return this.createLists(capacity, <u64>capacity + 1);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, this.slots.mark(slot) | REFERENCED);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.requested = slot;
  }

  /** Is true when the next victim is to come from T1. */
  @inline
  protected choosesT1(): bool {
    const t1 = this.t1.length;
    return t1 > 0 && (<f64>t1 >= max<f64>(1, this.p) || this.t2.length == 0);
  }

  private createLists(capacity: u32, ghosts: u64): bool {
    if (!this.createSlots(capacity, ghosts, 4)) return false;
    this.t1 = SlotList.create(this.slots, T1);
    this.t2 = SlotList.create(this.slots, T2);
    this.b1 = SlotList.create(this.slots, B1);
    this.b2 = SlotList.create(this.slots, B2);
    const hasResidents = changetype<usize>(this.t1) != 0 && changetype<usize>(this.t2) != 0;
    return hasResidents && changetype<usize>(this.b1) != 0 && changetype<usize>(this.b2) != 0;
  }

  /** Moves a page to the front of `to`, which may be its list, and sets its mark. */
  @inline
  protected move(slot: u32, from: SlotList, to: SlotList, mark: u32): void {
    from.remove(slot);
    to.push(slot);
    this.slots.setMark(slot, mark);
  }

  /** Evicts the last page of `from`, which becomes the first ghost of `to`. */
  @inline
  protected demote(from: SlotList, to: SlotList, mark: u32): u32 {
    const victim = from.back;
    this.move(victim, from, to, mark);
    this.slots.remember(victim);
    return victim;
  }

  /** Frees the last page of `list`. */
  @inline
  protected drop(list: SlotList): u32 {
    const page = list.pop();
    this.slots.free(page);
    return page;
  }

  /** For `remove`. */
  @inline
  protected removeResident(slot: u32): void {
    if ((this.slots.mark(slot) & LIST) == T1) this.t1.remove(slot);
    else this.t2.remove(slot);
    this.slots.free(slot);
  }

  /** For `isValid`: is true when every page is in the list of its mark, and `p` in its bounds. */
  protected areListsValid(): bool {
    const slots = this.slots;
    if (this.t1.length + this.t2.length != slots.residents) return false;
    if (this.b1.length + this.b2.length != slots.ghosts || this.p < 0) return false;
    return (
      this.t1.isValid(slots, LIST, T1, false) &&
      this.t2.isValid(slots, LIST, T2, false) &&
      this.b1.isValid(slots, LIST, B1, true) &&
      this.b2.isValid(slots, LIST, B2, true)
    );
  }
}
