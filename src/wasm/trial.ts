/** Calls tried out in kernel memory on a copy of a process's regions: where would they put their mappings? */

import { CALL_BYTES } from "../../assembly/abi/call.js";
import { STATUS_OK } from "../../assembly/abi/core.js";
import { type Kernel, outOfMemory } from "./kernel.js";
import { writeCall } from "./process-structs.js";

export class KernelTrial {
  private readonly address: number;
  private readonly call: number;

  /** Throws `OutOfMemoryError`, as all of it. */
  constructor(
    private readonly kernel: Kernel,
    private readonly system: number,
  ) {
    this.address = kernel.exports.createTrial(system) >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.call = kernel.allocate(CALL_BYTES);
  }

  /** Begins with the regions of process `asid`, as they are now. */
  begin(asid: number): void {
    this.kernel.exports.beginTrial(this.address, asid);
    this.mustHaveMemory();
  }

  /** Does mmap, munmap or mremap: the address or 0, or -errno. */
  run(op: number, args: readonly bigint[]): bigint {
    writeCall(this.kernel.view(), this.call, op, args);
    const result = this.kernel.exports.tryCall(this.address, this.call);
    this.mustHaveMemory();
    return result;
  }

  /** What `undo` goes back to. */
  mark(): number {
    return this.kernel.exports.trialMark(this.address);
  }

  undo(mark: number): void {
    this.kernel.exports.undoTrial(this.address, mark);
    this.mustHaveMemory();
  }

  private mustHaveMemory(): void {
    if (this.kernel.exports.systemStatus(this.system) !== STATUS_OK) throw outOfMemory();
  }
}
