/**
 * The pages engine: requests for pages against one replacement policy and one number of frames. A simulation takes
 * its requests from a `Requests` that it may share with others.
 *
 *   requests ──> page's number ──> slot ──> policy ──> counters
 *
 * A hit costs the page's place in the index, its state, and the policy's work, for which most policies read its entry. Places
 * and entries often miss the caches, so they are read ahead for the next few requests, in a loop whose iterations neither
 * branch nor depend on each other.
 */
import { KIND_STORE, NONE, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Policy } from "../policy/contract";
import { PageBits } from "../policy/page-bits";
import { createPolicy, isPolicyValid, withPolicy } from "../policy/registry";
import { Requests } from "./requests";

/** Requests read ahead at once: enough to keep a processor's outstanding reads busy. */
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
  /** The pages that were stored to since they came in, a bit per slot. Policies that read bits have their own. */
  private dirty: usize;
  /** Uses what is read ahead, so that the compiler keeps the reads. */
  sink: u64;

  /** Null when memory is out. */
  static create(source: Requests, policyId: u32, frames: u32, parameters: usize): Simulation {
    const nothing = changetype<Simulation>(0);
    const simulation = make<Simulation>();
    if (changetype<usize>(simulation) == 0) return nothing;
    simulation.policyId = policyId;
    simulation.source = source;
    simulation.policy = createPolicy(policyId, frames, parameters);
    if (simulation.policy == 0) return nothing;
    const slots = changetype<Policy>(simulation.policy).slots;
    simulation.dirty = allocate((<u64>slots.count >> 3) + 1);
    if (simulation.dirty == 0 || !source.numberPages()) return nothing;
    return slots.attachIndex(source.ids, source.expected) ? simulation : nothing;
  }

  /** Serves the requests of the source's step; a status. */
  run(): u32 {
    if (!this.source.number() || !changetype<Policy>(this.policy).slots.index.reach())
      return STATUS_OUT_OF_MEMORY;
    withPolicy<Simulation>(this.policyId, changetype<usize>(this));
    if (DEBUG) assert(this.isValid());
    return STATUS_OK;
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
      if (policy.aheadPlaces != 0) this.readPlacesAhead(changetype<Policy>(this.policy), start, end);
      else if (policy.ahead != 0) this.readAhead(changetype<Policy>(this.policy), start, end);
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

  /** Reads the entries of the next requests' pages. For a page without a slot it reads what lies before them. */
  @inline
  private readAhead(policy: Policy, start: u32, end: u32): void {
    const index = policy.slots.index;
    const entries = policy.ahead;
    const shift = <usize>policy.aheadShift;
    const last = this.source.numbers + ((<usize>end) << 2);
    let sum: u64 = 0;
    for (let at = this.source.numbers + ((<usize>start) << 2); at < last; at += 4) {
      sum += load<u64>(entries + ((<usize>index.of(load<u32>(at))) << shift));
    }
    this.sink = sum;
  }

  /** The same for entries by the slots' places. For a page without a slot it reads that of the last slot. */
  private readPlacesAhead(policy: Policy, start: u32, end: u32): void {
    const index = policy.slots.index;
    const lastSlot = policy.slots.count - 1;
    const entries = policy.ahead;
    const places = policy.aheadPlaces;
    const shift = <usize>policy.aheadShift;
    const last = this.source.numbers + ((<usize>end) << 2);
    let sum: u64 = 0;
    for (let at = this.source.numbers + ((<usize>start) << 2); at < last; at += 4) {
      const slot = min(index.of(load<u32>(at)), lastSlot);
      sum += load<u64>(entries + ((<usize>load<u32>(places + ((<usize>slot) << 2))) << shift));
    }
    this.sink = sum;
  }

  @inline
  private serve<P extends Policy>(policy: P, start: u32, end: u32): void {
    const source = this.source;
    const slots = policy.slots;
    const index = slots.index;
    let key = source.keys + ((<usize>start) << 3);
    let number = source.numbers + ((<usize>start) << 2);
    let kind = source.kinds + start;
    const last = source.kinds + end;
    let hits: u32 = 0;
    let residence: u64 = 0;
    for (; kind < last; key += 8, number += 4, kind++) {
      const slot = index.of(load<u32>(number));
      if (slot == NONE || !slots.isResident(slot)) {
        this.fault<P>(policy, slot, load<u32>(number), load<u64>(key), <u32>load<u8>(kind));
        if (policy.isVariable()) {
          this.expire<P>(policy);
          residence += slots.residents;
        }
        continue;
      }
      policy.hit(slot, <u32>load<u8>(kind));
      if (!policy.readsBits() && <u32>load<u8>(kind) >= <u32>KIND_STORE) this.markDirty(slot);
      if (policy.expiresAfterHits()) this.expire<P>(policy);
      if (policy.isVariable()) residence += slots.residents;
      hits++;
    }
    this.hits += hits;
    this.residence += residence;
  }

  /** Evicts the pages that a variable-space policy drops after a request. */
  private expire<P extends Policy>(policy: P): void {
    for (let victim = policy.expired(); victim != NONE; victim = policy.expired())
      this.countVictim<P>(policy, victim);
  }

  /** Faults a page in. */
  @inline
  private fault<P extends Policy>(policy: P, ghost: u32, number: u32, key: u64, kind: u32): void {
    const slots = policy.slots;
    this.misses++;
    policy.miss(ghost, key);
    while (slots.residents >= policy.capacity) {
      this.countVictim<P>(policy, policy.evict());
    }
    let slot = ghost;
    if (ghost == NONE) {
      slot = slots.alloc(key);
      slots.index.add(number, slot);
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
