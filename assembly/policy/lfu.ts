/**
 * Least frequently used: the page with the fewest requests since it entered goes; among those, the one requested
 * longest ago. Every operation takes constant time, by a list of frequencies with a list of pages each: Shah, Mitra
 * and Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme" (2010).
 *
 *   rising ──> 1 ──────> 2 ──────> 7          a rung: a frequency that some page has
 *              │         │         │
 *             page      page      page        front of each list: requested last
 *
 * A rung's node holds its frequency; the sentinel of its pages is slot `count + rung`. The first rung (0) is the
 * sentinel of the rungs. There are never more rungs than resident pages.
 */
import { NONE } from "../abi";
import { allocate } from "../core/arena";
import { List, NODE_BYTES } from "../core/list";
import { FixedPolicy } from "./contract";

const LADDER: u32 = 0;

@final
@unmanaged
export class Lfu extends FixedPolicy {
  /** Nodes of the rungs, capacity + 2: the sentinel, and one more than pages while a page climbs. */
  private rungs: usize;
  /** The rung of each resident slot, u32. */
  private rungOf: usize;
  private freshRung: u32;
  /** Rungs without pages, linked through their `next`; LADDER ends the list. */
  private freeRung: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlots(capacity, 0, capacity + 2)) return false;
    this.rungs = allocate((<u64>capacity + 2) * NODE_BYTES);
    this.rungOf = allocate((<u64>capacity) << 2);
    if (this.rungs == 0 || this.rungOf == 0) return false;
    this.freshRung = LADDER + 1;
    this.freeRung = LADDER;
    List.clear(this.rungs, LADDER);
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const slots = this.slots;
    const rung = load<u32>(this.rungOf + ((<usize>slot) << 2));
    const frequency = this.frequency(rung) + 1;
    const next = List.next(this.rungs, rung);
    const higher = this.frequency(next) == frequency ? next : this.addRung(rung, frequency);
    List.moveToFront(slots.nodes, slots.count + higher, slot);
    store<u32>(this.rungOf + ((<usize>slot) << 2), higher);
    if (List.isEmpty(slots.nodes, slots.count + rung)) this.dropRung(rung);
  }

  @inline
  miss(_slot: u32): void {}

  @inline
  evict(): u32 {
    const slots = this.slots;
    const rung = List.front(this.rungs, LADDER);
    if (rung == LADDER) return NONE;
    const victim = List.back(slots.nodes, slots.count + rung);
    List.remove(slots.nodes, victim);
    if (List.isEmpty(slots.nodes, slots.count + rung)) this.dropRung(rung);
    slots.release(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const slots = this.slots;
    const lowest = List.front(this.rungs, LADDER);
    const rung = this.frequency(lowest) == 1 ? lowest : this.addRung(LADDER, 1);
    List.insertAfter(slots.nodes, slots.count + rung, slot);
    store<u32>(this.rungOf + ((<usize>slot) << 2), rung);
  }

  /** 0 for the sentinel, which no page has. */
  @inline
  private frequency(rung: u32): u64 {
    return load<u64>(this.rungs + ((<usize>rung) << 4));
  }

  private addRung(before: u32, frequency: u64): u32 {
    let rung = this.freeRung;
    if (rung != LADDER) this.freeRung = List.next(this.rungs, rung);
    else rung = this.freshRung++;
    store<u64>(this.rungs + ((<usize>rung) << 4), frequency);
    List.insertAfter(this.rungs, before, rung);
    List.clear(this.slots.nodes, this.slots.count + rung);
    return rung;
  }

  private dropRung(rung: u32): void {
    List.remove(this.rungs, rung);
    List.setNext(this.rungs, rung, this.freeRung);
    this.freeRung = rung;
  }

  remove(slot: u32): void {
    const slots = this.slots;
    const rung = load<u32>(this.rungOf + ((<usize>slot) << 2));
    List.remove(slots.nodes, slot);
    if (List.isEmpty(slots.nodes, slots.count + rung)) this.dropRung(rung);
    slots.release(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    let pages: u32 = 0;
    let frequency: u64 = 0;
    for (let rung = List.front(this.rungs, LADDER); rung != LADDER; rung = List.next(this.rungs, rung)) {
      if (this.frequency(rung) <= frequency) return false;
      frequency = this.frequency(rung);
      const length = List.length(slots.nodes, slots.count + rung, slots.residents);
      if (length == 0 || !this.holds(rung)) return false;
      pages += length;
    }
    return slots.ghosts == 0 && pages == slots.residents;
  }

  /** Does each page on `rung` know that it is there? */
  private holds(rung: u32): bool {
    const nodes = this.slots.nodes;
    const sentinel = this.slots.count + rung;
    for (let slot = List.front(nodes, sentinel); slot != sentinel; slot = List.next(nodes, slot)) {
      if (load<u32>(this.rungOf + ((<usize>slot) << 2)) != rung) return false;
    }
    return true;
  }
}
