/** A system of processes in kernel memory: its address, and memory for calls into it, which all parts of it use. */
import { CALL_BYTES } from "../../../assembly/abi/call.js";
import { STATUS_OK, STATUS_REFUSED } from "../../../assembly/abi/core.js";
import { MEASURE_BYTES, PAGE_BYTES } from "../../../assembly/abi/page.js";
import { SYSTEM_SIGNAL, SYSTEM_SIGNAL_ADDRESS } from "../../../assembly/abi/process.js";
import { type Kernel, outOfMemory, tooMuch } from "../kernel.js";
import { type RawSignal, readSignal } from "./structs.js";

export class SystemHandle {
  /** Kernel memory for one call. */
  readonly call: number;
  /** Kernel memory for a result about one region, or one address. */
  readonly found: number;
  private scratch = 0;
  private scratchBytes = 0;

  constructor(
    readonly kernel: Kernel,
    readonly address: number,
  ) {
    this.call = kernel.allocate(CALL_BYTES);
    this.found = kernel.allocate(Math.max(MEASURE_BYTES, PAGE_BYTES));
  }

  /** Kernel memory for this many bytes, valid until the next call of this function. */
  scratchFor(bytes: number): number {
    if (bytes > this.scratchBytes) {
      this.scratchBytes = Math.max(bytes, this.scratchBytes * 2, 4096);
      this.scratch = this.kernel.allocate(this.scratchBytes);
    }
    return this.scratch;
  }

  /** A copy of bytes in kernel memory. */
  bytesAt(address: number, bytes: number): Uint8Array {
    return this.kernel.bytes(address, bytes).slice();
  }

  /** Throws `OutOfMemoryError` if the last call into the kernel ran out of memory. */
  mustHaveMemory(): void {
    const status = this.kernel.exports.systemStatus(this.address) >>> 0;
    if (status === STATUS_REFUSED) throw tooMuch();
    if (status !== STATUS_OK) throw outOfMemory();
  }

  /** The signal that ended the last batch of references. */
  get signal(): RawSignal | undefined {
    const { address } = this;
    return readSignal(this.kernel.view(), address + SYSTEM_SIGNAL, address + SYSTEM_SIGNAL_ADDRESS);
  }

  /** The address of the last signal. */
  get signalAddress(): bigint {
    return this.kernel.view().getBigUint64(this.address + SYSTEM_SIGNAL_ADDRESS, true);
  }

  /** Kernel memory was restored to an older state: scratch memory may not exist there. */
  restored(): void {
    this.scratchBytes = 0;
  }
}
