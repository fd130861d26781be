/**
 * CAR, clock with adaptive replacement: ARC's lists, but T1 and T2 are clocks, so a hit only sets a bit. Bansal and
 * Modha, "CAR: clock with adaptive replacement", FAST (2004), figure 2.
 *
 *   B1 <── head ··· T1 ··· tail <── new pages, seen once        B2 <── head ··· T2 ··· tail <── seen more often
 *           │ bit set                                                    │ bit set
 *           └──────────────> T2's tail                                   └───> T2's tail
 *
 * The tail of each clock is the front of its list. What differs: figure 2's steps are distributed over the hooks: `evict`
 * does its replace() and its history replacement, `insert` its adaptation. After capacity has shrunk, ghosts are dropped
 * until the paper's bounds hold again.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

/** A mark: the list that a page is in, whose sentinel is `count + list`, and the reference bit. */
const T1: u32 = 0;
const T2: u32 = 1;
const B1: u32 = 2;
const B2: u32 = 3;
const LIST: u32 = 3;
const REFERENCED: u32 = 4;

@final
@unmanaged
export class Car extends FixedPolicy {
  private t1: u32; // lengths of the four lists
  private t2: u32;
  private b1: u32;
  private b2: u32;
  /** Target length of T1. */
  private p: f64;
  /** The ghost being requested, or NONE. */
  private requested: u32;

  create(capacity: u32, _parameters: usize): bool {
    this.requested = NONE;
    return this.createSlots(capacity, <u64>capacity + 1, 4);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.slots.setMark(slot, this.slots.mark(slot) | REFERENCED);
  }

  @inline
  miss(slot: u32): void {
    this.requested = slot;
  }

  evict(): u32 {
    if (this.t1 + this.t2 == 0) return NONE;
    const victim = this.replace();
    if (this.requested == NONE) this.forget();
    return victim;
  }

  /** Evicts the first page at the head of a clock whose bit is clear; it becomes a ghost. */
  private replace(): u32 {
    const slots = this.slots;
    while (true) {
      const isT1 = this.t1 > 0 && (<f64>this.t1 >= max<f64>(1, this.p) || this.t2 == 0);
      const head = List.back(slots.nodes, slots.count + (isT1 ? T1 : T2));
      if (isT1) this.t1--;
      else this.t2--;
      if ((slots.mark(head) & REFERENCED) == 0) {
        this.demote(head, isT1 ? B1 : B2);
        return head;
      }
      this.enterT2(head);
    }
  }

  @inline
  private demote(slot: u32, ghosts: u32): void {
    const slots = this.slots;
    if (ghosts == B1) this.b1++;
    else this.b2++;
    slots.setMark(slot, ghosts);
    slots.remember(slot);
    List.moveToFront(slots.nodes, slots.count + ghosts, slot);
  }

  /** Moves the page from its list to T2's tail and clears its bit. */
  @inline
  private enterT2(slot: u32): void {
    const slots = this.slots;
    this.t2++;
    slots.setMark(slot, T2);
    List.moveToFront(slots.nodes, slots.count + T2, slot);
  }

  /** History replacement: makes room for one more page in T1 and B1, and in total. */
  private forget(): void {
    const capacity = this.capacity;
    while (this.t1 + this.b1 >= capacity && this.b1 > 0) this.drop(B1);
    while (<u64>this.t1 + this.t2 + this.b1 + this.b2 >= 2 * <u64>capacity && this.b2 > 0) this.drop(B2);
  }

  private drop(list: u32): void {
    const slots = this.slots;
    const ghost = List.back(slots.nodes, slots.count + list);
    if (list == B1) this.b1--;
    else this.b2--;
    List.remove(slots.nodes, ghost);
    slots.free(ghost);
  }

  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slots.isGhost(slot)) {
      this.adapt((slots.mark(slot) & LIST) == B1);
      this.enterT2(slot);
    } else {
      this.t1++;
      List.insertAfter(slots.nodes, slots.count + T1, slot);
    }
    if (slot == this.requested) this.requested = NONE;
  }

  /** Adapts `p`: a ghost shows which clock was too short. The ghost leaves its list. */
  private adapt(wasInB1: bool): void {
    const b1 = <f64>this.b1;
    const b2 = <f64>this.b2;
    if (wasInB1) {
      this.p = min<f64>(this.p + max<f64>(1, b2 / b1), this.capacity);
      this.b1--;
    } else {
      this.p = max<f64>(this.p - max<f64>(1, b1 / b2), 0);
      this.b2--;
    }
  }

  remove(slot: u32): void {
    const slots = this.slots;
    if ((slots.mark(slot) & LIST) == T1) this.t1--;
    else this.t2--;
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.t1 + this.t2 != slots.residents || this.b1 + this.b2 != slots.ghosts || this.p < 0) return false;
    return (
      this.isListValid(T1, this.t1) &&
      this.isListValid(T2, this.t2) &&
      this.isListValid(B1, this.b1) &&
      this.isListValid(B2, this.b2)
    );
  }

  /** Is true when `list` has this length and its pages have the right marks. */
  private isListValid(list: u32, length: u32): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    const sentinel = slots.count + list;
    if (List.length(nodes, sentinel, length) != length) return false;
    for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
      if ((slots.mark(slot) & LIST) != list || slots.isGhost(slot) != list >= B1) return false;
    }
    return true;
  }
}
