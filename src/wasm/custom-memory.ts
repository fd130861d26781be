/** The simulated memory of a heap whose allocator is the host's. */
import { HEAP_STOPPED } from "../../assembly/abi/heap.js";
import type * as KernelExports from "./exports.js";
import type { Kernel } from "./kernel.js";

export class KernelCustomMemory {
  /** The kernel's functions, which take `at`, then addresses and sizes as numbers; exports.ts tells them. */
  readonly exports: typeof KernelExports;

  constructor(
    private readonly kernel: Kernel,
    /** The memory's address. */
    readonly at: number,
  ) {
    this.exports = kernel.exports;
  }

  /** Has the process met a signal in its allocator? */
  get hasStopped(): boolean {
    return this.stopped !== 0;
  }

  private get stopped(): number {
    return this.kernel.view().getUint32(this.at + HEAP_STOPPED, true);
  }

  /** Accesses are not the allocator's own while they are hidden. */
  hide(isHidden: boolean): void {
    this.exports.hideCustom(this.at, isHidden);
  }

  /** The thread whose operation runs, a dense number. */
  get thread(): number {
    return this.exports.threadOfCustom(this.at);
  }
}
