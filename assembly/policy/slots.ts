/**
 * Slots: a small dense index for every page that is resident or remembered by a ghost list. A policy's state is
 * arrays indexed by slot, so memory is bounded by what is resident and remembered, not by the trace.
 *
 *            take            resident           remember
 *   FREE ──────────> TAKEN ───────────> RESIDENT ─────────> GHOST
 *     ^                                    │  ^               │ │
 *     └────────── release ─────────────────┘  └── resident ───┘ │
 *     └────────── release ──────────────────────────────────────┘
 *
 * A released slot keeps its key until it is taken again, so that whoever evicted it can still read it.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const RESIDENT: u8 = 2;
const GHOST: u8 = 3;

@final
@unmanaged
export class Slots {
  /** How many there are: capacity plus the most ghosts the policy remembers. */
  count: u32;
  residents: u32;
  ghosts: u32;
  private fresh: u32; // slots never taken yet start here
  private freed: u32; // head of the list of released slots, linked through `links`
  private keys: usize; // u64[count]
  private states: usize; // u8[count]
  private links: usize; // u32[count]

  /** Null when memory is out. */
  static create(count: u32): Slots {
    const slots = make<Slots>();
    if (changetype<usize>(slots) == 0) return slots;
    slots.count = count;
    slots.freed = NONE;
    slots.keys = allocate((<u64>count) << 3);
    slots.states = allocate(count);
    slots.links = allocate((<u64>count) << 2);
    const complete = slots.keys != 0 && slots.states != 0 && slots.links != 0;
    return complete ? slots : changetype<Slots>(0);
  }

  @inline
  key(slot: u32): u64 {
    return load<u64>(this.keys + ((<usize>slot) << 3));
  }

  @inline
  isResident(slot: u32): bool {
    return load<u8>(this.states + slot) == RESIDENT;
  }

  @inline
  isGhost(slot: u32): bool {
    return load<u8>(this.states + slot) == GHOST;
  }

  /** A slot for `key`; one is always free, since policies bound their ghosts. */
  take(key: u64): u32 {
    let slot = this.freed;
    if (slot != NONE) {
      this.freed = load<u32>(this.links + ((<usize>slot) << 2));
    } else {
      slot = this.fresh++;
      assert(slot < this.count, "more slots taken than the policy declared");
    }
    store<u64>(this.keys + ((<usize>slot) << 3), key);
    store<u8>(this.states + slot, TAKEN);
    return slot;
  }

  /** The page of `slot` is in memory from now on. */
  @inline
  markResident(slot: u32): void {
    if (this.isGhost(slot)) this.ghosts--;
    store<u8>(this.states + slot, RESIDENT);
    this.residents++;
  }

  /** The victim leaves memory and stays known. */
  remember(slot: u32): void {
    this.residents--;
    this.ghosts++;
    store<u8>(this.states + slot, GHOST);
  }

  /** The page of `slot`, a victim or a ghost, is forgotten; the slot is free. */
  release(slot: u32): void {
    if (this.isGhost(slot)) this.ghosts--;
    else if (this.isResident(slot)) this.residents--;
    store<u8>(this.states + slot, FREE);
    store<u32>(this.links + ((<usize>slot) << 2), this.freed);
    this.freed = slot;
  }

  /** Do the counts agree with the states, and is every released slot on the free list once? */
  isValid(): bool {
    let residents: u32 = 0;
    let ghosts: u32 = 0;
    let free: u32 = 0;
    for (let slot: u32 = 0; slot < this.fresh; slot++) {
      const state = load<u8>(this.states + slot);
      if (state == RESIDENT) residents++;
      else if (state == GHOST) ghosts++;
      else if (state == FREE) free++;
    }
    let listed: u32 = 0;
    for (let slot = this.freed; slot != NONE; slot = load<u32>(this.links + ((<usize>slot) << 2))) {
      if (load<u8>(this.states + slot) != FREE || ++listed > free) return false;
    }
    return residents == this.residents && ghosts == this.ghosts && listed == free;
  }
}
