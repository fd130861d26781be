/**
 * LeCaR, learning cache replacement: two experts, LRU and LFU, one of which is drawn by weight for each eviction. When a
 * page is requested again soon after an expert evicted it, that expert loses weight. Vietri, Rodriguez, Martinez, Lyons,
 * Liu, Rangaswami, Zhao and Narasimhan, "Driving cache replacement with ML-based LeCaR", HotStorage (2018), algorithms 1
 * and 2.
 *
 *   resident ── LRU's victim ──> history of LRU's ──┐ requested after t requests:
 *      │   ^                                        ├─ the other expert's weight times e^(rate · d^t),
 *      └── │ ─ LFU's victim ──> history of LFU's ───┘  d^frames = 0.005
 *          └────────────────────────┘
 *
 * Differences, all as in the authors' program: each history is half as long as memory; a page that both experts would
 * evict is not remembered; a page that returns keeps its frequency; neither weight falls below 1 %. Of equally frequent
 * pages, LFU's victim is the one requested longest ago.
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { FrequencyOrder } from "../parts/frequency-order";
import { GhostQueue } from "../parts/ghost-queue";
import { SlotList } from "../parts/slot-list";
import { Usage } from "../parts/usage";

/** Marks: the expert that evicted a ghost; residents have 0. */
const BY_LRU: u32 = 1;
const BY_LFU: u32 = 2;
const MARKS: u32 = 3;

/** The logarithm of the discount after as many requests as there are frames: 0.005. */
const DISCOUNT_LOG: f64 = -5.298317366548036;
const MIN_WEIGHT: f64 = 0.01;

@final
@unmanaged
export class LeCaR extends FixedPolicy {
  /** The stack of LRU: the page requested last in front. */
  private stack: SlotList;
  private frequencies: FrequencyOrder;
  private lruGhosts: GhostQueue;
  private lfuGhosts: GhostQueue;
  private rng: Rng;
  /** Requests so far. */
  private now: u64;
  /** Weight of LRU; LFU has the rest to 1. */
  private weight: f64;
  private rate: f64;
  private historyShare: f64;

  create(capacity: u32, parameters: usize): bool {
    this.rate = load<f64>(parameters);
    this.historyShare = load<f64>(parameters, 8);
    this.weight = 0.5;
    if (!this.createSlots(capacity, 2 * <u64>(<f64>capacity * this.historyShare), 3)) return false;
    const slots = this.slots;
    this.stack = SlotList.create(slots, 0);
    this.lruGhosts = GhostQueue.create(slots, BY_LRU);
    this.lfuGhosts = GhostQueue.create(slots, BY_LFU);
    this.frequencies = FrequencyOrder.create(slots, capacity, false);
    this.rng = make<Rng>();
    if (changetype<usize>(this.stack) == 0 || changetype<usize>(this.lruGhosts) == 0) return false;
    if (changetype<usize>(this.lfuGhosts) == 0 || changetype<usize>(this.frequencies) == 0) return false;
    if (changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters, 16));
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.now++;
    this.stack.moveToFront(slot);
    this.frequencies.request(slot, this.now);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.now++;
    const mark = slot == NONE ? 0 : this.slots.mark(slot);
    this.lruGhosts.request(mark == BY_LRU ? slot : NONE);
    this.lfuGhosts.request(mark == BY_LFU ? slot : NONE);
    if (slot != NONE) this.adjustWeights(slot);
  }

  /** Adjusts the weights when a victim is requested again: the other expert gains, the more the sooner it is. */
  private adjustWeights(slot: u32): void {
    const age = this.now - Usage.time(this.frequencies.usage(slot));
    const discount = Math.exp((DISCOUNT_LOG * <f64>age) / <f64>this.capacity);
    const gain = Math.exp(this.rate * discount);
    const byLru = this.slots.mark(slot) == BY_LRU;
    const lru = byLru ? this.weight : this.weight * gain;
    const lfu = byLru ? (1 - this.weight) * gain : 1 - this.weight;
    this.weight = min(max(lru / (lru + lfu), MIN_WEIGHT), 1 - MIN_WEIGHT);
  }

  evict(): u32 {
    if (this.stack.length == 0) return NONE;
    const slots = this.slots;
    const oldest = this.stack.back;
    const rarest = this.frequencies.first();
    const agreed = oldest == rarest;
    const byLru = agreed || this.rng.real() < this.weight;
    const victim = byLru ? oldest : rarest;
    this.unlink(victim);
    const room = agreed ? 0 : <u32>(<f64>this.capacity * this.historyShare);
    if (room == 0) {
      slots.free(victim);
      return victim;
    }
    slots.setMark(victim, byLru ? BY_LRU : BY_LFU);
    if (byLru) this.lruGhosts.remember(victim, room);
    else this.lfuGhosts.remember(victim, room);
    return victim;
  }

  @inline
  private unlink(slot: u32): void {
    this.stack.remove(slot);
    this.frequencies.remove(slot, this.now);
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const frequency = this.slots.isGhost(slot) ? this.removeGhost(slot) + 1 : 1;
    this.slots.setMark(slot, 0);
    this.stack.push(slot);
    this.frequencies.add(slot, frequency, this.now);
  }

  /** Removes a ghost from its queue; the frequency that it had. */
  private removeGhost(slot: u32): u64 {
    if (this.slots.mark(slot) == BY_LRU) this.lruGhosts.remove(slot);
    else this.lfuGhosts.remove(slot);
    return Usage.frequency(this.frequencies.usage(slot));
  }

  remove(slot: u32): void {
    this.unlink(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.stack.length == slots.residents &&
      this.lruGhosts.length + this.lfuGhosts.length == slots.ghosts &&
      this.stack.isValid(slots, MARKS, 0, false) &&
      this.frequencies.isValid(slots, slots.residents) &&
      this.lruGhosts.isValid(MARKS, BY_LRU) &&
      this.lfuGhosts.isValid(MARKS, BY_LFU) &&
      this.weight >= MIN_WEIGHT &&
      this.weight <= 1 - MIN_WEIGHT
    );
  }
}
