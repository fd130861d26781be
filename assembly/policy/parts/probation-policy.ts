/**
 * Two queues and ghosts: a new page enters the probation queue, and moves to the main one if it was requested often enough
 * when it reaches the end. Otherwise it is evicted and remembered. The main queue is a clock, whose counters are the hits.
 *
 *   new ──> probation ── enough hits ──> main <──┐ hits left:
 *               │                         ^ └────┘ one less, another round
 *               └─> ghosts ── requested ──┘ └─> evicted, without any
 *
 * Such a policy adds from which queue it evicts, how many hits are enough, and whether it releases pages.
 */
import { Policy } from "../contract";
import { GhostQueue } from "./ghost-queue";
import { SlotList } from "./slot-list";

/** A mark counts a page's hits, and has a bit for pages in main. */
const HITS: u32 = 15;
const MAIN: u32 = 16;

@unmanaged
export abstract class ProbationPolicy extends Policy {
  protected probation: SlotList;
  protected main: SlotList;
  protected ghosts: GhostQueue;
  private probationShare: f64;
  private ghostShare: f64;

  /** For `create`: makes slots and queues; `parameters` begin with the two shares. False when memory is out. */
  protected createQueues(capacity: u32, parameters: usize): bool {
    this.probationShare = load<f64>(parameters);
    this.ghostShare = load<f64>(parameters, 8);
    if (!this.createSlots(capacity, <u64>(<f64>capacity * this.ghostShare), 3)) return false;
    this.ahead = 0;
    this.probation = SlotList.create(this.slots, 0);
    this.main = SlotList.create(this.slots, 1);
    this.ghosts = GhostQueue.create(this.slots, 2);
    if (changetype<usize>(this.probation) == 0 || changetype<usize>(this.main) == 0) return false;
    return changetype<usize>(this.ghosts) != 0;
  }

  @inline
  readsBits(): bool {
    return false;
  }

  @inline
  expiresAfterHits(): bool {
    return false;
  }

  /** For `hit`: counts a hit, up to `most`, at most 15. */
  @inline
  protected count(slot: u32, most: u32): void {
    const mark = this.slots.mark(slot);
    if ((mark & HITS) < most) this.slots.setMark(slot, mark + 1);
  }

  /** The probation queue's share of the frames, at least 1. */
  @inline
  protected get probationRoom(): u32 {
    return max(<u32>(<f64>this.capacity * this.probationShare), 1);
  }

  /** Moves `slot`, which is in no list, to main. */
  @inline
  protected admit(slot: u32): void {
    this.slots.setMark(slot, MAIN);
    this.main.push(slot);
  }

  /** Evicts `slot`, which left the probation queue; it becomes a ghost. */
  @inline
  protected demote(slot: u32): void {
    this.slots.setMark(slot, 0);
    this.ghosts.remember(slot, <u32>(<f64>this.capacity * this.ghostShare));
  }

  /** Evicts the first page of main without hits; there must be a page. */
  protected evictMain(): u32 {
    const victim = this.unlinkVictim();
    this.slots.free(victim);
    return victim;
  }

  /** Unlinks the first page of main without hits, which stays resident; there must be a page. */
  protected unlinkVictim(): u32 {
    const slots = this.slots;
    const main = this.main;
    let victim = main.back;
    for (let mark = slots.mark(victim); mark != MAIN; mark = slots.mark(victim)) {
      slots.setMark(victim, mark - 1);
      main.moveToFront(victim);
      victim = main.back;
    }
    main.remove(victim);
    return victim;
  }

  /** For `insert`: a ghost enters main, another page the probation queue. */
  @inline
  protected enter(slot: u32): void {
    if (this.slots.isGhost(slot)) {
      this.ghosts.remove(slot);
      this.admit(slot);
    } else {
      this.probation.push(slot);
    }
  }

  /** For `remove`: unlinks a page that is in one of the queues. */
  @inline
  protected leave(slot: u32): void {
    if ((this.slots.mark(slot) & MAIN) != 0) this.main.remove(slot);
    else this.probation.remove(slot);
  }

  /** For `isValid`: is true when the queues are sound and hold all resident pages but `unlisted`. */
  protected areQueuesValid(unlisted: u32): bool {
    const slots = this.slots;
    return (
      this.probation.length + this.main.length + unlisted == slots.residents &&
      this.ghosts.length == slots.ghosts &&
      this.probation.isValid(slots, MAIN, 0, false) &&
      this.main.isValid(slots, MAIN, MAIN, false) &&
      this.ghosts.isValid(HITS | MAIN, 0)
    );
  }
}
