/**
 * The pages engine: requests for pages against one replacement policy and one number of frames. A simulation takes
 * its requests from a `Requests` that it may share with others.
 *
 *   requests ──> index ──> slot ──> policy ──> counters
 *
 * A hit costs a chunk of the index, the page's entry, and the policy's work. Both cache lines usually miss, so the index
 * first guesses the slots of the next few requests, in a loop whose iterations neither branch nor depend on each
 * other. A guess is right when its slot is resident and has the key; other requests are looked up.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Hash } from "../core/hash";
import { Policy } from "../policy/contract";
import { createPolicy, isPolicyValid, withPolicy } from "../policy/registry";
import { Slots } from "../policy/slots";
import { Requests } from "./requests";

/** Requests guessed at once: enough to keep a processor's outstanding reads busy. */
const WINDOW: u32 = 32;

@final
@unmanaged
export class Simulation {
  requests: u64; // the counters, in the order of the ABI
  hits: u64;
  misses: u64;
  evictions: u64;
  /** The sum of resident pages after each request; only for variable-space policies. */
  residence: u64;
  policyId: u32;
  policy: usize;
  private source: Requests;
  /** The guessed slots of the next requests, u32[WINDOW]. */
  private guesses: usize;
  /** Uses the result of the guesses, so that the compiler keeps their reads. */
  sink: u64;

  /** Null when memory is out. */
  static create(source: Requests, policyId: u32, frames: u32, parameters: usize): Simulation {
    const nothing = changetype<Simulation>(0);
    const simulation = make<Simulation>();
    if (changetype<usize>(simulation) == 0) return nothing;
    simulation.policyId = policyId;
    simulation.source = source;
    simulation.guesses = allocate((<u64>WINDOW) << 2);
    simulation.policy = createPolicy(policyId, frames, parameters);
    if (simulation.policy == 0) return nothing;
    return changetype<Policy>(simulation.policy).slots.attachIndex() ? simulation : nothing;
  }

  /** Serves the requests of the source's last step. */
  run(): void {
    withPolicy<Simulation>(this.policyId, changetype<usize>(this));
    if (DEBUG) assert(this.isValid());
  }

  /** Writes the resident pages, at most `most`, to `pages`, u64 each, by slot; returns their number. */
  residentPages(pages: usize, most: u32): u32 {
    const slots = changetype<Policy>(this.policy).slots;
    const all = min(slots.residents, most);
    let count: u32 = 0;
    for (let slot: u32 = 0; count < all; slot++) {
      if (!slots.isResident(slot)) continue;
      store<u64>(pages + ((<usize>count) << 3), slots.key(slot));
      count++;
    }
    return count;
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
      const hashes = this.source.hashes + ((<usize>start) << 2);
      this.sink = policy.slots.index.guess(hashes, end - start, this.guesses);
      this.serve<P>(policy, start, end);
    }
    this.requests += count;
    return 1;
  }

  @inline
  private serve<P extends Policy>(policy: P, start: u32, end: u32): void {
    const source = this.source;
    const slots = policy.slots;
    const nodes = slots.nodes;
    let key = source.keys + ((<usize>start) << 3);
    let kind = source.kinds + start;
    const last = source.kinds + end;
    let hits: u32 = 0;
    for (let guess = this.guesses; kind < last; guess += 4, key += 8, kind++) {
      let slot = load<u32>(guess);
      if (load<u64>(nodes + ((<usize>slot) << 4)) != load<u64>(key) || !slots.isResident(slot)) {
        slot = this.find(slots, load<u64>(key));
        if (slot == NONE || !slots.isResident(slot)) {
          this.fault<P>(policy, slot, load<u64>(key), <u32>load<u8>(kind));
          if (policy.isVariable()) this.expire<P>(policy);
          continue;
        }
      }
      policy.hit(slot, <u32>load<u8>(kind));
      if (policy.isVariable()) this.expire<P>(policy);
      hits++;
    }
    this.hits += hits;
  }

  /** Evicts the pages that a variable-space policy drops after each request. */
  private expire<P extends Policy>(policy: P): void {
    while (policy.expired() != NONE) this.evictions++;
    this.residence += policy.slots.residents;
  }

  /** The slot of a page after a wrong guess; NONE when it has none. */
  private find(slots: Slots, key: u64): u32 {
    return slots.index.search(key, Hash.of(key));
  }

  /** Faults a page in. */
  @inline
  private fault<P extends Policy>(policy: P, ghost: u32, key: u64, kind: u32): void {
    const slots = policy.slots;
    this.misses++;
    policy.miss(ghost);
    while (slots.residents >= policy.capacity) {
      policy.evict();
      this.evictions++;
    }
    let slot = ghost;
    if (ghost == NONE) {
      slot = slots.alloc(key);
      slots.index.add(slot, Hash.of(key));
    }
    policy.insert(slot, kind);
    slots.markResident(slot);
  }
}
