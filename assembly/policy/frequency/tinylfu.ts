/**
 * W-TinyLFU: pages enter a small LRU window. A page that leaves the window is admitted to the main part only if it was
 * recently requested more often than the victim there. Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache
 * admission policy", ACM Transactions on Storage 13 (2017), section 4; the sketch that estimates frequencies is in
 * frequency-sketch.ts.
 *
 *   new ──> window (1 %) ──> more often than ──> probation ── hit ──> protected (80 % of main)
 *                            probation's last?      ^  │  <─ full: its last ─┘
 *                                  │ no             │  └─> evicted, if yes
 *                                  └─> evicted      └ while main has room: always admitted
 *
 * A mark is the number of a page's list; front of each: requested last.
 *
 * Difference: the window has room for at least one page.
 */
import { NONE } from "../../abi/core";
import { FixedPolicy } from "../contract";
import { SlotList } from "../parts/slot-list";
import { FrequencySketch } from "./frequency-sketch";

const WINDOW: u32 = 0;
const PROBATION: u32 = 1;
const PROTECTED: u32 = 2;
const LIST: u32 = 3;

@final
@unmanaged
export class TinyLfu extends FixedPolicy {
  private window: SlotList;
  private probation: SlotList;
  private guarded: SlotList; // the protected segment; `protected` is a reserved word
  private sketch: FrequencySketch;
  private windowShare: f64;
  private protectedShare: f64;
  /** Requests in a sample, for each word of the sketch. */
  private sample: u64;
  private hasStarted: bool;

  create(capacity: u32, parameters: usize): bool {
    this.windowShare = load<f64>(parameters);
    this.protectedShare = load<f64>(parameters, 8);
    if (!this.createSlots(capacity, 0, 3)) return false;
    this.window = SlotList.create(this.slots, WINDOW);
    this.probation = SlotList.create(this.slots, PROBATION);
    this.guarded = SlotList.create(this.slots, PROTECTED);
    this.sample = <u64>load<f64>(parameters, 16);
    this.sketch = FrequencySketch.create(capacity, load<f64>(parameters, 24) != 0);
    return changetype<usize>(this.guarded) != 0 && changetype<usize>(this.sketch) != 0;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.sketch.count(this.slots.key(slot), this.sample);
    const list = this.slots.mark(slot);
    if (list == PROTECTED) this.guarded.moveToFront(slot);
    else if (list == WINDOW) this.window.moveToFront(slot);
    else this.promote(slot);
  }

  private promote(slot: u32): void {
    const slots = this.slots;
    const main = this.capacity - this.windowRoom;
    this.probation.remove(slot);
    this.guarded.push(slot);
    slots.setMark(slot, PROTECTED);
    while (this.guarded.length > <u32>(<f64>main * this.protectedShare)) this.admit(this.guarded.pop());
  }

  @inline
  private get windowRoom(): u32 {
    return max(this.capacity - <u32>(<f64>this.capacity * (1 - this.windowShare)), 1);
  }

  /** Puts `slot`, which is in no list, on probation. */
  @inline
  private admit(slot: u32): void {
    this.slots.setMark(slot, PROBATION);
    this.probation.push(slot);
  }

  /** Counts the request. Before the first, sets the sketch's size: the machine's first tables have taken their frames. */
  @inline
  miss(_slot: u32, key: u64): void {
    if (!this.hasStarted) {
      this.hasStarted = true;
      this.sketch.fit(this.capacity);
    }
    this.sketch.count(key, this.sample);
  }

  evict(): u32 {
    const main = this.probation.length > 0 ? this.probation : this.guarded;
    if (this.window.length < this.windowRoom && main.length > 0) return this.discard(main);
    if (this.window.length == 0) return NONE;
    if (main.length == 0 || !this.prefers(this.window.back, main.back)) return this.discard(this.window);
    this.admit(this.window.pop());
    return this.discard(main);
  }

  /** Is true when the candidate was recently requested more often than the victim. A tie keeps the victim. */
  private prefers(candidate: u32, victim: u32): bool {
    const slots = this.slots;
    const sketch = this.sketch;
    return sketch.estimate(slots.key(candidate)) > sketch.estimate(slots.key(victim));
  }

  @inline
  private discard(list: SlotList): u32 {
    const victim = list.pop();
    this.slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.window.push(slot);
    while (this.window.length > this.windowRoom) this.admit(this.window.pop());
  }

  remove(slot: u32): void {
    const list = this.slots.mark(slot);
    if (list == WINDOW) this.window.remove(slot);
    else if (list == PROBATION) this.probation.remove(slot);
    else this.guarded.remove(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      slots.ghosts == 0 &&
      this.window.length + this.probation.length + this.guarded.length == slots.residents &&
      this.window.isValid(slots, LIST, WINDOW, false) &&
      this.probation.isValid(slots, LIST, PROBATION, false) &&
      this.guarded.isValid(slots, LIST, PROTECTED, false)
    );
  }
}
