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
 *
 *   0         8       12      16              7        2  1 0
 *   ├ key u64 ┼ next ─┼ prev ─┤  an entry     ├─ mark ──┼ st ┤  its state, in an array of its own
 *                u32     u32
 *
 * An entry is a node of core/list, so a policy's lists run through the entries; the links of a free slot hold the
 * list of free slots. Sentinels stand behind the last slot: list `n` of a policy has sentinel `count + n`. The mark
 * is the policy's: a reference bit, or which of its lists a page is in.
 */
import { NONE } from "../abi";
import { allocate, make } from "../core/arena";
import { Hash } from "../core/hash";
import { List, NODE_BYTES } from "../core/list";
import { SlotIndex } from "./slot-index";

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const RESIDENT: u8 = 2;
const GHOST: u8 = 3;
const STATE: u8 = 3;
const MARK_SHIFT: u8 = 2;

/** A policy's links are u32, and its sentinels need a few numbers as well. */
const MOST_SLOTS: u64 = 0x7fffffff;

@final
@unmanaged
export class Slots {
  /** Entries, one a slot, then the sentinels: `nodes` of core/list. */
  nodes: usize;
  /** How many slots there are: capacity plus the most ghosts the policy remembers. */
  count: u32;
  residents: u32;
  ghosts: u32;
  /** Finds slots by key; null in the machine, whose page tables do. */
  index: SlotIndex;
  /** Gives the reads of `foresee` a use. */
  sink: u64;
  private fresh: u32; // slots never taken yet start here
  private freed: u32; // head of the list of released slots
  private states: usize; // u8[count]

  /** `count` slots and `lists` empty lists; null when memory is out. */
  static create(count: u64, lists: u32): Slots {
    const nothing = changetype<Slots>(0);
    if (count > MOST_SLOTS) return nothing;
    const slots = make<Slots>();
    if (changetype<usize>(slots) == 0) return nothing;
    slots.count = <u32>count;
    slots.freed = NONE;
    slots.nodes = allocate((count + lists) * NODE_BYTES);
    slots.states = allocate(count);
    if (slots.nodes == 0 || slots.states == 0) return nothing;
    for (let n: u32 = 0; n < lists; n++) List.clear(slots.nodes, <u32>count + n);
    return slots;
  }

  /** Adds the hash that finds a slot by its key; false when memory is out. */
  attachIndex(): bool {
    this.index = SlotIndex.create(this.count, this.nodes);
    return changetype<usize>(this.index) != 0;
  }

  @inline
  key(slot: u32): u64 {
    return load<u64>(this.nodes + ((<usize>slot) << 4));
  }

  @inline
  isResident(slot: u32): bool {
    return (load<u8>(this.states + slot) & STATE) == RESIDENT;
  }

  @inline
  isGhost(slot: u32): bool {
    return (load<u8>(this.states + slot) & STATE) == GHOST;
  }

  /** The policy's mark of a slot, 0 to 63; 0 in a slot just taken. */
  @inline
  mark(slot: u32): u32 {
    return load<u8>(this.states + slot) >> MARK_SHIFT;
  }

  @inline
  setMark(slot: u32, mark: u32): void {
    const state = load<u8>(this.states + slot) & STATE;
    store<u8>(this.states + slot, state | (mark << MARK_SHIFT));
  }

  /** A slot for `key`; one is always free, since policies bound their ghosts. */
  @inline
  alloc(key: u64): u32 {
    const freed = this.freed;
    let slot = freed;
    if (freed != NONE) this.freed = List.next(this.nodes, freed);
    else slot = this.fresh++;
    assert(slot < this.count, "more slots taken than the policy declared");
    store<u64>(this.nodes + ((<usize>slot) << 4), key);
    store<u8>(this.states + slot, TAKEN);
    return slot;
  }

  /** The page of `slot` is in memory from now on. */
  @inline
  markResident(slot: u32): void {
    const state = load<u8>(this.states + slot);
    if ((state & STATE) == GHOST) this.ghosts--;
    store<u8>(this.states + slot, (state & ~STATE) | RESIDENT);
    this.residents++;
  }

  /** The victim leaves memory and stays known. */
  @inline
  remember(slot: u32): void {
    this.residents--;
    this.ghosts++;
    store<u8>(this.states + slot, load<u8>(this.states + slot) | GHOST);
  }

  /** The page of `slot`, a victim or a ghost, is forgotten; the slot is free, and in no list. */
  @inline
  release(slot: u32): void {
    if (this.isGhost(slot)) this.ghosts--;
    else this.residents--;
    if (changetype<usize>(this.index) != 0) this.index.remove(slot);
    store<u8>(this.states + slot, FREE);
    List.setNext(this.nodes, slot, this.freed);
    this.freed = slot;
  }

  /** Brings what releasing `slot` will read nearer; worth it for the next victim. A sentinel does no harm. */
  @inline
  foresee(slot: u32): void {
    if (changetype<usize>(this.index) != 0) this.sink = this.index.peekHome(Hash.of(this.key(slot)));
  }

  /** Do the counts agree with the states, is every free slot listed once, and is the index sound? */
  isValid(): bool {
    if (changetype<usize>(this.index) != 0 && !this.index.isValid(this.residents + this.ghosts)) return false;
    let residents: u32 = 0;
    let ghosts: u32 = 0;
    let free: u32 = 0;
    for (let slot: u32 = 0; slot < this.fresh; slot++) {
      const state = load<u8>(this.states + slot) & STATE;
      if (state == FREE) free++;
      if (state == RESIDENT) residents++;
      else if (state == GHOST) ghosts++;
    }
    let listed: u32 = 0;
    for (let slot = this.freed; slot != NONE; slot = List.next(this.nodes, slot)) {
      if ((load<u8>(this.states + slot) & STATE) != FREE || ++listed > free) return false;
    }
    return residents == this.residents && ghosts == this.ghosts && listed == free;
  }
}
