/**
 * The contract of replacement policies. A policy is a final subclass of `Policy` whose arrays lie in the arena and are
 * indexed by slot. The loops of the pages engine and of the machine are compiled once per policy with the concrete type,
 * so the hooks below are inlined and no loop dispatches.
 *
 * The order of calls for one request (Megiddo and Modha's CASE I to IV as hooks):
 *
 *   resident?  ── yes ──> hit(slot)
 *       │
 *       no ──> miss(slot or NONE, key)  slot: of a ghost; NONE: the page is not remembered
 *              while memory is full: victim = evict()
 *              slot = the ghost's, or slots.alloc(key)
 *              insert(slot)
 *              slots.markResident(slot)
 *
 * In the machine a victim may be impossible to evict, because it is dirty and swap is full. It is then put back by
 * `insert` alone, as a ghost or not, possibly between another page's `miss` and `insert`.
 *
 * `evict` must leave the victim either remembered (`slots.remember`) or freed (`slots.free`). A policy may release
 * ghosts in any hook, but never the one passed to it.
 *
 * A policy extends one of the three classes below: `FixedPolicy`, `BitPolicy` if it reads R and M bits, or
 * `VariablePolicy` if its pages may be evicted before memory is full. Constants returned there cost nothing in compiled
 * loops. Policies that are alike share a subclass of these in parts/, such as `QueuePolicy`. Every hook is abstract in
 * `Policy`: an unmanaged class has no header to find an override by at run time, so no method with a body must be
 * overridden. A shared class leaves the hooks that differ to its policies, and gives them protected methods for these.
 */
import { NONE } from "../abi/core";
import { NODE_SHIFT } from "../core/list";
import { PageBits } from "./page-bits";
import { Slots } from "./slots";

@unmanaged
export abstract class Policy {
  /** The slots of resident and remembered pages; made by `create`. */
  slots: Slots;
  /** The most pages that may be resident, at least 1. The machine lowers it when page tables take frames. */
  capacity: u32;
  /**
   * The address of the next requests' gaps, u32 each (see engine/future), set before each batch. Read by policies
   * that are registered with `future`: each `hit` and each `insert` consumes one.
   */
  future: usize;
  /**
   * The array whose entries the pages engine reads before it serves hits. The entry of slot `n` is at
   * `ahead + (n << aheadShift)`. If `aheadPlaces` is not 0, it is an array of u32, and its element `n` replaces `n`.
   * `createSlots` sets `ahead` to the slots' entries. It is 0 if hits change no more than the page's mark.
   */
  ahead: usize;
  aheadShift: u32;
  aheadPlaces: usize;
  /** The pages' R and M bits, made by `create`; null in policies that do not read them. */
  bits: PageBits;

  /**
   * Initialises a policy whose fields are all zero, its slots included. `parameters`: the address of an f64 for each
   * parameter, in the order of the registered signature. False when memory is out.
   */
  abstract create(capacity: u32, parameters: usize): bool;
  /** A request for a resident page. `kind`: `KIND_…` of the ABI. */
  abstract hit(slot: u32, kind: u32): void;
  /** A request for the page `key`, which is not resident; called before any victim is chosen. */
  abstract miss(slot: u32, key: u64): void;
  /** Chooses, unlinks and returns the victim; NONE when nothing is resident. */
  abstract evict(): u32;
  /** Inserts the page. `slots.isGhost(slot)` is still true for a remembered page; the caller marks it resident. */
  abstract insert(slot: u32, kind: u32): void;
  /** unlinks and frees a resident page that was removed from memory from outside (unmapped). */
  abstract remove(slot: u32): void;
  /**
   * Called after every request until it returns NONE: unlinks and returns a page to evict although memory is not
   * full. Leaves it like `evict`.
   */
  abstract expired(): u32;
  /** Constant: is true when `expired` may return a page. */
  abstract isVariable(): bool;
  /** Constant: is true when it may return one after a hit, too. */
  abstract expiresAfterHits(): bool;
  /** Constant: is true when the policy reads R and M bits. */
  abstract readsBits(): bool;
  /** Is true when the state is sound. Walks every list; for tests and debug builds. */
  abstract isValid(): bool;

  /** For `create`: makes the slots and `lists` empty lists of them; false when memory is out. */
  protected createSlots(capacity: u32, ghosts: u64, lists: u32): bool {
    this.capacity = capacity;
    this.slots = Slots.create(<u64>capacity + ghosts, lists);
    if (changetype<usize>(this.slots) == 0) return false;
    this.ahead = this.slots.nodes;
    this.aheadShift = NODE_SHIFT;
    return true;
  }
}

/** A policy that evicts only when memory is full. */
@unmanaged
export abstract class FixedPolicy extends Policy {
  @inline
  expired(): u32 {
    return NONE;
  }

  @inline
  isVariable(): bool {
    return false;
  }

  @inline
  expiresAfterHits(): bool {
    return false;
  }

  @inline
  readsBits(): bool {
    return false;
  }
}

/**
 * A policy that sees only R and M bits instead of requests, like an operating system. Its `hit` calls `bits.touch`,
 * its `insert` calls `bits.enter`; both may count requests as virtual time.
 */
@unmanaged
export abstract class BitPolicy extends Policy {
  @inline
  expired(): u32 {
    return NONE;
  }

  @inline
  isVariable(): bool {
    return false;
  }

  @inline
  expiresAfterHits(): bool {
    return false;
  }

  @inline
  readsBits(): bool {
    return true;
  }

  /** Like `createSlots`, and makes the bits. */
  protected createSlotsAndBits(capacity: u32, ghosts: u64, lists: u32): bool {
    if (!this.createSlots(capacity, ghosts, lists)) return false;
    this.bits = PageBits.create(this.slots.count);
    return changetype<usize>(this.bits) != 0;
  }
}

/** A policy whose resident set grows and shrinks by itself, up to the capacity (Denning's variable-space policies). */
@unmanaged
export abstract class VariablePolicy extends Policy {
  @inline
  isVariable(): bool {
    return true;
  }

  @inline
  expiresAfterHits(): bool {
    return true;
  }

  @inline
  readsBits(): bool {
    return false;
  }
}
