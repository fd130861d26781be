/** References of a process as methods: single ones, with values, and batches. Signals are values. */
import { OP_FETCH, OP_LOAD, OP_MODIFY, OP_STORE } from "../../../assembly/abi/call.js";
import { BATCH_RECORDS } from "../../../assembly/abi/core.js";
import { SPACE_MAJOR, SPACE_MINOR } from "../../../assembly/abi/process.js";
import type { ReferenceKind } from "../../trace/losses.js";
import type { BatchOutcome, RawSignal } from "../../wasm/process/structs.js";
import { type FaultCounts, type Signal, signalOf, type Touch } from "../answers.js";
import { mustBeAddresses, mustBeReferenceBytes, type Word, word } from "../arguments.js";
import { foundBy, leave, mustFit, peek, poke } from "../contents.js";
import type { Steps } from "../events.js";
import type { AddressSpace } from "../space.js";
import { kindOf } from "./ops.js";

/** Result of a load. */
export interface LoadTouch extends Touch {
  /** The value read, of at most 8 bytes; undefined if it is unknown. */
  readonly value: bigint | undefined;
}

/** Makes the references of records in kernel memory, and charges them. `number` is the caller's number of the call. */
export interface ChargedReferences {
  touch(records: number, count: number, number: number): BatchOutcome;
}

export abstract class References {
  abstract readonly space: AddressSpace;
  abstract readonly system: Steps;
  abstract readonly isAlive: boolean;
  /** The number of the last call. */
  protected calls = 0;

  /** Throws `UsageError` if the process has ended. */
  abstract mustBeAlive(): void;
  /** The process gets the signal, and ends if it has no handler. */
  abstract deliver(signal: Signal, number: number): void;

  /** Bytes of the smallest page. */
  get pageBytes(): bigint {
    return this.space.pageBytes;
  }

  /** The number of the next call. */
  nextCall(): number {
    return ++this.calls;
  }

  /** Reads bytes; an access to more than a page is made page by page. `number` is the caller's number of the call. */
  load(address: Word, bytes: Word = 1, number = this.calls): LoadTouch {
    const at = word(address, "load", 1);
    const count = word(bytes, "load", 2);
    const { minorFaults, majorFaults, signal } = this.touchAt(OP_LOAD, at, count, number);
    const value = signal === undefined ? foundBy(this.contents, at, count) : undefined;
    return { minorFaults, majorFaults, signal, value };
  }

  /** `value`: the value to store, of at most 8 bytes; without it, "A" in each byte whose contents were known. */
  store(address: Word, bytes: Word = 1, value?: Word, number = this.calls): Touch {
    const at = word(address, "store", 1);
    const count = word(bytes, "store", 2);
    const stored = value === undefined ? undefined : mustFit(value, count);
    return this.system.operate(() => {
      const touch = this.touchAt(OP_STORE, at, count, number);
      if (this.isAlive) leave(this.contents, at, count, touch, stored);
      return touch;
    });
  }

  /** Reads bytes without a reference; zeros where the contents are unknown. */
  peek(address: Word, bytes: Word): Uint8Array {
    this.mustBeAlive();
    return peek(this.contents, address, bytes);
  }

  /** Writes bytes without a reference, as a debugger does. */
  poke(address: Word, bytes: Uint8Array): void {
    this.mustBeAlive();
    this.system.operate(() => poke(this.contents, address, bytes));
  }

  private get contents() {
    return this.space.kernel.contents;
  }

  /** Reads and writes the same bytes in one access. */
  modify(address: Word, bytes: Word = 1, number = this.calls): Touch {
    return this.touch(OP_MODIFY, "modify", address, bytes, number);
  }

  /** Executes bytes. `number` is the caller's number of the call. */
  fetch(address: Word, bytes: Word = 1, number = this.calls): Touch {
    return this.touch(OP_FETCH, "fetch", address, bytes, number);
  }

  private touch(op: number, kind: ReferenceKind, address: Word, bytes: Word, number: number): Touch {
    return this.touchAt(op, word(address, kind, 1), word(bytes, kind, 2), number);
  }

  private touchAt(op: number, address: bigint, bytes: bigint, number: number): Touch {
    return this.touching(number, () => this.space.kernel.run(op, [address, bytes], number).signal);
  }

  /**
   * Makes the references given by records in the system's kernel memory, in the layout of `assembly/abi`. Returns how
   * many succeeded before a signal. With `charged` each is charged to what it touches.
   */
  touchRecords(
    records: number,
    count: number,
    number = this.calls,
    charged: ChargedReferences = this.space.kernel,
  ): Touch & { done: number } {
    let done = 0;
    const touch = this.touching(number, () => {
      const outcome = charged.touch(records, count, number);
      done = outcome.done;
      return outcome.signal;
    });
    return { ...touch, done };
  }

  /**
   * Accesses bytes at each address in turn, at a few nanoseconds each, up to a signal or to the end. `done` is the
   * number that succeeded.
   */
  touchMany(addresses: ArrayLike<bigint>, kind: ReferenceKind = "load", bytes = 1): Touch & { done: number } {
    const number = kindOf(kind);
    mustBeAddresses(addresses);
    mustBeReferenceBytes(bytes);
    return this.system.operate(() => {
      let done = 0;
      let minorFaults = 0;
      let majorFaults = 0;
      let signal: Signal | undefined;
      while (done < addresses.length && signal === undefined) {
        const count = Math.min(addresses.length - done, BATCH_RECORDS);
        const records = this.space.kernel.putReferences(addresses, done, count, number, bytes);
        const touch = this.touchRecords(records, count);
        done += touch.done;
        minorFaults += touch.minorFaults;
        majorFaults += touch.majorFaults;
        signal = touch.signal;
      }
      return { done, minorFaults, majorFaults, signal };
    });
  }

  private touching(number: number, run: () => RawSignal | undefined): Touch {
    this.mustBeAlive();
    return this.system.operate(() => {
      const before = this.countedFaults();
      const signal = signalOf(run());
      const after = this.countedFaults();
      if (signal !== undefined) this.deliver(signal, number);
      return { minorFaults: after.minor - before.minor, majorFaults: after.major - before.major, signal };
    });
  }

  /** The faults of the space so far. */
  protected countedFaults(): FaultCounts {
    const { space } = this;
    return { minor: Number(space.field(SPACE_MINOR)), major: Number(space.field(SPACE_MAJOR)) };
  }
}
