/** Two simulations of the same requests, stepped together; see assembly/engine/diverge.ts. */
import { NONE } from "../../assembly/abi/core.js";
import { type Kernel, outOfMemory } from "./kernel.js";
import { type KernelRequests, writeParameters } from "./pages.js";

/** A policy as the kernel takes it. */
export interface KernelPolicy {
  id: number;
  parameters: readonly number[];
}

/** The first of the two simulations, or the second. */
export type Which = 0 | 1;

export class KernelDivergence {
  private readonly address: number;
  /** Room for pages. */
  private readonly pages: number;

  /** `mostPages` is how many `onlyIn` is asked for at most. */
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

  /** The requests have made their next step. */
  begin(): void {
    this.kernel.exports.beginDivergence(this.address);
  }

  /** Serves requests up to the next at which the two differ; its number in the step, undefined at the step's end. */
  seek(): number | undefined {
    const at = this.kernel.exports.seekDivergence(this.address) >>> 0;
    return at === NONE ? undefined : at;
  }

  /** Serves one request. */
  serve(): void {
    this.kernel.exports.serveDivergence(this.address);
  }

  /** Does the next request hit in one of the two? */
  hitsNext(which: Which): boolean {
    return this.kernel.exports.hitsNext(this.address, which) !== 0;
  }

  /** How many pages one of the two holds. */
  held(which: Which): number {
    return this.kernel.exports.pagesHeld(this.address, which) >>> 0;
  }

  /** How many pages one holds and the other does not, and the lowest `most` of them. */
  onlyIn(which: Which, most: number): { count: number; pages: bigint[] } {
    const count = this.kernel.exports.pagesOnlyIn(this.address, which, this.pages, most) >>> 0;
    const view = this.kernel.view();
    const kept = Math.min(count, most);
    return {
      count,
      pages: Array.from({ length: kept }, (_, n) => view.getBigUint64(this.pages + n * 8, true)),
    };
  }

  /**
   * The page that one gives up if the next request's page needs room; undefined while there is room. Asked of `copy`,
   * a copy of the kernel, which is spoilt by it.
   */
  victim(which: Which, copy: Kernel): bigint | undefined {
    if (copy.exports.nextVictim(this.address, which, this.pages) === 0) return undefined;
    return copy.view().getBigUint64(this.pages, true);
  }
}
