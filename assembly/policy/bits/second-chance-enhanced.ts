/**
 * Enhanced second chance: a clock that reads R and M and prefers a page that need not be written. In up to four passes from
 * the hand, the first page found is evicted:
 *
 *   pass 1    R = 0, M = 0    changes nothing
 *   pass 2    R = 0, M = 1    clears the R bits that it passes
 *   pass 3    like pass 1: after a whole round every R is 0
 *   pass 4    like pass 2
 *
 * Silberschatz, Galvin and Gagne, "Operating system concepts" (9th edition, 2012), section 9.4.5.3; the passes from
 * Stallings, "Operating systems", section 8.2, after Goldstein's account of the Macintosh (1989).
 *
 * Differences: the victims are the same, but passes 1 and 3 check only candidates, pages that are not known to be
 * referenced or dirty. Candidates are new pages, and pages whose R pass 2 cleared while M was 0; both are in the order of
 * the ring from `look` on. A page that fails the check is not a candidate until its R is cleared again. So a fault in a memory
 * full of dirty pages does not walk the whole ring, and costs amortised O(1).
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";

const CANDIDATE: u32 = 1;

@final
@unmanaged
export class SecondChanceEnhanced extends BitPolicy {
  /** Sentinel of the ring, which is skipped. */
  private ring: u32;
  /** The page at the hand; the sentinel stands for the page after it. */
  private hand: u32;
  /** The start of the candidates; they end before the hand. */
  private look: u32;
  private candidates: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, 0, 1)) return false;
    this.ring = this.slots.count;
    this.hand = this.ring;
    this.look = this.ring;
    return true;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  /** The page takes the place of the evicted one, just behind the hand. */
  @inline
  insert(slot: u32, kind: u32): void {
    const slots = this.slots;
    this.bits.enter(slot, kind);
    List.insertAfter(slots.nodes, List.previous(slots.nodes, this.hand), slot);
    if (this.candidates == 0) this.look = slot;
    this.makeCandidate(slot);
  }

  @inline
  private makeCandidate(slot: u32): void {
    this.slots.setMark(slot, CANDIDATE);
    this.candidates++;
  }

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    let victim = this.findClean();
    if (victim == NONE) victim = this.findDirty();
    if (victim == NONE) victim = this.findClean();
    if (victim == NONE) victim = this.page(this.hand);
    this.hand = this.after(victim);
    this.remove(victim);
    return victim;
  }

  /** Passes 1 and 3. */
  private findClean(): u32 {
    const slots = this.slots;
    const bits = this.bits;
    let look = this.look;
    while (this.candidates > 0) {
      look = this.page(look);
      if (slots.mark(look) == CANDIDATE) {
        if (!bits.isAccessed(look) && !bits.isDirty(look)) break;
        slots.setMark(look, 0);
        this.candidates--;
      }
      look = this.after(look);
    }
    this.look = look;
    return this.candidates > 0 ? look : NONE;
  }

  /** Pass 2: no page is both clean and unreferenced, so the first unreferenced page is dirty. */
  private findDirty(): u32 {
    const bits = this.bits;
    let page = this.page(this.hand);
    this.look = page;
    for (let left = this.slots.residents; left > 0; left--) {
      if (!bits.testAndClearAccessed(page)) return page;
      if (!bits.isDirty(page)) this.makeCandidate(page);
      page = this.page(this.after(page));
    }
    return NONE;
  }

  /** The page at a place in the ring. */
  @inline
  private page(place: u32): u32 {
    return place == this.ring ? List.front(this.slots.nodes, place) : place;
  }

  @inline
  private after(page: u32): u32 {
    return List.next(this.slots.nodes, page);
  }

  remove(slot: u32): void {
    const slots = this.slots;
    if (slots.mark(slot) == CANDIDATE) this.candidates--;
    if (this.hand == slot) this.hand = this.after(slot);
    if (this.look == slot) this.look = this.after(slot);
    List.remove(slots.nodes, slot);
    slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    if (slots.ghosts != 0 || List.length(nodes, this.ring, slots.residents) != slots.residents) return false;
    if (this.hand != this.ring && !slots.isResident(this.hand)) return false;
    if (this.look != this.ring && !slots.isResident(this.look)) return false;
    let candidates: u32 = 0;
    for (let page = List.front(nodes, this.ring); page != this.ring; page = List.next(nodes, page)) {
      if (slots.mark(page) == CANDIDATE) candidates++;
    }
    return candidates == this.candidates;
  }
}
