/**
 * A recorded thread: its events, in order, to records. An instruction's fetch comes before its accesses, and these before
 * the next fetch. QEMU makes a vector's access in pieces, which are joined: accesses of one kind that follow one another
 * in one instruction. A load and then a store of the same bytes by one instruction is a modify, as lackey has it.
 *
 *   events    block A (4 instructions)   load 1   store 1   store 3   block B
 *   records   F0 F1 M1 F2 F3 S3 …
 *             └ at load 1 ┘ └ at store 3: up to its instruction; the rest when the next block begins
 */
import {
  KIND_CALL,
  KIND_LOAD,
  KIND_MODIFY,
  KIND_STORE,
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_SIZE,
} from "../../abi/core";
import {
  EVENT_BYTES,
  EVENT_INSTRUCTION,
  EVENT_INSTRUCTION_BITS,
  EVENT_LENGTH,
  EVENT_LENGTH_BITS,
  EVENT_RAN,
  EVENT_SHIFT,
  EVENT_TYPE,
  RECORDED_INPUT_BYTES,
} from "../../abi/recording";
import { allocate, make } from "../../core/arena";

const ADDRESS_BITS: u64 = 64 - EVENT_INSTRUCTION;

@final
@unmanaged
export class Thread {
  input: u32;
  position: u32;
  end: u32;
  number: u32;
  floor: u64;
  /** Of the stretch at `position`. */
  ticket: u64;
  next: Thread;
  /** Address of the current block's instructions, how many it has, and how many have a record. */
  private block: usize;
  private length: u32;
  private fetched: u32;
  /** An access that the next event may add to; of kind 0 if there is none. */
  private address: u64;
  private size: u32;
  private kind: u32;
  private instruction: u32;

  /** Null when memory is out. */
  static create(): Thread {
    const thread = make<Thread>();
    const input = <u32>allocate(RECORDED_INPUT_BYTES);
    if (changetype<usize>(thread) == 0 || input == 0) return changetype<Thread>(0);
    thread.input = input;
    return thread;
  }

  /** Begins again, as ring number `number`. */
  reset(number: u32): void {
    this.number = number;
    this.position = this.input;
    this.end = this.input;
    this.floor = 0;
    this.ticket = 0;
    this.block = 0;
    this.length = 0;
    this.fetched = 0;
    this.kind = 0;
    this.instruction = NONE;
  }

  @inline
  get isHungry(): bool {
    return this.position >= this.end;
  }

  @inline
  get hasAccess(): bool {
    return this.kind != 0;
  }

  /** True if the current block's fetches all have their record. */
  get isDone(): bool {
    return this.fetched == this.length && this.kind == 0;
  }

  /** Writes the access that waits, if any, for which there is room. */
  @inline
  flush(out: usize): usize {
    if (this.kind == 0) return out;
    store<u64>(out, this.address, RECORD_ADDRESS);
    store<u64>(out, <u64>this.size | ((<u64>this.kind) << 32), RECORD_SIZE);
    this.kind = 0;
    return out + RECORD_BYTES;
  }

  /** Writes the fetches before instruction `to`, as far as there is room; `isAt` says whether it was. */
  @inline
  fetch(to: u32, out: usize, last: usize): usize {
    let fetched = this.fetched;
    if (fetched >= to) return out;
    out = this.flush(out);
    let from = this.block + fetched * RECORD_BYTES;
    while (fetched < to && out < last) {
      v128.store(out, v128.load(from));
      out += RECORD_BYTES;
      from += RECORD_BYTES;
      fetched++;
    }
    this.fetched = fetched;
    return out;
  }

  @inline
  isAt(instruction: u32): bool {
    return this.fetched >= instruction;
  }

  /**
   * How many instructions of the current block have begun, when block `next` follows (0: none) and the event has `ran`.
   * One that another block begins with again has not: it was repeated alone.
   */
  begun(ran: u32, next: usize): u32 {
    const length = this.length;
    if (ran == 0 || ran > length) return length;
    const begun = ran - 1;
    if (begun == 0 || next == 0) return begun;
    const lastAddress = load<u64>(this.block + (begun - 1) * RECORD_BYTES, RECORD_ADDRESS);
    return lastAddress == load<u64>(next, RECORD_ADDRESS) ? begun - 1 : begun;
  }

  /** The next block. The one before is at its end. */
  @inline
  enter(block: usize, length: u32): void {
    this.block = block;
    this.length = length;
    this.fetched = 0;
    this.instruction = NONE;
  }

  /** True if the current block has that instruction. */
  @inline
  has(instruction: u32): bool {
    return instruction < this.length;
  }

  /** An access of an instruction that has its record. Writes the one that waited, if this one does not join it. */
  @inline
  access(instruction: u32, kind: u32, address: u64, size: u32, out: usize): usize {
    if (this.kind != 0) {
      if (instruction == this.instruction && this.join(kind, address, size)) return out;
      out = this.flush(out);
    }
    this.address = address;
    this.size = size;
    this.kind = kind;
    this.instruction = instruction;
    return out;
  }

  @inline
  private join(kind: u32, address: u64, size: u32): bool {
    if (kind == this.kind && address == this.address + this.size) {
      this.size += size;
      return true;
    }
    if (this.kind != KIND_LOAD || kind != KIND_STORE || address != this.address || size != this.size)
      return false;
    this.kind = KIND_MODIFY;
    return true;
  }

  /** True if fewer than `bytes` lie between `position` and the end. */
  @inline
  lacks(position: u32, bytes: u32): bool {
    return this.end - position < bytes;
  }
}

/** The fields of an event. */
export class Event {
  @inline
  static type(word: u64): u32 {
    return <u32>(word >> EVENT_TYPE);
  }

  @inline
  static instruction(word: u64): u32 {
    return <u32>(word >> EVENT_INSTRUCTION) & ((1 << EVENT_INSTRUCTION_BITS) - 1);
  }

  @inline
  static size(word: u64): u32 {
    return 1 << (<u32>(word >> EVENT_SHIFT) & 7);
  }

  @inline
  static address(word: u64): u64 {
    return <u64>(<i64>(word << ADDRESS_BITS) >> ADDRESS_BITS);
  }

  @inline
  static ran(word: u64): u32 {
    return <u32>(word >> EVENT_RAN) & ((1 << EVENT_LENGTH_BITS) - 1);
  }

  @inline
  static length(word: u64): u32 {
    return <u32>(word >> EVENT_LENGTH) & ((1 << EVENT_LENGTH_BITS) - 1);
  }
}

/** A call event: `index` is its place in the batch's list. */
export function putCall(out: usize, index: u32): usize {
  store<u64>(out, index, RECORD_ADDRESS);
  store<u64>(out, (<u64>KIND_CALL) << 32, RECORD_SIZE);
  return out + RECORD_BYTES;
}

export const WORD: u32 = EVENT_BYTES;
