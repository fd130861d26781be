/**
 * What a replacement policy is: a final subclass of `Policy` whose fields and arrays lie in the arena and are
 * indexed by slot. `replay<P>` in the pages engine and the machine are compiled once per policy with the concrete
 * type, so the hooks below inline; nothing is dispatched inside a loop.
 *
 * The order of calls for one request (Megiddo and Modha's CASE I to IV read as hooks):
 *
 *   resident?  ── yes ──> hit(slot)
 *       │
 *       no ──> miss(slot or NONE)       slot: a ghost's, still remembered; NONE: never seen or forgotten
 *              while memory is full: victim = evict()
 *              slot = the ghost's, or slots.take(key)
 *              insert(slot)
 *              slots.markResident(slot)
 *
 * In the machine a victim may have to stay, because it is dirty and swap is full: it comes back by `insert` alone, be
 * it a ghost or not, maybe while another page is being requested, which is told by `miss` already.
 *
 * `evict` must leave the victim either remembered (`slots.remember`) or released (`slots.release`). A policy may
 * release ghosts at any of its hooks but never one that it has just been handed.
 *
 * A policy extends one of the three classes below: `FixedPolicy`, or `BitPolicy` if it reads R and M bits, or
 * `VariablePolicy` if pages leave by themselves. What a policy answers with a constant there costs nothing in loops
 * compiled for it. Every hook is abstract in `Policy`: an unmanaged class has no header by which an override could
 * be found at run time, so what these three define must not be overridden either.
 */
import { NONE } from "../abi";
import { PageBits } from "./page-bits";
import { Slots } from "./slots";

@unmanaged
export abstract class Policy {
  /** The table that gives each resident or remembered page its slot; made by `create`. */
  slots: Slots;
  /** Pages that may be resident at once, at least 1. The machine lowers it as page tables take frames. */
  capacity: u32;
  /**
   * Address of the coming requests' gaps, u32 each (see engine/future), set before each batch. Read by policies that
   * are registered with two passes: each `hit` and each `insert` takes one.
   */
  future: usize;
  /** The pages' R and M bits, made by `create`; null in policies that do not read them. */
  bits: PageBits;

  /**
   * Makes the state of a policy whose fields are all zero, its slots included. `parameters` is the address of an
   * f64 for each parameter of the policy's registered signature, in its order. False when memory is out.
   */
  abstract create(capacity: u32, parameters: usize): bool;
  /** A request for a resident page. `kind` is one of abi's `KIND_…`. */
  abstract hit(slot: u32, kind: u32): void;
  /** A request for a page that is not resident; told before any victim is chosen. */
  abstract miss(slot: u32): void;
  /** Chooses, unlinks and returns the victim; NONE when nothing is resident. */
  abstract evict(): u32;
  /** The page enters. `slots.isGhost(slot)` still tells whether it was remembered; the caller marks it resident. */
  abstract insert(slot: u32, kind: u32): void;
  /** The page of `slot`, resident, is gone without the policy's doing (unmapped): unlinks and releases it. */
  abstract remove(slot: u32): void;
  /**
   * Asked after every request: unlinks and returns a page that leaves although memory is not full, until it says
   * NONE. Leaves it as `evict` does.
   */
  abstract expired(): u32;
  /** Constant: does `expired` ever name a page? */
  abstract isVariable(): bool;
  /** Constant: does the policy read R and M bits? */
  abstract readsBits(): bool;
  /** Is the state sound? Walks every list; for tests and debug builds. */
  abstract isValid(): bool;

  /** For `create`: the slots, with `lists` empty lists through them; false when memory is out. */
  protected createSlots(capacity: u32, ghosts: u64, lists: u32): bool {
    this.capacity = capacity;
    this.slots = Slots.create(<u64>capacity + ghosts, lists);
    return changetype<usize>(this.slots) != 0;
  }
}

/** A policy that evicts only for want of a frame. */
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
  readsBits(): bool {
    return false;
  }
}

/**
 * A policy that sees what an operating system sees: no requests, but R and M bits. Its `hit` calls `bits.touch`, its
 * `insert` calls `bits.enter`; both may count requests, the clock of virtual time.
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
  readsBits(): bool {
    return true;
  }

  /** As `createSlots`, and the bits. */
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
  readsBits(): bool {
    return false;
  }
}
