/**
 * SR-LRU, Cacheus's recency expert: pages requested once are separate from reused ones, so that a scan evicts only its own
 * pages. Rodriguez and others, "Learning cache replacement with Cacheus", FAST (2021), section 3.
 *
 *   new ──> SR ─────────── hit ──────────> R <── a ghost returns
 *           │ ^                            │
 *           │ └─ demoted, when R is full ──┘     front of each: requested last, or demoted last
 *           └─> victim
 *
 * The sizes of its two parts adapt: a hit on a demoted page shows that R was too short, a new page that returns from this
 * expert's history that SR was. A page that entered SR after memory was full, or its ghost, is new, also after hits, until
 * it returns: that is the authors' program; in the paper a hit ends it. A miss leaves R one page below its room, as in the
 * program, so that SR has at least two pages and the experts can disagree.
 */
import { make } from "../../core/arena";
import { SlotList } from "../parts/slot-list";
import { Slots } from "../slots";

/** Marks: a page's part, which is also its list's number, and its state there. */
export const SR: u32 = 0;
export const R: u32 = 1;
export const PLACE: u32 = 3;
export const NEW: u32 = 4;
export const DEMOTED: u32 = 8;

@final
@unmanaged
export class SrLru {
  /** New pages in the history; maintained by the owner. */
  newGhosts: u32;
  private slots: Slots;
  private once: SlotList; // SR
  private reused: SlotList; // R
  /** The target size of SR, at least 1; R has the rest. */
  private target: u32;
  /** Pages of SR that were demoted. */
  private demoted: u32;

  /** Null when memory is out. */
  static create(slots: Slots): SrLru {
    const nothing = changetype<SrLru>(0);
    const expert = make<SrLru>();
    if (changetype<usize>(expert) == 0) return nothing;
    expert.slots = slots;
    expert.once = SlotList.create(slots, SR);
    expert.reused = SlotList.create(slots, R);
    const isComplete = changetype<usize>(expert.once) != 0 && changetype<usize>(expert.reused) != 0;
    return isComplete ? expert : nothing;
  }

  /** Sets the first target size of SR, before the first request. */
  start(target: u32): void {
    this.target = max(target, 1);
  }

  @inline
  get length(): u32 {
    return this.once.length + this.reused.length;
  }

  /** The page that this expert would evict; there must be one. */
  @inline
  get victim(): u32 {
    return this.once.length > 0 ? this.once.back : this.reused.back;
  }

  hit(slot: u32, capacity: u32): void {
    const mark = this.slots.mark(slot);
    if ((mark & PLACE) == R) {
      this.reused.moveToFront(slot);
      return;
    }
    if ((mark & DEMOTED) != 0) this.growReused();
    this.remove(slot);
    this.slots.setMark(slot, R | (mark & NEW));
    this.reused.push(slot);
    this.limitReused(this.room(capacity));
  }

  /**
   * Inserts a page that is not remembered: while memory fills, into R and then SR; afterwards as a new page into SR.
   */
  enter(slot: u32, capacity: u32, isFilling: bool): void {
    if (isFilling && this.once.length == 0 && this.reused.length < this.room(capacity)) {
      this.slots.setMark(slot, R);
      this.reused.push(slot);
      return;
    }
    const isFirst = isFilling && this.once.length < this.target;
    this.slots.setMark(slot, isFirst ? SR : SR | NEW);
    this.once.push(slot);
    if (!isFirst) this.limitReused(max(this.room(capacity), 1) - 1);
  }

  /** Inserts `slot`, a ghost that returns, at the front of R. */
  enterReused(slot: u32, capacity: u32): void {
    this.slots.setMark(slot, R);
    this.reused.push(slot);
    this.limitReused(max(this.room(capacity), 1) - 1);
  }

  remove(slot: u32): void {
    const mark = this.slots.mark(slot);
    if ((mark & DEMOTED) != 0) this.demoted--;
    if ((mark & PLACE) == R) this.reused.remove(slot);
    else this.once.remove(slot);
  }

  /** Grows SR: a new page that it evicted returns. `newGhosts` still includes that page. */
  growOnce(capacity: u32): void {
    const step = <u32>(<f64>this.demoted / <f64>max(this.newGhosts - 1, 1) + 0.5);
    this.target = min(this.target + max(step, 1), max(capacity - 1, 1));
  }

  /** Grows R: a page that it demoted is hit. */
  private growReused(): void {
    const step = <u32>(<f64>this.newGhosts / <f64>max(this.demoted, 1) + 0.5);
    this.target -= min(max(step, 1), this.target - 1);
  }

  @inline
  private room(capacity: u32): u32 {
    return capacity - min(this.target, capacity);
  }

  /** Demotes the pages of R beyond `room`. */
  private limitReused(room: u32): void {
    while (this.reused.length > room) {
      const last = this.reused.pop();
      this.slots.setMark(last, SR | DEMOTED | (this.slots.mark(last) & NEW));
      this.once.push(last);
      this.demoted++;
    }
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.once.isValid(slots, PLACE, SR, false) &&
      this.once.marked(slots, DEMOTED) == this.demoted &&
      this.reused.isValid(slots, PLACE | DEMOTED, R, false) &&
      (this.target >= 1 || this.length == 0)
    );
  }
}
