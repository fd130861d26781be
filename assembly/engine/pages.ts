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
import { KIND_STORE, NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Hash } from "../core/hash";
import { Policy } from "../policy/contract";
import { PageBits } from "../policy/page-bits";
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
  /** Dirty victims, and pages that the policy laundered. */
  writebacks: u64;
  policyId: u32;
  policy: usize;
  private source: Requests;
  /** The guessed slots of the next requests, u32[WINDOW]. */
  private guesses: usize;
  /** The pages that were stored to since they came in, a bit per slot. Policies that read bits have their own. */
  private dirty: usize;
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
    const slots = changetype<Policy>(simulation.policy).slots;
    simulation.dirty = allocate((<u64>slots.count >> 3) + 1);
    return simulation.dirty != 0 && slots.attachIndex() ? simulation : nothing;
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
    if (policy.readsBits()) this.countLaundered(policy.bits);
    return 1;
  }

  private countLaundered(bits: PageBits): void {
    this.writebacks += bits.laundered;
    bits.laundered = 0;
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
      if (!policy.readsBits() && <u32>load<u8>(kind) >= <u32>KIND_STORE) this.markDirty(slot);
      if (policy.isVariable()) this.expire<P>(policy);
      hits++;
    }
    this.hits += hits;
  }

  /** Evicts the pages that a variable-space policy drops after each request. */
  private expire<P extends Policy>(policy: P): void {
    for (let victim = policy.expired(); victim != NONE; victim = policy.expired())
      this.countVictim<P>(policy, victim);
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
      this.countVictim<P>(policy, policy.evict());
    }
    let slot = ghost;
    if (ghost == NONE) {
      slot = slots.alloc(key);
      slots.index.add(slot, Hash.of(key));
    }
    policy.insert(slot, kind);
    slots.markResident(slot);
    if (!policy.readsBits() && kind >= <u32>KIND_STORE) this.markDirty(slot);
  }

  /** Counts an evicted page, whose slot is free or a ghost's but not in use again. It is written if it is dirty. */
  @inline
  private countVictim<P extends Policy>(policy: P, victim: u32): void {
    this.evictions++;
    if (policy.readsBits()) {
      if (policy.bits.isDirty(victim)) this.writebacks++;
      return;
    }
    const byte = this.dirty + (victim >> 3);
    const bits = load<u8>(byte);
    const bit = (<u8>1) << (<u8>(victim & 7));
    if ((bits & bit) == 0) return;
    this.writebacks++;
    store<u8>(byte, bits & ~bit);
  }

  @inline
  private markDirty(slot: u32): void {
    const byte = this.dirty + (slot >> 3);
    store<u8>(byte, load<u8>(byte) | ((<u8>1) << (<u8>(slot & 7))));
  }
}
