/**
 * 2Q: new pages are in a queue (A1in); those evicted from it are remembered (A1out), and only a request for one of these
 * puts a page into the main LRU list (Am). Johnson and Shasha, "2Q: a low overhead high performance buffer management
 * replacement algorithm", VLDB (1994), the full version.
 *
 *   new ──> A1in (first in, first out) ──> A1out, ghosts ──> forgotten
 *                                            │ request
 *                                            └──> Am (LRU) ──> forgotten         front of each: entered last
 *
 * Differences: the paper's `reclaimfor` is `evict`; a ghost that is being requested does not count in A1out, and is not
 * dropped meanwhile. When the paper would evict from Am and it is empty, the last page of A1in is evicted. Kin and Kout are
 * shares of the current frames, rounded down.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

/** Marks: the list that a page is in. Its sentinel is `count + mark`. */
const A1IN: u32 = 0;
const AM: u32 = 1;
const A1OUT: u32 = 2;

@final
@unmanaged
export class TwoQ extends FixedPolicy {
  private kin: f64;
  private kout: f64;
  /** Length of A1in; A1out's is the number of ghosts. */
  private a1in: u32;
  /** The ghost being requested, or NONE. */
  private requested: u32;

  create(capacity: u32, parameters: usize): bool {
    this.kin = load<f64>(parameters);
    this.kout = load<f64>(parameters, 8);
    this.requested = NONE;
    return this.createSlots(capacity, <u64>(this.kout * <f64>capacity) + 1, 3);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == AM) List.moveToFront(slots.nodes, slots.count + AM, slot);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.requested = slot;
  }

  evict(): u32 {
    const slots = this.slots;
    const am = List.back(slots.nodes, slots.count + AM);
    const hasAm = am != slots.count + AM;
    if (this.a1in == 0 && !hasAm) return NONE;
    if (this.a1in > <u32>(this.kin * <f64>this.capacity) || !hasAm) return this.demote();
    List.remove(slots.nodes, am);
    slots.free(am);
    return am;
  }

  /** A1in's last page becomes A1out's first. */
  @inline
  private demote(): u32 {
    const slots = this.slots;
    const victim = List.back(slots.nodes, slots.count + A1IN);
    this.a1in--;
    slots.setMark(victim, A1OUT);
    slots.remember(victim);
    List.moveToFront(slots.nodes, slots.count + A1OUT, victim);
    const most = <u32>(this.kout * <f64>this.capacity) + (this.requested == NONE ? 0 : 1);
    while (slots.ghosts > most) this.forget();
    return victim;
  }

  private forget(): void {
    const slots = this.slots;
    let ghost = List.back(slots.nodes, slots.count + A1OUT);
    if (ghost == this.requested) ghost = List.previous(slots.nodes, ghost);
    List.remove(slots.nodes, ghost);
    slots.free(ghost);
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    if (slots.isGhost(slot)) {
      slots.setMark(slot, AM);
      List.moveToFront(slots.nodes, slots.count + AM, slot);
    } else {
      this.a1in++;
      List.insertAfter(slots.nodes, slots.count + A1IN, slot);
    }
    if (slot == this.requested) this.requested = NONE;
  }

  remove(slot: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == A1IN) this.a1in--;
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.isListValid(A1IN, this.a1in) &&
      this.isListValid(AM, slots.residents - this.a1in) &&
      this.isListValid(A1OUT, slots.ghosts)
    );
  }

  /** Is true when `list` has this length and its pages have the right marks. */
  private isListValid(list: u32, length: u32): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    const sentinel = slots.count + list;
    if (List.length(nodes, sentinel, length) != length) return false;
    for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
      if (slots.mark(slot) != list || slots.isGhost(slot) != (list == A1OUT)) return false;
    }
    return true;
  }
}
