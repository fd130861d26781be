/**
 * The pages engine: requests for pages against one replacement policy and one number of frames. A simulation takes
 * its requests from a `Requests` that it may share with others.
 *
 *   requests ──> index ──> slot ──> policy ──> counters
 *
 * Costs of a hit: a bucket, the page's entry, and what the policy does. Both lines are usually far from the caches,
 * so `lookAhead` reads those of the next few requests first, in a loop whose turns do not wait for each other.
 */
import { NONE } from "../abi";
import { make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Policy } from "../policy/contract";
import { createPolicy, isPolicyValid, withPolicy } from "../policy/registry";
import { SlotIndex } from "../policy/slot-index";
import { Requests } from "./requests";

/** Requests looked ahead at: enough to keep a processor's outstanding reads busy. */
const WINDOW: u32 = 32;

@final
@unmanaged
export class Simulation {
  requests: u64; // the counters, in abi's order
  hits: u64;
  misses: u64;
  evictions: u64;
  policyId: u32;
  policy: usize;
  private source: Requests;
  /** The request before: asked for again, its page needs no finding. */
  private lastKey: u64;
  private lastSlot: u32;
  /** Gives `lookAhead`'s reads a use. */
  sink: u64;

  /** Null when memory is out. */
  static create(source: Requests, policyId: u32, frames: u32, parameters: usize): Simulation {
    const nothing = changetype<Simulation>(0);
    const simulation = make<Simulation>();
    if (changetype<usize>(simulation) == 0) return nothing;
    simulation.policyId = policyId;
    simulation.source = source;
    simulation.lastSlot = NONE;
    simulation.policy = createPolicy(policyId, frames, parameters);
    if (simulation.policy == 0) return nothing;
    return changetype<Policy>(simulation.policy).slots.attachIndex() ? simulation : nothing;
  }

  /** Serves the requests of the source's last step. */
  run(): void {
    withPolicy<Simulation>(this.policyId, changetype<usize>(this));
    if (DEBUG) assert(this.isValid());
  }

  isValid(): bool {
    const policy = changetype<Policy>(this.policy);
    return (
      this.requests == this.hits + this.misses &&
      policy.slots.residents <= policy.capacity &&
      policy.slots.residents == <u32>(this.misses - this.evictions) &&
      isPolicyValid(this.policyId, this.policy)
    );
  }

  /** Called by the registry, with the concrete type. */
  visit<P extends Policy>(_signature: string): usize {
    const policy = changetype<P>(this.policy);
    policy.future = this.source.gaps;
    const count = this.source.count;
    for (let start: u32 = 0; start < count; start += WINDOW) {
      const end = min(start + WINDOW, count);
      this.lookAhead(policy.slots.index, start, end);
      this.serve<P>(policy, start, end);
    }
    this.requests += count;
    return 1;
  }

  @inline
  private lookAhead(index: SlotIndex, start: u32, end: u32): void {
    const buckets = index.buckets;
    const shift = index.shift;
    const entries = index.entries;
    const last = this.source.hashes + ((<usize>end) << 2);
    let sum: u64 = 0;
    for (let at = this.source.hashes + ((<usize>start) << 2); at < last; at += 4) {
      sum += SlotIndex.peek(buckets, shift, entries, load<u32>(at));
    }
    this.sink = sum;
  }

  @inline
  private serve<P extends Policy>(policy: P, start: u32, end: u32): void {
    const source = this.source;
    const keys = source.keys;
    const hashes = source.hashes;
    const kinds = source.kinds;
    const slots = policy.slots;
    const buckets = slots.index.buckets;
    const mask = slots.index.mask;
    const shift = slots.index.shift;
    const entries = slots.index.entries;
    let lastKey = this.lastKey;
    let slot = this.lastSlot;
    let hits: u32 = 0;
    for (let at = start; at < end; at++) {
      const key = load<u64>(keys + ((<usize>at) << 3));
      const kind = <u32>load<u8>(kinds + at);
      if (key != lastKey || slot == NONE) {
        const hash = load<u32>(hashes + ((<usize>at) << 2));
        slot = SlotIndex.search(buckets, mask, shift, entries, key, hash);
        lastKey = key;
        if (slot == NONE || (slots.ghosts != 0 && slots.isGhost(slot))) {
          slot = this.fault<P>(policy, slot, key, hash, kind);
          continue;
        }
      }
      policy.hit(slot, kind);
      hits++;
    }
    this.hits += hits;
    this.lastKey = lastKey;
    this.lastSlot = slot;
  }

  /** Brings a page in; its slot. */
  @inline
  private fault<P extends Policy>(policy: P, ghost: u32, key: u64, hash: u32, kind: u32): u32 {
    const slots = policy.slots;
    this.misses++;
    policy.miss(ghost);
    while (slots.residents >= policy.capacity) {
      policy.evict();
      this.evictions++;
    }
    let slot = ghost;
    if (ghost == NONE) {
      slot = slots.take(key);
      slots.index.add(slot, hash);
    }
    policy.insert(slot, kind);
    slots.markResident(slot);
    return slot;
  }
}
