/**
 * S3-FIFO: three FIFO queues. A page enters the small queue. With enough hits it moves to the main queue, otherwise it is
 * evicted soon and remembered in the ghost queue. Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache
 * eviction", SOSP (2023), algorithm 1.
 *
 *   new ──> small (10 %) ──────── enough hits ────────> main (90 %) <──┐ hits left:
 *               │                                        ^     └───────┘ one less, another round
 *               └─ too few ─> ghosts (90 %) ── again ────┘     │
 *                             of its pages                     └─ none: evicted
 *
 * A mark counts a page's hits, up to 3, and has a bit for pages in main.
 *
 * What differs: a page that moves on may make the main queue exceed its share until the next eviction, which is then from
 * that queue, as in the authors' program; algorithm 1 evicts from a full main queue at once, and so may evict twice for one
 * page. The small queue has room for at least one page.
 */
import { NONE } from "../../abi/core";
import { FixedPolicy } from "../contract";
import { GhostQueue } from "../parts/ghost-queue";
import { SlotList } from "../parts/slot-list";

const HITS: u32 = 3;
const MAIN: u32 = 4;

@final
@unmanaged
export class S3Fifo extends FixedPolicy {
  private small: SlotList;
  private main: SlotList;
  private ghosts: GhostQueue;
  private smallShare: f64;
  private ghostShare: f64;
  /** The hits with which a page moves from the small queue to the main one. */
  private minHits: u32;

  create(capacity: u32, parameters: usize): bool {
    this.smallShare = load<f64>(parameters);
    this.ghostShare = load<f64>(parameters, 8);
    this.minHits = <u32>load<f64>(parameters, 16);
    if (!this.createSlots(capacity, <u64>(<f64>capacity * this.ghostShare), 3)) return false;
    this.small = SlotList.create(this.slots, 0);
    this.main = SlotList.create(this.slots, 1);
    this.ghosts = GhostQueue.create(this.slots, 2);
    return changetype<usize>(this.ghosts) != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const mark = this.slots.mark(slot);
    if ((mark & HITS) < HITS) this.slots.setMark(slot, mark + 1);
  }

  @inline
  miss(slot: u32): void {
    this.ghosts.request(slot);
  }

  evict(): u32 {
    const share = max(<u32>(<f64>this.capacity * this.smallShare), 1);
    const victim = this.small.length >= share ? this.evictSmall() : NONE;
    if (victim != NONE) return victim;
    return this.main.length > 0 ? this.evictMain() : this.evictSmall();
  }

  /** Evicts from the small queue; NONE when every page of it moved on. */
  private evictSmall(): u32 {
    const slots = this.slots;
    const small = this.small;
    while (small.length > 0) {
      const slot = small.pop();
      if (slots.mark(slot) < this.minHits) {
        slots.setMark(slot, 0);
        this.ghosts.remember(slot, <u32>(<f64>this.capacity * this.ghostShare));
        return slot;
      }
      slots.setMark(slot, MAIN);
      this.main.push(slot);
    }
    return NONE;
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
      this.small.push(slot);
    }
  }

  remove(slot: u32): void {
    if ((this.slots.mark(slot) & MAIN) != 0) this.main.remove(slot);
    else this.small.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.small.length + this.main.length == slots.residents &&
      this.ghosts.length == slots.ghosts &&
      this.small.isValid(slots, MAIN, 0, false) &&
      this.main.isValid(slots, MAIN, MAIN, false) &&
      this.ghosts.isValid(HITS | MAIN, 0)
    );
  }
}
