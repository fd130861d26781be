/**
 * A trial: calls on a copy of a process's regions, to learn where mappings would go in another order. The process does
 * not change, listeners get nothing, and limits are not checked.
 */
import type { KernelTrial } from "../wasm/process/trial.js";
import { OPS } from "./calls/ops.js";

/** Calls that change the places of mappings. */
export type PlacingName = "mmap" | "munmap" | "mremap";

export class Trial {
  constructor(private readonly kernel: KernelTrial) {}

  /**
   * Makes the call. Returns its address (0 for munmap), undefined if there is no room. Arguments as for `Process.call`.
   */
  run(name: PlacingName, args: readonly bigint[]): bigint | undefined {
    const result = this.kernel.run(OPS[name], args);
    return result < 0n ? undefined : result;
  }

  /** A mark for `undo`. */
  mark(): number {
    return this.kernel.mark();
  }

  /** Undoes all calls since `mark`. */
  undo(mark: number): void {
    this.kernel.undo(mark);
  }
}
