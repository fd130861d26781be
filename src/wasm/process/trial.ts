/** Calls tried out on a copy of a process's regions in kernel memory, to find where they would put mappings. */
import { CALL_BYTES } from "../../../assembly/abi/call.js";
import { outOfMemory } from "../kernel.js";
import type { SystemHandle } from "./handle.js";
import { writeCall } from "./structs.js";

export class KernelTrial {
  private readonly address: number;
  private readonly call: number;

  /** Throws `OutOfMemoryError`, as all methods. */
  constructor(private readonly system: SystemHandle) {
    this.address = system.kernel.exports.createTrial(system.address) >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.call = system.kernel.allocate(CALL_BYTES);
  }

  /** Starts with the current regions of process `asid`. */
  begin(asid: number): void {
    this.system.kernel.exports.beginTrial(this.address, asid);
    this.system.mustHaveMemory();
  }

  /** Runs mmap, munmap or mremap. Returns the address or 0, or -errno. */
  run(op: number, args: readonly bigint[]): bigint {
    const { kernel } = this.system;
    writeCall(kernel.view(), this.call, op, args);
    const result = kernel.exports.tryCall(this.address, this.call);
    this.system.mustHaveMemory();
    return result;
  }

  /** A mark for `undo`. */
  mark(): number {
    return this.system.kernel.exports.trialMark(this.address);
  }

  /** Undoes all calls since `mark`. */
  undo(mark: number): void {
    this.system.kernel.exports.undoTrial(this.address, mark);
    this.system.mustHaveMemory();
  }
}
