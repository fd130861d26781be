/**
 * The stack of LIRS: pages by recency, resident or not, down to the last LIR page. Its list runs through the slots' nodes;
 * a slot's mark holds the page's type.
 *
 *   top (front) ─> LIR, HIR and ghosts ─> … ─> bottom (back): a LIR page, if the stack has one
 */
import { make } from "../../core/arena";
import { List } from "../../core/list";
import { Slots } from "../slots";

/** Bits of a mark. A page is LIR or HIR; HIR pages are in the stack or not. */
const LIR: u32 = 1;
const STACKED: u32 = 2;

@final
@unmanaged
export class LirsStack {
  length: u32;
  /** The number of LIR pages; all are in the stack. */
  lirs: u32;
  private slots: Slots;

  /** Uses the first of the slots' lists; null when memory is out. */
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

  /** The page at the bottom; the sentinel when the stack is empty. */
  @inline
  bottom(): u32 {
    return List.back(this.slots.nodes, this.slots.count);
  }

  /** The page at the top; the sentinel when the stack is empty. */
  @inline
  top(): u32 {
    return List.front(this.slots.nodes, this.slots.count);
  }

  @inline
  push(slot: u32): void {
    this.slots.setMark(slot, STACKED);
    List.insertAfter(this.slots.nodes, this.slots.count, slot);
    this.length++;
  }

  /** Moves a page of the stack to its top. */
  @inline
  moveToTop(slot: u32): void {
    List.moveToFront(this.slots.nodes, this.slots.count, slot);
  }

  /** Makes a HIR page of the stack LIR. */
  @inline
  promote(slot: u32): void {
    this.slots.setMark(slot, LIR | STACKED);
    this.lirs++;
  }

  /** Removes a page from the stack; it becomes HIR. */
  @inline
  pop(slot: u32): void {
    if (this.isLir(slot)) this.lirs--;
    this.slots.setMark(slot, 0);
    List.remove(this.slots.nodes, slot);
    this.length--;
  }

  /** Is true when the stack holds as many pages as it counts, every LIR page and every ghost. */
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
