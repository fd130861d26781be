/**
 * ARC, the adaptive replacement cache: pages seen once (T1) and more than once (T2), each with the ghosts of its evicted
 * pages (B1, B2). A hit on a ghost moves the target size `p` of T1 towards the list that would have kept it. Megiddo and
 * Modha, "ARC: a self-tuning, low overhead replacement cache", FAST (2003), figure 4.
 *
 *         L1: seen once                L2: seen more often
 *   B1 ········· T1 ─────────│───────── T2 ········· B2        front of each: most recently used
 *
 * Differences: figure 4's steps are distributed over the hooks. `miss` does its adaptation and drops the ghosts of CASE
 * IV, `evict` does its REPLACE. After capacity has shrunk, `miss` drops ghosts until the paper's bounds hold again.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

/** Marks: the list that a page is in. Its sentinel is `count + mark`, its length `lengths[mark]`. */
const T1: u32 = 0;
const T2: u32 = 1;
const B1: u32 = 2;
const B2: u32 = 3;

@final
@unmanaged
export class Arc extends FixedPolicy {
  private t1: u32; // lengths of the four lists
  private t2: u32;
  private b1: u32;
  private b2: u32;
  /** Target length of T1. */
  private p: f64;
  /** The ghost list of the page being requested, B1 or B2; T1 when it is not remembered. */
  private origin: u32;

  create(capacity: u32, _parameters: usize): bool {
    return this.createSlots(capacity, capacity, 4);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == T1) {
      this.t1--;
      this.t2++;
      slots.setMark(slot, T2);
    }
    List.moveToFront(slots.nodes, slots.count + T2, slot);
  }

  miss(slot: u32, _key: u64): void {
    this.origin = slot == NONE ? T1 : this.slots.mark(slot);
    if (slot == NONE) this.forget();
    else this.adapt();
  }

  /** CASE II and III: a ghost shows which of T1 and T2 was too short. */
  private adapt(): void {
    const b1 = <f64>this.b1;
    const b2 = <f64>this.b2;
    if (this.origin == B2) this.p = max(this.p - (b2 >= b1 ? 1 : b1 / b2), 0);
    else this.p = min(this.p + (b1 >= b2 ? 1 : b2 / b1), <f64>this.capacity);
  }

  /**
   * CASE IV: makes room for one more page in L1 and in total. When T1 fills L1, the page that is discarded makes that
   * room.
   */
  private forget(): void {
    const capacity = this.capacity;
    while (this.t1 + this.b1 >= capacity && this.b1 > 0) this.dropGhost(B1);
    const most = 2 * <u64>capacity - (this.t1 >= capacity ? 0 : 1);
    while (<u64>this.t1 + this.t2 + this.b1 + this.b2 > most && this.b2 > 0) this.dropGhost(B2);
  }

  private dropGhost(list: u32): void {
    const slots = this.slots;
    const ghost = List.back(slots.nodes, slots.count + list);
    List.remove(slots.nodes, ghost);
    slots.free(ghost);
    if (list == B1) this.b1--;
    else this.b2--;
  }

  /** REPLACE. In CASE IV, when T1 alone fills L1, its last page is evicted without becoming a ghost. */
  evict(): u32 {
    const t1 = <f64>this.t1;
    if (this.t1 > 0 && (this.t2 == 0 || t1 > this.p || (this.origin == B2 && t1 == this.p))) {
      return this.origin == T1 && this.t1 >= this.capacity ? this.discard() : this.demote(T1, B1);
    }
    return this.t2 > 0 ? this.demote(T2, B2) : NONE;
  }

  private discard(): u32 {
    const slots = this.slots;
    const victim = List.back(slots.nodes, slots.count + T1);
    List.remove(slots.nodes, victim);
    slots.free(victim);
    this.t1--;
    return victim;
  }

  @inline
  private demote(from: u32, to: u32): u32 {
    const slots = this.slots;
    const victim = List.back(slots.nodes, slots.count + from);
    List.moveToFront(slots.nodes, slots.count + to, victim);
    slots.setMark(victim, to);
    slots.remember(victim);
    if (from == T1) {
      this.t1--;
      this.b1++;
    } else {
      this.t2--;
      this.b2++;
    }
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (!slots.isGhost(slot)) {
      this.t1++;
      List.insertAfter(slots.nodes, slots.count + T1, slot);
      return;
    }
    if (slots.mark(slot) == B1) this.b1--;
    else this.b2--;
    this.t2++;
    slots.setMark(slot, T2);
    List.moveToFront(slots.nodes, slots.count + T2, slot);
  }

  remove(slot: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == T1) this.t1--;
    else this.t2--;
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.t1 + this.t2 != slots.residents || this.b1 + this.b2 != slots.ghosts) return false;
    if (this.p < 0 || slots.residents + slots.ghosts > slots.count) return false;
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
    const sentinel = slots.count + list;
    if (List.length(slots.nodes, sentinel, length) != length) return false;
    for (
      let slot = List.front(slots.nodes, sentinel);
      slot != sentinel;
      slot = List.next(slots.nodes, slot)
    ) {
      if (slots.mark(slot) != list || slots.isGhost(slot) != list >= B1) return false;
    }
    return true;
  }
}
