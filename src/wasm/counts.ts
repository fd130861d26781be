/** References by kind, counted in the kernel. */
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../../assembly/abi/core.js";

import type { Kernel } from "./kernel.js";

/** The number of references that a pass has delivered so far, by kind. */
export interface ReferenceCounts {
  /** All references. */
  references: number;
  /** References that fetch. */
  instructionFetches: number;
  /** References that load. */
  loads: number;
  /** References that store. */
  stores: number;
  /** References that load and store at one address. */
  modifies: number;
}

const KINDS = 5;

export class KindCounter {
  private readonly counters: number;

  constructor(private readonly kernel: Kernel) {
    this.counters = kernel.allocate(KINDS * 8);
  }

  add(records: number, count: number): void {
    this.kernel.exports.countKinds(records, count, this.counters);
  }

  get counts(): ReferenceCounts {
    return readCounts(this.kernel, this.counters);
  }
}

export function areSame(one: ReferenceCounts, other: ReferenceCounts): boolean {
  return (
    one.instructionFetches === other.instructionFetches &&
    one.loads === other.loads &&
    one.stores === other.stores &&
    one.modifies === other.modifies
  );
}

/** The five counters at `address`, one u64 for each kind. */
export function readCounts(kernel: Kernel, address: number): ReferenceCounts {
  const view = kernel.view();
  const of = (kind: number) => Number(view.getBigUint64(address + kind * 8, true));
  const instructionFetches = of(KIND_FETCH);
  const loads = of(KIND_LOAD);
  const stores = of(KIND_STORE);
  const modifies = of(KIND_MODIFY);
  const references = instructionFetches + loads + stores + modifies;
  return { references, instructionFetches, loads, stores, modifies };
}
