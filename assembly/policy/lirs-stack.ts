/**
 * The stack of LIRS: pages by recency, resident and not, as far down as the last LIR page. Its list runs through the
 * slots' nodes; a slot's mark says what the page is.
 *
 *   top (front) ─> LIR, HIR and ghosts ─> … ─> bottom (back): LIR, or there is none in the stack
 */
import { make } from "../core/arena";
import { List } from "../core/list";
import { Slots } from "./slots";

/** Bits of a mark. A page is LIR or HIR; HIR pages are in the stack or not. */
const LIR: u32 = 1;
const STACKED: u32 = 2;

@final
@unmanaged
export class LirsStack {
  length: u32;
  /** How many LIR pages there are; all are in the stack. */
  lirs: u32;
  private slots: Slots;

  /** In the first of the slots' lists; null when memory is out. */
  static create(slots: Slots): LirsStack {
    const stack = make<LirsStack>();
    if (changetype<usize>(stack) != 0) stack.slots = slots;
    return stack;
  }

  @inline
  isLir(slot: u32): bool {
    return (this.slots.mark(slot) & LIR) != 0;
  }

  @inline
  has(slot: u32): bool {
    return (this.slots.mark(slot) & STACKED) != 0;
  }

  /** The page at the bottom; a sentinel where the stack is empty. */
  @inline
  bottom(): u32 {
    return List.back(this.slots.nodes, this.slots.count);
  }

  @inline
  push(slot: u32): void {
    this.slots.setMark(slot, STACKED);
    List.insertAfter(this.slots.nodes, this.slots.count, slot);
    this.length++;
  }

  /** Moves a page of the stack to its top. */
  @inline
  lift(slot: u32): void {
    List.moveToFront(this.slots.nodes, this.slots.count, slot);
  }

  /** A HIR page of the stack becomes LIR. */
  @inline
  promote(slot: u32): void {
    this.slots.setMark(slot, LIR | STACKED);
    this.lirs++;
  }

  /** Takes a page out; it is HIR from now on. */
  @inline
  pop(slot: u32): void {
    if (this.isLir(slot)) this.lirs--;
    this.slots.setMark(slot, 0);
    List.remove(this.slots.nodes, slot);
    this.length--;
  }

  /** Does it hold as many pages as it counts, every LIR page and every ghost? */
  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    if (List.length(nodes, slots.count, this.length) != this.length) return false;
    let lirs: u32 = 0;
    let ghosts: u32 = 0;
    for (let page = List.front(nodes, slots.count); page != slots.count; page = List.next(nodes, page)) {
      if (!this.has(page) || (this.isLir(page) && !slots.isResident(page))) return false;
      if (this.isLir(page)) lirs++;
      if (slots.isGhost(page)) ghosts++;
    }
    return lirs == this.lirs && ghosts == slots.ghosts;
  }
}
