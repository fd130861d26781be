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
  private policyId: u32;
  private policy: usize;
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
      this.lookAhead(start, end);
      this.serve<P>(policy, start, end);
    }
    this.requests += count;
    return 1;
  }

  @inline
  private lookAhead(start: u32, end: u32): void {
    const index = changetype<Policy>(this.policy).slots.index;
    const hashes = this.source.hashes;
    let sum: u64 = 0;
    for (let at = start; at < end; at++) sum += index.peek(load<u32>(hashes + ((<usize>at) << 2)));
    this.sink = sum;
  }

  @inline
  private serve<P extends Policy>(policy: P, start: u32, end: u32): void {
    const source = this.source;
    const slots = policy.slots;
    const index = slots.index;
    let lastKey = this.lastKey;
    let slot = this.lastSlot;
    let hits: u32 = 0;
    for (let at = start; at < end; at++) {
      const key = load<u64>(source.keys + ((<usize>at) << 3));
      const kind = <u32>load<u8>(source.kinds + at);
      if (key != lastKey || slot == NONE) {
        const hash = load<u32>(source.hashes + ((<usize>at) << 2));
        slot = index.findHashed(key, hash);
        lastKey = key;
        if (slot == NONE || !slots.isResident(slot)) {
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
