/**
 * Calls tried out on a copy of a process's regions: where would they put their mappings, and in another order? Nothing of
 * the process changes, nobody is told, and no limit is looked at.
 */
import type { KernelTrial } from "../wasm/trial.js";
import { OPS } from "./ops.js";

/** Calls that decide where mappings go. */
export type PlacingName = "mmap" | "munmap" | "mremap";

export class Trial {
  constructor(private readonly kernel: KernelTrial) {}

  /** Does the call; its address (0 of munmap), undefined where it finds no room. Arguments as `Process.call` takes them. */
  run(name: PlacingName, args: readonly bigint[]): bigint | undefined {
    const result = this.kernel.run(OPS[name], args);
    return result < 0n ? undefined : result;
  }

  /** Where `undo` may go back to. */
  mark(): number {
    return this.kernel.mark();
  }

  /** Takes all calls since `mark` back. */
  undo(mark: number): void {
    this.kernel.undo(mark);
  }
}
