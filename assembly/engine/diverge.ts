/**
 * The requests at which two policies differ: two simulations of the same requests and number of frames, stepped
 * together, one request at a time. They differ at a request whose page is resident in only one of them.
 *
 *   the trace's requests ──> one request ──┬──> simulation 0 ──┐
 *                                          └──> simulation 1 ──┴──> resident in one only? stop before it is served
 *
 * It stops before the request is served, so that the host can inspect both. Each simulation runs the loop of the pages
 * engine on a `Requests` that holds a single request. That costs a dispatch per request and simulation.
 */
import { NONE } from "../abi/core";
import { make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Policy } from "../policy/contract";
import { withPolicy } from "../policy/registry";
import { Slots } from "../policy/slots";
import { Simulation } from "./pages";
import { Requests } from "./requests";

@final
@unmanaged
export class Divergence {
  private first: Simulation;
  private second: Simulation;
  /** The index of the next request in the source's last step. */
  private next: u32;
  private source: Requests;
  private one: Requests;

  /** The parameters are addresses, one for each policy. Null when memory is out. */
  static create(
    source: Requests,
    frames: u32,
    firstId: u32,
    firstParameters: usize,
    secondId: u32,
    secondParameters: usize,
  ): Divergence {
    const nothing = changetype<Divergence>(0);
    const divergence = make<Divergence>();
    if (changetype<usize>(divergence) == 0) return nothing;
    const one = Requests.copying(source);
    if (changetype<usize>(one) == 0) return nothing;
    divergence.source = source;
    divergence.one = one;
    divergence.first = Simulation.create(one, firstId, frames, firstParameters);
    divergence.second = Simulation.create(one, secondId, frames, secondParameters);
    const whole = changetype<usize>(divergence.first) != 0 && changetype<usize>(divergence.second) != 0;
    return whole ? divergence : nothing;
  }

  /** Called after the source has made new requests; false when memory is out. */
  begin(): bool {
    this.next = 0;
    return this.source.number() && this.slotsOf(0).index.reach() && this.slotsOf(1).index.reach();
  }

  /** Serves requests up to the next at which the two differ; its index in the step, NONE when there is none. */
  seek(): u32 {
    const first = this.slotsOf(0);
    const second = this.slotsOf(1);
    const count = this.source.count;
    for (; this.next < count; this.serve()) {
      const page = this.nextPage;
      if (Divergence.holds(first, page) != Divergence.holds(second, page)) return this.next;
    }
    return NONE;
  }

  /** Is true when the next request hits in simulation `which`. */
  hitsNext(which: u32): bool {
    return Divergence.holds(this.slotsOf(which), this.nextPage);
  }

  /** Serves one request. */
  serve(): void {
    const one = this.one;
    one.take(this.source, this.next++);
    Divergence.run(this.first, load<u32>(one.numbers));
    Divergence.run(this.second, load<u32>(one.numbers));
  }

  @inline
  private static run(simulation: Simulation, page: u32): void {
    const held = DEBUG && Divergence.holds(changetype<Policy>(simulation.policy).slots, page);
    const hits = simulation.hits;
    simulation.run();
    if (DEBUG) assert(held == simulation.hits > hits, "a request must hit exactly when its page is resident");
  }

  /**
   * The number of pages that only simulation `which` holds. Writes the lowest `most` of them to `pages`, u64 each, in
   * ascending order.
   */
  onlyIn(which: u32, pages: usize, most: u32): u32 {
    const own = this.slotsOf(which);
    const other = this.slotsOf(1 - which);
    let count: u32 = 0;
    for (let slot: u32 = 0; slot < own.count; slot++) {
      if (!own.isResident(slot)) continue;
      if (Divergence.holds(other, own.index.numberOf(slot))) continue;
      Divergence.insertLowest(pages, min(count, most), most, own.key(slot));
      count++;
    }
    return count;
  }

  /** Inserts `key` into the `count` lowest so far, at most `most`. */
  private static insertLowest(pages: usize, count: u32, most: u32, key: u64): void {
    let at = count;
    if (count == most) {
      if (most == 0 || load<u64>(pages + ((<usize>(most - 1)) << 3)) <= key) return;
      at--;
    }
    for (; at > 0; at--) {
      const before = load<u64>(pages + ((<usize>(at - 1)) << 3));
      if (before <= key) break;
      store<u64>(pages + ((<usize>at) << 3), before);
    }
    store<u64>(pages + ((<usize>at) << 3), key);
  }

  /** The number of pages that simulation `which` holds. */
  residents(which: u32): u32 {
    return this.slotsOf(which).residents;
  }

  /**
   * The slot that simulation `which` evicts if the next request's page needs room; NONE while there is room. It
   * evicts, so call it only on a copy of the kernel's memory.
   */
  victim(which: u32): u32 {
    const simulation = this.simulation(which);
    const policy = changetype<Policy>(simulation.policy);
    if (policy.slots.residents < policy.capacity) return NONE;
    const eviction = make<Eviction>();
    if (changetype<usize>(eviction) == 0) return NONE;
    const slot = policy.slots.index.of(this.nextPage);
    eviction.policy = simulation.policy;
    eviction.key = load<u64>(this.source.keys + ((<usize>this.next) << 3));
    eviction.ghost = slot != NONE && policy.slots.isGhost(slot) ? slot : NONE;
    return <u32>withPolicy<Eviction>(simulation.policyId, changetype<usize>(eviction));
  }

  /** The page of a slot, also of a victim's slot. */
  pageOf(which: u32, slot: u32): u64 {
    return this.slotsOf(which).key(slot);
  }

  /** Is true when page number `page` is resident in `slots`, by the same test as in the serving loop. */
  @inline
  private static holds(slots: Slots, page: u32): bool {
    const slot = slots.index.of(page);
    return slot != NONE && slots.isResident(slot);
  }

  @inline
  private get nextPage(): u32 {
    return load<u32>(this.source.numbers + ((<usize>this.next) << 2));
  }

  private slotsOf(which: u32): Slots {
    return changetype<Policy>(this.simulation(which).policy).slots;
  }

  private simulation(which: u32): Simulation {
    return which == 0 ? this.first : this.second;
  }
}

/** One eviction, by the same calls as in the pages engine. */
@final
@unmanaged
class Eviction {
  policy: usize;
  ghost: u32;
  key: u64;

  visit<P extends Policy>(_signature: string): usize {
    const policy = changetype<P>(this.policy);
    policy.miss(this.ghost, this.key);
    return policy.evict();
  }
}
