/**
 * Slots: a small dense index for every page that is resident or remembered by a ghost list. A policy's state is arrays
 * indexed by slot, so memory is bounded by the resident and remembered pages, not by the trace.
 *
 *          alloc          markResident         remember
 *   FREE ────────> ALLOCATED ────────> RESIDENT ────────> GHOST
 *     ^                                 │  ^               │ │
 *     ├────────── free ─────────────────┘  └ markResident ─┘ │
 *     └────────── free ──────────────────────────────────────┘
 *
 * A free slot keeps its key until it is allocated again, so that the caller of `evict` can still read it.
 *
 *   0         8       12      16              7        2  1 0
 *   ├ key u64 ┼ next ─┼ prev ─┤  an entry     ├─ mark ──┼ st ┤  its state, in an array of its own
 *                u32     u32
 *
 * An entry is a node of core/list, so a policy's lists run through the entries; the links of a free slot hold the list of
 * free slots. Sentinels follow the last slot: list `n` of a policy has sentinel `count + n`. The policy defines the mark:
 * a reference bit, or the number of a page's list.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Ids } from "../core/ids";
import { List, NODE_BYTES } from "../core/list";
import { SlotIndex } from "./slot-index";

const FREE: u8 = 0;
const ALLOCATED: u8 = 1;
const RESIDENT: u8 = 2;
const GHOST: u8 = 3;
const STATE: u8 = 3;
const MARK_SHIFT: u8 = 2;

/** The maximum number of slots: links are u32, and sentinels need some numbers, too. */
const MAX_SLOTS: u64 = 0x7fffffff;

@final
@unmanaged
export class Slots {
  /** Entries, one per slot, then the sentinels: `nodes` of core/list. */
  nodes: usize;
  /** The number of slots: capacity plus the maximum of ghosts. */
  count: u32;
  /** The number of lists that the policy asked for. */
  lists: u32;
  residents: u32;
  ghosts: u32;
  /** Finds slots by number; null in the machine, which finds them through page tables. */
  index: SlotIndex;
  /** Uses the result of `prefetch`, so that the compiler keeps its reads. */
  sink: u64;
  private unused: u32; // the first slot that was never allocated
  private freeList: u32; // head of the list of free slots
  private states: usize; // u8[count]

  /** `count` slots and `lists` empty lists; null when memory is out. */
  static create(count: u64, lists: u32): Slots {
    const nothing = changetype<Slots>(0);
    if (count > MAX_SLOTS) return nothing;
    const slots = make<Slots>();
    if (changetype<usize>(slots) == 0) return nothing;
    slots.count = <u32>count;
    slots.lists = lists;
    slots.freeList = NONE;
    slots.nodes = allocate((count + lists) * NODE_BYTES);
    slots.states = allocate(count);
    if (slots.nodes == 0 || slots.states == 0) return nothing;
    for (let n: u32 = 0; n < lists; n++) List.clear(slots.nodes, <u32>count + n);
    return slots;
  }

  /** Slots from this one on were never allocated. */
  @inline
  get allocated(): u32 {
    return this.unused;
  }

  /** Adds the index that finds a slot by its page's number in `ids`; false when memory is out. `expected`: pages. */
  attachIndex(ids: Ids, expected: u32): bool {
    this.index = SlotIndex.create(this.count, ids, expected);
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

  /** The policy's mark of a slot, 0 to 63; 0 in a new slot. */
  @inline
  mark(slot: u32): u32 {
    return load<u8>(this.states + slot) >> MARK_SHIFT;
  }

  @inline
  setMark(slot: u32, mark: u32): void {
    const state = load<u8>(this.states + slot) & STATE;
    store<u8>(this.states + slot, state | (mark << MARK_SHIFT));
  }

  /** Allocates a slot for `key`; one is always free, since policies bound their ghosts. */
  @inline
  alloc(key: u64): u32 {
    const freeList = this.freeList;
    let slot = freeList;
    if (freeList != NONE) this.freeList = List.next(this.nodes, freeList);
    else slot = this.unused++;
    assert(slot < this.count, "more slots are allocated than the policy declared");
    store<u64>(this.nodes + ((<usize>slot) << 4), key);
    store<u8>(this.states + slot, ALLOCATED);
    return slot;
  }

  /** Marks the page of `slot` resident. */
  @inline
  markResident(slot: u32): void {
    const state = load<u8>(this.states + slot);
    if ((state & STATE) == GHOST) this.ghosts--;
    store<u8>(this.states + slot, (state & ~STATE) | RESIDENT);
    this.residents++;
  }

  /** Makes the victim a ghost. */
  @inline
  remember(slot: u32): void {
    this.residents--;
    this.ghosts++;
    store<u8>(this.states + slot, load<u8>(this.states + slot) | GHOST);
  }

  /** Frees `slot`, of a victim or a ghost, which is in no list. */
  @inline
  free(slot: u32): void {
    if (this.isGhost(slot)) this.ghosts--;
    else this.residents--;
    if (changetype<usize>(this.index) != 0) this.index.remove(slot);
    store<u8>(this.states + slot, FREE);
    List.setNext(this.nodes, slot, this.freeList);
    this.freeList = slot;
  }

  /**
   * Prefetches the memory that releasing `slot` will read; useful for the next victim. May be called for a sentinel.
   */
  @inline
  prefetch(slot: u32): void {
    if (changetype<usize>(this.index) != 0) this.sink = this.index.numberOf(slot);
  }

  /** Is true when the counts agree with the states, every free slot is listed once, and the index is sound. */
  isValid(): bool {
    const index = this.index;
    if (changetype<usize>(index) != 0 && index.pages != this.residents + this.ghosts) return false;
    let residents: u32 = 0;
    let ghosts: u32 = 0;
    let free: u32 = 0;
    for (let slot: u32 = 0; slot < this.unused; slot++) {
      const state = load<u8>(this.states + slot) & STATE;
      if (state == FREE) free++;
      else if (changetype<usize>(index) != 0 && index.of(index.numberOf(slot)) != slot) return false;
      if (state == RESIDENT) residents++;
      else if (state == GHOST) ghosts++;
    }
    let listed: u32 = 0;
    for (let slot = this.freeList; slot != NONE; slot = List.next(this.nodes, slot)) {
      if ((load<u8>(this.states + slot) & STATE) != FREE || ++listed > free) return false;
    }
    return residents == this.residents && ghosts == this.ghosts && listed == free;
  }
}
