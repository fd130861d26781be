/** Two simulations of the same requests, stepped together; see assembly/engine/diverge.ts. */
import { NONE } from "../../assembly/abi/core.js";
import { type Kernel, outOfMemory } from "./kernel.js";
import { type KernelRequests, writeParameters } from "./pages.js";

/** A policy in the kernel's terms. */
export interface KernelPolicy {
  id: number;
  parameters: readonly number[];
}

/** The first of the two simulations, or the second. */
export type SimulationIndex = 0 | 1;

export class KernelDivergence {
  private readonly address: number;
  /** A buffer for page numbers. */
  private readonly pages: number;

  /** `mostPages` is the largest number of pages that `onlyIn` returns. */
  constructor(
    private readonly kernel: Kernel,
    requests: KernelRequests,
    [first, second]: readonly [KernelPolicy, KernelPolicy],
    frames: number,
    mostPages: number,
  ) {
    this.pages = kernel.allocate(Math.max(mostPages, 1) * 8);
    this.address =
      kernel.exports.createDivergence(
        requests.address,
        frames,
        first.id,
        writeParameters(kernel, first.parameters),
        second.id,
        writeParameters(kernel, second.parameters),
      ) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Called after the requests have made a step. */
  begin(): void {
    if (this.kernel.exports.beginDivergence(this.address) === 0) throw outOfMemory();
  }

  /**
   * Serves requests up to the next one at which the two differ. Returns its number in the step; undefined at the step's
   * end.
   */
  seek(): number | undefined {
    const at = this.kernel.exports.seekDivergence(this.address) >>> 0;
    return at === NONE ? undefined : at;
  }

  /** Serves one request. */
  serve(): void {
    this.kernel.exports.serveDivergence(this.address);
  }

  /** True if the next request hits in the given simulation. */
  hitsNext(which: SimulationIndex): boolean {
    return this.kernel.exports.hitsNext(this.address, which) !== 0;
  }

  /** The number of pages that the given simulation holds. */
  held(which: SimulationIndex): number {
    return this.kernel.exports.pagesHeld(this.address, which) >>> 0;
  }

  /** The pages that one simulation holds and the other does not: their number, and the `most` lowest of them. */
  onlyIn(which: SimulationIndex, most: number): { count: number; pages: bigint[] } {
    const count = this.kernel.exports.pagesOnlyIn(this.address, which, this.pages, most) >>> 0;
    const view = this.kernel.view();
    const kept = Math.min(count, most);
    return {
      count,
      pages: Array.from({ length: kept }, (_, n) => view.getBigUint64(this.pages + n * 8, true)),
    };
  }

  /**
   * The page that the simulation would evict for the next request; undefined if a frame is free. Computed in `copy`, a
   * copy of the kernel, whose state this changes.
   */
  victim(which: SimulationIndex, copy: Kernel): bigint | undefined {
    if (copy.exports.nextVictim(this.address, which, this.pages) === 0) return undefined;
    return copy.view().getBigUint64(this.pages, true);
  }
}
