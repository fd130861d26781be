/**
 * Predictions of the next values by encoder and decoder; the file has only the places where they are wrong. Both run
 * the same code over the same past, so the tables need not be stored.
 *
 * Deviates from Burtscher's VPC (which these predictors are simplified from): the hashed tables hold one value, not
 * the last few, and the codes are for runs of right guesses, not for single ones.
 */

import { allocate } from "../../core/arena";
import { TABLE_BITS } from "./format";

const TABLE_ENTRIES: usize = 1 << TABLE_BITS;
const TABLE_SHIFT: u64 = 64 - TABLE_BITS;

// Odd constants of Steele and Vigna's multipliers study and of SplitMix64.
const MIX_PATH: u64 = 0xd1342543de82ef95;
const MIX_STEP: u64 = 0x9e3779b97f4a7c15;
const MIX_OPERATION: u64 = 0xaf251af3b0f025b5;
const MIX_ADDRESS: u64 = 0xda942042e4dd58b5;

/**
 * Which chain of operations follows: the one that followed the last four chains, or the last one, when they last ran.
 *
 *   recent, u64:  chain 4 ago │ 3 ago │ 2 ago │ last        16 bits each
 */
@final
@unmanaged
export class PathGuess {
  private recent: u64;
  private last: u32;
  private deep: usize; // u16[TABLE_ENTRIES], by hash of `recent`
  private shallow: usize; // u16[MOST_OPERATIONS], by `last`

  /** False when memory is out. */
  create(): bool {
    this.deep = allocate(TABLE_ENTRIES << 1);
    this.shallow = allocate(TABLE_ENTRIES << 1);
    return this.deep != 0 && this.shallow != 0;
  }

  start(chains: u32): void {
    this.recent = 0;
    this.last = 0;
    memory.fill(this.deep, 0, TABLE_ENTRIES << 1);
    memory.fill(this.shallow, 0, (<usize>chains) << 1);
  }

  @inline
  get afterFour(): u32 {
    return load<u16>(this.slot);
  }

  @inline
  get afterOne(): u32 {
    return load<u16>(this.shallow + ((<usize>this.last) << 1));
  }

  @inline
  learn(chain: u32): void {
    store<u16>(this.slot, chain);
    store<u16>(this.shallow + ((<usize>this.last) << 1), chain);
    this.recent = (this.recent << 16) | chain;
    this.last = chain;
  }

  @inline
  private get slot(): usize {
    return this.deep + ((<usize>((this.recent * MIX_PATH) >> TABLE_SHIFT)) << 1);
  }
}

/**
 * Where a data operation goes. A *step* is the distance from the data reference before, whichever operation made it;
 * a *stride* the distance from the same operation's reference before.
 *
 *   recent, u64:  0 │ step 3 ago │ 2 ago │ last             hashed to 21 bits each
 *
 *   an operation's state:  0 ─ last u64 ─ 8 ─ stride i64 ─ 16 ─ step i64 ─ 24 ─ unused ─ 32
 */
const STATE_SHIFT: usize = 5;
const STATE_STRIDE: usize = 8;
const STATE_STEP: usize = 16;
const STEP_BITS: u64 = 21;

@final
@unmanaged
export class AddressGuess {
  private recent: u64;
  private previous: u64;
  private steps: usize; // i64[TABLE_ENTRIES], by operation and `recent`
  private states: usize; // by operation

  /** False when memory is out. */
  create(operations: u32): bool {
    this.steps = allocate(TABLE_ENTRIES << 3);
    this.states = allocate((<u64>operations) << STATE_SHIFT);
    return this.steps != 0 && this.states != 0;
  }

  start(operations: u32): void {
    this.recent = 0;
    this.previous = 0;
    memory.fill(this.steps, 0, TABLE_ENTRIES << 3);
    memory.fill(this.states, 0, (<usize>operations) << STATE_SHIFT);
  }

  /** Where the step lies that followed the last three when `operation` last ran after them. */
  @inline
  slot(operation: u32): usize {
    const key = this.recent ^ (<u64>operation * MIX_OPERATION);
    return this.steps + ((<usize>((key * MIX_ADDRESS) >> TABLE_SHIFT)) << 3);
  }

  @inline
  afterThree(slot: usize): u64 {
    return this.previous + load<u64>(slot);
  }

  @inline
  byStep(operation: u32): u64 {
    return this.previous + load<u64>(this.state(operation), STATE_STEP);
  }

  @inline
  byStride(operation: u32): u64 {
    const state = this.state(operation);
    return load<u64>(state) + load<u64>(state, STATE_STRIDE);
  }

  /** The operation's last address. */
  @inline
  last(operation: u32): u64 {
    return load<u64>(this.state(operation));
  }

  @inline
  learn(operation: u32, slot: usize, address: u64): void {
    const state = this.state(operation);
    const step = address - this.previous;
    store<u64>(slot, step);
    store<u64>(state, step, STATE_STEP);
    store<u64>(state, address - load<u64>(state), STATE_STRIDE);
    store<u64>(state, address);
    this.recent = (this.recent << STEP_BITS) | ((step * MIX_STEP) >> (64 - STEP_BITS));
    this.previous = address;
  }

  @inline
  private state(operation: u32): usize {
    return this.states + ((<usize>operation) << STATE_SHIFT);
  }
}
