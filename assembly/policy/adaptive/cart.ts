/**
 * CART, CAR with temporal filtering: a page must be requested again after a while to count as long-term; requests close
 * together are not enough. Bansal and Modha, "CAR: clock with adaptive replacement", FAST (2004), figure 3.
 *
 *   T1   short-term (S) and long-term (L) pages, new ones at the tail    ──> B1, ghosts of S pages
 *   T2   only long-term pages                                           ──> B2, ghosts of L pages
 *
 * The tail of each clock is the front of its list. `p` is the target length of T1, `q` of B1. What differs: figure 3's
 * steps are distributed over the hooks: `evict` does its replace() and its history replacement, `insert` the rest. When T2
 * is empty, which it never is with full memory, a page of T1 is evicted. After capacity has shrunk, ghosts are dropped
 * until there are no more ghosts than frames.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

/** A mark: the list that a page is in, whose sentinel is `count + list`, the reference bit, the filter bit. */
const T1: u32 = 0;
const T2: u32 = 1;
const B1: u32 = 2;
const B2: u32 = 3;
const LIST: u32 = 3;
const REFERENCED: u32 = 4;
const LONG: u32 = 8;

@final
@unmanaged
export class Cart extends FixedPolicy {
  private t1: u32; // lengths of the four lists
  private t2: u32;
  private b1: u32;
  private b2: u32;
  /** Resident S pages; all others are L. */
  private short: u32;
  private p: f64;
  private q: i64;
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
    this.rescueT2();
    this.filterT1();
    const isT1 = this.t1 > 0 && (<f64>this.t1 >= max<f64>(1, this.p) || this.t2 == 0);
    const victim = this.head(isT1 ? T1 : T2);
    this.slots.remember(victim);
    this.move(victim, isT1 ? B1 : B2, isT1 ? 0 : LONG);
    if (isT1) this.short--;
    if (this.requested == NONE) this.forget();
    return victim;
  }

  /** Moves referenced pages at the head of T2 to T1's tail. */
  @inline
  private rescueT2(): void {
    while (this.t2 > 0) {
      const page = this.head(T2);
      if ((this.slots.mark(page) & REFERENCED) == 0) return;
      this.move(page, T1, LONG);
      this.growQ();
    }
  }

  /** Advances T1's head to the first S page that is not referenced. */
  private filterT1(): void {
    while (this.t1 > 0) {
      const page = this.head(T1);
      const mark = this.slots.mark(page);
      if ((mark & REFERENCED) != 0) {
        const isLong = (mark & LONG) != 0;
        const lengthens = !isLong && <f64>this.t1 >= min<f64>(this.p + 1, this.b1);
        if (lengthens) this.short--;
        this.move(page, T1, isLong || lengthens ? LONG : 0);
      } else if ((mark & LONG) != 0) {
        this.move(page, T2, LONG);
        this.q = max<i64>(this.q - 1, <i64>this.capacity - this.t1);
      } else return;
    }
  }

  @inline
  private growQ(): void {
    if (<u64>this.t2 + this.b2 + this.t1 - this.short < this.capacity) return;
    this.q = min<i64>(this.q + 1, 2 * <i64>this.capacity - this.t1);
  }

  /** History replacement: makes room for one more ghost. */
  private forget(): void {
    while (this.b1 + this.b2 > this.capacity) {
      this.drop(<i64>this.b1 > max<i64>(0, this.q) || this.b2 == 0 ? B1 : B2);
    }
  }

  private drop(list: u32): void {
    const ghost = this.head(list);
    this.count(list, -1);
    List.remove(this.slots.nodes, ghost);
    this.slots.free(ghost);
  }

  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slot == this.requested) this.requested = NONE;
    if (!slots.isGhost(slot)) {
      this.t1++;
      this.short++;
      List.insertAfter(slots.nodes, slots.count + T1, slot);
      return;
    }
    const wasInB1 = (slots.mark(slot) & LIST) == B1;
    if (wasInB1) this.p = min<f64>(this.p + max<f64>(1, <f64>this.short / <f64>this.b1), this.capacity);
    else {
      const long = this.t1 + this.t2 - this.short;
      this.p = max<f64>(this.p - max<f64>(1, <f64>long / <f64>this.b2), 0);
    }
    this.move(slot, T1, LONG);
    if (!wasInB1) this.growQ();
  }

  remove(slot: u32): void {
    const slots = this.slots;
    const mark = slots.mark(slot);
    if ((mark & LONG) == 0) this.short--;
    this.count(mark & LIST, -1);
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  /** The page that has been in `list` longest. */
  @inline
  private head(list: u32): u32 {
    return List.back(this.slots.nodes, this.slots.count + list);
  }

  /** Moves a page to the tail of `list`, its reference bit cleared. */
  @inline
  private move(slot: u32, list: u32, filter: u32): void {
    const slots = this.slots;
    this.count(slots.mark(slot) & LIST, -1);
    this.count(list, 1);
    slots.setMark(slot, list | filter);
    List.moveToFront(slots.nodes, slots.count + list, slot);
  }

  @inline
  private count(list: u32, change: i32): void {
    if (list == T1) this.t1 += change;
    else if (list == T2) this.t2 += change;
    else if (list == B1) this.b1 += change;
    else this.b2 += change;
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.t1 + this.t2 != slots.residents || this.b1 + this.b2 != slots.ghosts || this.p < 0) return false;
    return (
      this.isListValid(T1, this.t1, this.short) &&
      this.isListValid(T2, this.t2, 0) &&
      this.isListValid(B1, this.b1, this.b1) &&
      this.isListValid(B2, this.b2, 0)
    );
  }

  /** Is true when `list` has this length and number of S pages, and its pages have the right marks. */
  private isListValid(list: u32, length: u32, short: u32): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    const sentinel = slots.count + list;
    if (List.length(nodes, sentinel, length) != length) return false;
    let found: u32 = 0;
    for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
      const mark = slots.mark(slot);
      if ((mark & LIST) != list || slots.isGhost(slot) != list >= B1) return false;
      if ((mark & LONG) == 0) found++;
    }
    return found == short;
  }
}
