/**
 * Hyperbolic caching: a page's priority is its number of requests divided by the time since it entered, so that it decays
 * without requests. Of a few pages drawn at random, the one with the least priority is evicted. Blankstein, Sen and
 * Freedman, "Hyperbolic caching: flexible caching for web applications", USENIX Annual Technical Conference (2017),
 * section 2.
 *
 *   0             8          12     16
 *   ├ entered u64 ┼ requests ┼ slot ┤     an entry: a resident page, in no order, so that a draw reads one place
 *
 * Differences: time is counted in requests; pages are drawn with replacement, from a seeded generator; of equal priorities
 * the one drawn first is evicted. All pages have the same cost and size.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Rng } from "../../core/rng";
import { FixedPolicy } from "../contract";

const ENTRY_REQUESTS: usize = 8;
const ENTRY_SLOT: usize = 12;

@final
@unmanaged
export class Hyperbolic extends FixedPolicy {
  private samples: u32;
  private rng: Rng;
  private entries: usize;
  private count: u32;
  /** The index of each resident slot's entry, u32[capacity]. */
  private indexOf: usize;
  /** Requests so far. */
  private now: u64;

  create(capacity: u32, parameters: usize): bool {
    this.samples = <u32>load<f64>(parameters);
    if (!this.createSlots(capacity, 0, 0)) return false;
    this.entries = allocate((<u64>capacity) << 4);
    this.indexOf = allocate((<u64>capacity) << 2);
    this.rng = make<Rng>();
    if (this.entries == 0 || this.indexOf == 0 || changetype<usize>(this.rng) == 0) return false;
    this.rng.seed(<u64>load<f64>(parameters, 8));
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.now++;
    const entry = this.entryAt(this.index(slot));
    const requests = load<u32>(entry, ENTRY_REQUESTS);
    store<u32>(entry, requests + (requests != NONE ? 1 : 0), ENTRY_REQUESTS);
  }

  @inline
  miss(_slot: u32): void {
    this.now++;
  }

  evict(): u32 {
    if (this.count == 0) return NONE;
    const entries = this.entries;
    const count = this.count;
    const rng = this.rng;
    const now = this.now;
    let victim: u32 = NONE;
    let least = f64.POSITIVE_INFINITY;
    for (let draw: u32 = 0; draw < this.samples; draw++) {
      const entry = entries + ((<usize>rng.below(count)) << 4);
      const priority = <f64>load<u32>(entry, ENTRY_REQUESTS) / <f64>(now - load<u64>(entry));
      if (victim != NONE && priority >= least) continue;
      least = priority;
      victim = load<u32>(entry, ENTRY_SLOT);
    }
    this.remove(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const entry = this.entryAt(this.count);
    store<u64>(entry, this.now);
    store<u32>(entry, 1, ENTRY_REQUESTS);
    store<u32>(entry, slot, ENTRY_SLOT);
    store<u32>(this.indexOf + ((<usize>slot) << 2), this.count);
    this.count++;
  }

  /** Removes the page. The last entry moves to its place. */
  remove(slot: u32): void {
    const number = this.index(slot);
    const last = this.entryAt(--this.count);
    memory.copy(this.entryAt(number), last, 16);
    store<u32>(this.indexOf + ((<usize>load<u32>(last, ENTRY_SLOT)) << 2), number);
    this.slots.free(slot);
  }

  @inline
  private entryAt(number: u32): usize {
    return this.entries + ((<usize>number) << 4);
  }

  @inline
  private index(slot: u32): u32 {
    return load<u32>(this.indexOf + ((<usize>slot) << 2));
  }

  isValid(): bool {
    const slots = this.slots;
    if (slots.ghosts != 0 || this.count != slots.residents) return false;
    for (let number: u32 = 0; number < this.count; number++) {
      const entry = this.entryAt(number);
      const slot = load<u32>(entry, ENTRY_SLOT);
      if (!slots.isResident(slot) || this.index(slot) != number) return false;
      if (load<u32>(entry, ENTRY_REQUESTS) == 0 || load<u64>(entry) > this.now) return false;
    }
    return true;
  }
}
