/** The simulated memory of a heap whose allocator is in the host. */
import { HEAP_STOPPED } from "../../assembly/abi/heap.js";
import type * as KernelExports from "./exports.js";
import type { Kernel } from "./kernel.js";

export class KernelCustomMemory {
  /**
   * The kernel's functions: their first argument is `at`, the others are addresses and sizes as numbers; see
   * exports.ts.
   */
  readonly exports: typeof KernelExports;

  constructor(
    private readonly kernel: Kernel,
    /** The memory's address. */
    readonly at: number,
  ) {
    this.exports = kernel.exports;
  }

  /** True if the process got a signal in its allocator. */
  get hasStopped(): boolean {
    return this.stopped !== 0;
  }

  private get stopped(): number {
    return this.kernel.view().getUint32(this.at + HEAP_STOPPED, true);
  }

  /** While accesses are hidden, they are not counted as the allocator's. */
  hide(isHidden: boolean): void {
    this.exports.hideCustom(this.at, isHidden);
  }

  /** The thread whose operation runs, a dense number. */
  get thread(): number {
    return this.exports.threadOfCustom(this.at);
  }
}
