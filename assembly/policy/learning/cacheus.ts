/**
 * Cacheus: LeCaR with better experts and an adaptive learning rate (learning-rate.ts). The recency expert is SR-LRU
 * (sr-lru.ts), which resists scans. The frequency expert, CR-LFU, evicts the page requested last among the least frequent
 * ones, so that a part of a set too large for memory stays. Rodriguez, Yusuf, Lyons, Paz, Rangaswami, Liu, Zhao and
 * Narasimhan, "Learning cache replacement with Cacheus", FAST (2021), sections 3 and 4.
 *
 *   resident ── SR-LRU's victim ──> its history ──┐ requested again:
 *      │   ^                                      ├─ that expert's weight times e^-rate
 *      └── │ ─ CR-LFU's victim ──> its history ───┘
 *          └───────────────────────────┘
 *
 * As in the authors' program, SR starts with one page in a hundred, each history is half as long as memory, a page that both
 * experts would evict is not remembered, the request that brings a page back does not count for its frequency, and neither
 * weight falls below 1 %. Difference: weights have 64 bits.
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";
import { FrequencyOrder } from "../parts/frequency-order";
import { GhostQueue } from "../parts/ghost-queue";
import { Usage } from "../parts/usage";
import { LearningRate } from "./learning-rate";
import { DEMOTED, NEW, PLACE, SrLru } from "./sr-lru";

/** Marks of ghosts, in addition to those of sr-lru.ts: the expert that evicted them. */
const BY_LRU: u32 = 2;
const BY_LFU: u32 = 3;

const MIN_WEIGHT: f64 = 0.01;

@final
@unmanaged
export class Cacheus extends FixedPolicy {
  private recency: SrLru;
  private frequencies: FrequencyOrder; // CR-LFU
  private lruGhosts: GhostQueue;
  private lfuGhosts: GhostQueue;
  private rng: Rng;
  private learning: LearningRate;
  /** Requests so far. */
  private now: u64;
  /** Weight of SR-LRU; CR-LFU has the rest to 1. */
  private weight: f64;
  private onceShare: f64; // of SR, at first
  private historyShare: f64;
  /** Memory was not full at the last miss. */
  private isFilling: bool;

  create(capacity: u32, parameters: usize): bool {
    this.onceShare = load<f64>(parameters);
    this.historyShare = load<f64>(parameters, 8);
    this.weight = 0.5;
    if (!this.createSlots(capacity, 2 * <u64>(<f64>capacity * this.historyShare), 4)) return false;
    const slots = this.slots;
    this.recency = SrLru.create(slots);
    this.frequencies = FrequencyOrder.create(slots, capacity, true);
    this.lruGhosts = GhostQueue.create(slots, BY_LRU);
    this.lfuGhosts = GhostQueue.create(slots, BY_LFU);
    this.rng = make<Rng>();
    if (changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters, 16));
    this.learning = LearningRate.create(this.rng);
    if (changetype<usize>(this.recency) == 0 || changetype<usize>(this.frequencies) == 0) return false;
    if (changetype<usize>(this.lruGhosts) == 0 || changetype<usize>(this.lfuGhosts) == 0) return false;
    return changetype<usize>(this.learning) != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.now++;
    this.learning.advance(this.capacity);
    this.learning.countHit();
    this.frequencies.request(slot, this.now);
    this.recency.hit(slot, this.capacity);
  }

  miss(slot: u32, _key: u64): void {
    if (this.now++ == 0) this.start();
    this.learning.advance(this.capacity);
    this.isFilling = this.slots.residents < this.capacity;
    const place = slot == NONE ? 0 : this.slots.mark(slot) & PLACE;
    this.lruGhosts.request(place == BY_LRU ? slot : NONE);
    this.lfuGhosts.request(place == BY_LFU ? slot : NONE);
    if (slot != NONE) this.adjustWeights(slot);
  }

  /** Called at the first request, when the capacity is final: the machine's first tables have taken their frames. */
  private start(): void {
    this.recency.start(<u32>(<f64>this.capacity * this.onceShare + 0.5));
    this.learning.start(this.capacity);
  }

  /** Lowers the weight of the expert whose victim is requested again. */
  private adjustWeights(slot: u32): void {
    const mark = this.slots.mark(slot);
    const byLru = (mark & PLACE) == BY_LRU;
    if (byLru && (mark & NEW) != 0) this.recency.growOnce(this.capacity);
    const loss = Math.exp(-this.learning.rate);
    const lru = byLru ? this.weight * loss : this.weight;
    const lfu = byLru ? 1 - this.weight : (1 - this.weight) * loss;
    this.weight = min(max(lru / (lru + lfu), MIN_WEIGHT), 1 - MIN_WEIGHT);
  }

  evict(): u32 {
    const slots = this.slots;
    if (slots.residents == 0) return NONE;
    const oldest = this.recency.victim;
    const rarest = this.frequencies.first();
    const agreed = oldest == rarest;
    const byLru = agreed || this.rng.real() < this.weight;
    const victim = byLru ? oldest : rarest;
    this.recency.remove(victim);
    this.frequencies.remove(victim, this.now);
    const room = <u32>(<f64>this.capacity * this.historyShare);
    if (agreed || room == 0) slots.free(victim);
    else if (byLru) this.rememberLru(victim, room);
    else {
      slots.setMark(victim, BY_LFU);
      this.lfuGhosts.remember(victim, room);
    }
    return victim;
  }

  private rememberLru(victim: u32, room: u32): void {
    const slots = this.slots;
    const ghosts = this.lruGhosts;
    while (ghosts.others >= room) {
      if ((slots.mark(ghosts.oldest) & NEW) != 0) this.recency.newGhosts--;
      ghosts.forget();
    }
    const isNew = slots.mark(victim) & NEW;
    if (isNew != 0) this.recency.newGhosts++;
    slots.setMark(victim, BY_LRU | isNew);
    ghosts.remember(victim, room);
  }

  insert(slot: u32, _kind: u32): void {
    const returns = this.slots.isGhost(slot);
    const frequency = returns ? this.removeGhost(slot) : 1;
    this.frequencies.add(slot, frequency, this.now);
    if (returns) this.recency.enterReused(slot, this.capacity);
    else this.recency.enter(slot, this.capacity, this.isFilling);
  }

  /** Removes a ghost from its queue; the frequency that it had. */
  private removeGhost(slot: u32): u64 {
    const mark = this.slots.mark(slot);
    if ((mark & PLACE) == BY_LRU) this.lruGhosts.remove(slot);
    else this.lfuGhosts.remove(slot);
    if ((mark & NEW) != 0) this.recency.newGhosts--;
    return Usage.frequency(this.frequencies.usage(slot));
  }

  remove(slot: u32): void {
    this.recency.remove(slot);
    this.frequencies.remove(slot, this.now);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.recency.length == slots.residents &&
      this.lruGhosts.length + this.lfuGhosts.length == slots.ghosts &&
      this.recency.isValid() &&
      this.frequencies.isValid(slots, slots.residents) &&
      this.lruGhosts.isValid(PLACE | DEMOTED, BY_LRU) &&
      this.lruGhosts.marked(NEW) == this.recency.newGhosts &&
      this.lfuGhosts.isValid(PLACE | NEW | DEMOTED, BY_LFU) &&
      this.learning.isValid() &&
      this.weight >= MIN_WEIGHT &&
      this.weight <= 1 - MIN_WEIGHT
    );
  }
}
