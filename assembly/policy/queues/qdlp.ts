/**
 * QD-LP-FIFO, quick demotion and lazy promotion: a new page that is not requested in a short queue is evicted; otherwise it
 * moves to a clock of two bits, which moves nothing on a hit. Yang, Qiu, Zhang, Yue and Rashmi, "FIFO can be better than
 * LRU: the power of lazy promotion and quick demotion", HotOS (2023), section 4.
 *
 *   new ──> probation (10 %) ─── requested ───> main (90 %) <──┐ counter above 0:
 *               │                                ^     └───────┘ one less, another round
 *               └─ not ──> ghosts (90 %) ─ again ┘     │
 *                                                      └─ 0: evicted
 *
 * A mark counts a page's hits, up to the maximum of the clock's bits, and has a bit for pages in main.
 *
 * Unlike in s3-fifo, its successor, one hit is enough to move on, and main never exceeds its share, so a page that enters a
 * full main queue evicts another. What the paper leaves open: when a ghost returns to a full main queue, main's own victim
 * is evicted. The probation queue has room for at least one page.
 */
import { NONE } from "../../abi/core";
import { FixedPolicy } from "../contract";
import { GhostQueue } from "../parts/ghost-queue";
import { SlotList } from "../parts/slot-list";

const HITS: u32 = 15;
const MAIN: u32 = 16;

@final
@unmanaged
export class Qdlp extends FixedPolicy {
  private probation: SlotList;
  private main: SlotList;
  private ghosts: GhostQueue;
  private probationShare: f64;
  private ghostShare: f64;
  /** The maximum of the clock's counters. */
  private most: u32;
  /** A ghost is being requested; its page will enter main. */
  private returns: bool;

  create(capacity: u32, parameters: usize): bool {
    this.probationShare = load<f64>(parameters);
    this.ghostShare = load<f64>(parameters, 8);
    this.most = (1 << (<u32>load<f64>(parameters, 16))) - 1;
    if (!this.createSlots(capacity, <u64>(<f64>capacity * this.ghostShare), 3)) return false;
    this.probation = SlotList.create(this.slots, 0);
    this.main = SlotList.create(this.slots, 1);
    this.ghosts = GhostQueue.create(this.slots, 2);
    return changetype<usize>(this.main) != 0 && changetype<usize>(this.ghosts) != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const mark = this.slots.mark(slot);
    if ((mark & HITS) < this.most) this.slots.setMark(slot, mark + 1);
  }

  @inline
  miss(slot: u32): void {
    this.returns = slot != NONE;
    this.ghosts.request(slot);
  }

  evict(): u32 {
    const slots = this.slots;
    const probation = this.probation;
    const main = this.main;
    const room = this.mainShare();
    if (main.length > room) return this.evictMain();
    while (probation.length > 0) {
      const slot = probation.pop();
      if (slots.mark(slot) == 0) {
        this.ghosts.remember(slot, <u32>(<f64>this.capacity * this.ghostShare));
        return slot;
      }
      const victim = main.length > 0 && main.length >= room ? this.evictMain() : NONE;
      slots.setMark(slot, MAIN);
      main.push(slot);
      if (victim != NONE) return victim;
    }
    return main.length > 0 ? this.evictMain() : NONE;
  }

  /** Main's share, less the place for a ghost that is being requested. */
  private mainShare(): u32 {
    const taken = max(<u32>(<f64>this.capacity * this.probationShare), 1) + <u32>this.returns;
    return this.capacity - min(taken, this.capacity);
  }

  private evictMain(): u32 {
    const slots = this.slots;
    const main = this.main;
    let victim = main.back;
    for (let mark = slots.mark(victim); mark != MAIN; mark = slots.mark(victim)) {
      slots.setMark(victim, mark - 1);
      main.moveToFront(victim);
      victim = main.back;
    }
    main.remove(victim);
    slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    if (this.slots.isGhost(slot)) {
      this.ghosts.remove(slot);
      this.slots.setMark(slot, MAIN);
      this.main.push(slot);
    } else {
      this.probation.push(slot);
    }
  }

  remove(slot: u32): void {
    if ((this.slots.mark(slot) & MAIN) != 0) this.main.remove(slot);
    else this.probation.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.probation.length + this.main.length == slots.residents &&
      this.ghosts.length == slots.ghosts &&
      this.probation.isValid(slots, MAIN, 0, false) &&
      this.main.isValid(slots, MAIN, MAIN, false) &&
      this.ghosts.isValid(HITS | MAIN, 0)
    );
  }
}
