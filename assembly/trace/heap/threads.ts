/**
 * The threads of a heap log by the numbers that the log gives them, and the call that each of them is in: `malloc(40
 * <unfinished ...>` waits here for `<... malloc resumed> ) = 0x…`.
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Chunks } from "../../core/chunks";
import { Hash } from "../../core/hash";

/** Arguments of one call that are kept. */
export const MOST_ARGUMENTS: u32 = 3;
const FIRST_SLOTS: u32 = 256;

@final
@unmanaged
export class Thread {
  /** As the log has it; NONE: the one whose lines have no number. */
  pid: u32;
  /** Dense, in order of appearance. */
  number: u32;
  /** The operation that it is in; NONE. */
  op: u32;
  /** How many of its arguments have been seen. */
  arguments: u32;
  /** Calls that the library makes within it, and that are unfinished as well. */
  depth: u32;
  a0: u64;
  a1: u64;
  a2: u64;

  /** A new call, of which no argument is known yet. */
  begin(): void {
    this.arguments = 0;
    this.a0 = 0;
    this.a1 = 0;
    this.a2 = 0;
  }

  setArgument(index: u32, value: u64): void {
    if (index < MOST_ARGUMENTS)
      store<u64>(changetype<usize>(this) + ((<usize>index) << 3), value, offsetof<Thread>("a0"));
  }
}

@final
@unmanaged
export class Threads {
  /** How many there are. */
  count: u32;
  /** How many are in a call. */
  busy: u32;
  private mask: u32;
  /** u32 each: a thread's number + 1; 0: free. */
  private slots: usize;
  private threads: Chunks;

  /** Null when memory is out. */
  static create(): Threads {
    const threads = make<Threads>();
    if (changetype<usize>(threads) == 0) return threads;
    threads.threads = Chunks.create(offsetof<Thread>());
    threads.slots = allocate(FIRST_SLOTS << 2);
    threads.mask = FIRST_SLOTS - 1;
    const hasMemory = changetype<usize>(threads.threads) != 0 && threads.slots != 0;
    return hasMemory ? threads : changetype<Threads>(0);
  }

  @inline
  at(number: u32): Thread {
    return changetype<Thread>(this.threads.at(number));
  }

  /** The thread that the log calls `pid`; null: it was not seen before. */
  find(pid: u32): Thread {
    const slot = load<u32>(this.slotOf(pid));
    return slot == 0 ? changetype<Thread>(0) : this.at(slot - 1);
  }

  /** The same, made where it is not there; null when memory is out. */
  get(pid: u32): Thread {
    const found = this.find(pid);
    if (changetype<usize>(found) != 0) return found;
    if (this.count * 2 > this.mask && !this.grow()) return found;
    if (!this.threads.add()) return found;
    const number = this.count++;
    const thread = this.at(number);
    thread.pid = pid;
    thread.number = number;
    thread.op = NONE;
    store<u32>(this.slotOf(pid), number + 1);
    return thread;
  }

  private slotOf(pid: u32): usize {
    let at = Hash.of(pid) & this.mask;
    let held = load<u32>(this.slots + ((<usize>at) << 2));
    while (held != 0 && this.at(held - 1).pid != pid) {
      at = (at + 1) & this.mask;
      held = load<u32>(this.slots + ((<usize>at) << 2));
    }
    return this.slots + ((<usize>at) << 2);
  }

  private grow(): bool {
    const slots = allocate((<u64>(this.mask + 1)) << 3);
    if (slots == 0) return false;
    this.slots = slots;
    this.mask = this.mask * 2 + 1;
    for (let number: u32 = 0; number < this.count; number++)
      store<u32>(this.slotOf(this.at(number).pid), number + 1);
    return true;
  }
}
