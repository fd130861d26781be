/** The kernel's analyses: curves, samples and reuse times. The structs are drawn in assembly/abi. */
import {
  BOUNDED_CURVES,
  BOUNDED_PAGES,
  MOMENTS,
  REUSE_BELOW,
  REUSE_DIFFERENCES,
  REUSE_PAGES,
  REUSE_REQUESTS,
  REUSE_STRIDE,
  REUSE_SUMS,
  REUSE_TIME_BITS,
  REUSE_TIMES,
  SAMPLE_GROUPS,
  SAMPLE_LIMIT,
  SAMPLE_TOTAL,
  SCALED_BUCKETS,
  SCALED_COLD,
  SCALED_WEIGHTS,
  SET_CURVE_COUNTS,
  SET_CURVE_LOOKUPS,
  STACK_CURVE_COUNTS,
  STACK_CURVE_PAGES,
  STACK_CURVE_REQUESTS,
  STACK_LRU,
  STACK_MRU,
  STACK_OPT,
} from "../../assembly/abi/analysis.js";
import { PAGES_ALREADY } from "../../assembly/abi/requests.js";
import { type Kernel, outOfMemory } from "./kernel.js";
import { KernelRequests, ONLY, type ReferenceFilter } from "./pages.js";

/** The number of possible hashes. */
const HASHES = 2 ** 32;

/** The kernel's numbers of the policies with the stack property. */
const STACKS = { lru: STACK_LRU, opt: STACK_OPT, mru: STACK_MRU } as const;
export type StackPolicy = keyof typeof STACKS;

/** Is true for a policy with the stack property, whose curve takes one pass. */
export function hasStack(policy: string): policy is StackPolicy {
  return Object.hasOwn(STACKS, policy);
}

/** The exact curve of a policy for all requests of a `KernelRequests`. */
export class KernelStackCurve {
  private readonly address: number;

  constructor(
    private readonly kernel: Kernel,
    requests: KernelRequests,
    policy: StackPolicy,
  ) {
    this.address = created(kernel.exports.createStackCurve(requests.address, STACKS[policy]));
  }

  /** Adds the requests of the last step. */
  run(): void {
    done(this.kernel.exports.runStackCurve(this.address));
  }

  get requests(): number {
    return u64(this.kernel, this.address + STACK_CURVE_REQUESTS);
  }

  /** Distinct pages. */
  get pages(): number {
    return this.kernel.view().getUint32(this.address + STACK_CURVE_PAGES, true);
  }

  /** Requests by stack distance; [0] counts the first request for each page. */
  get counts(): Float64Array {
    return u64s(this.kernel, this.address + STACK_CURVE_COUNTS, this.pages + 1);
  }
}

/** TLBs with one number of sets. */
export class KernelSetCurve {
  private readonly address: number;

  /** `pageShift`: address bits in a page, undefined if records hold page numbers. */
  constructor(
    private readonly kernel: Kernel,
    pageShift: number | undefined,
    only: ReferenceFilter,
    readonly sets: number,
    readonly ways: number,
  ) {
    this.address = created(kernel.exports.createSetCurve(pageShift ?? PAGES_ALREADY, ONLY[only], sets, ways));
  }

  run(records: number, count: number): void {
    this.kernel.exports.runSetCurve(this.address, records, count);
  }

  get lookups(): number {
    return u64(this.kernel, this.address + SET_CURVE_LOOKUPS);
  }

  /** Lookups by stack distance in their set; [0] counts those deeper than all ways. */
  get counts(): Float64Array {
    return u64s(this.kernel, this.address + SET_CURVE_COUNTS, this.ways + 1);
  }
}

/** The requests for sampled pages, whole and in groups. */
export class KernelSample {
  readonly address: number;
  readonly whole: KernelRequests;
  readonly groups: readonly KernelRequests[];

  /** `rate`: the share of pages that is sampled, above 0 and at most 1. `grouped`: whether to make groups. */
  constructor(
    private readonly kernel: Kernel,
    pageShift: number | undefined,
    only: ReferenceFilter,
    rate: number,
    seed: number,
    grouped: boolean,
  ) {
    const requests = () => KernelRequests.create(kernel, pageShift, only);
    const limit = Math.max(1, Math.min(HASHES, Math.round(rate * HASHES))) - 1;
    this.whole = requests();
    this.groups = grouped ? Array.from({ length: SAMPLE_GROUPS }, requests) : [];
    this.address = created(
      kernel.exports.createSample(this.whole.address, pageShift ?? PAGES_ALREADY, ONLY[only], limit, seed),
    );
    for (const group of this.groups) kernel.exports.addSampleGroup(this.address, group.address);
  }

  /** Sets the batch: `count` records at `records`. */
  begin(records: number, count: number): void {
    this.kernel.exports.beginSample(this.address, records, count);
  }

  /** Samples a part of the batch. Returns whether more of the batch is left. */
  step(): boolean {
    return this.kernel.exports.stepSample(this.address) !== 0;
  }

  /** Requests so far, sampled or not. */
  get total(): number {
    return u64(this.kernel, this.address + SAMPLE_TOTAL);
  }

  /** The share of hashes that is sampled. */
  get rate(): number {
    return (this.kernel.view().getUint32(this.address + SAMPLE_LIMIT, true) + 1) / HASHES;
  }
}

/** The weights of a curve by distance, in the buckets of analysis/scaled-curve. */
export interface ScaledWeights {
  cold: number;
  weights: Float64Array;
}

/** A sample with a limited number of pages. Its rate falls when the limit is reached. */
export class KernelBoundedSample {
  private readonly address: number;

  constructor(
    private readonly kernel: Kernel,
    sample: KernelSample,
    pages: number,
  ) {
    this.address = created(kernel.exports.createBoundedSample(sample.address, sample.whole.address, pages));
  }

  /** Adds the requests of the sample's last step. */
  run(): void {
    done(this.kernel.exports.runBoundedSample(this.address));
  }

  /** Pages in the sample. */
  get pages(): number {
    return this.kernel.view().getUint32(this.address + BOUNDED_PAGES, true);
  }

  /** Of the whole sample, then of each group. */
  get curves(): ScaledWeights[] {
    const view = this.kernel.view();
    const curves = view.getUint32(this.address + BOUNDED_CURVES, true);
    return Array.from({ length: SAMPLE_GROUPS + 1 }, (_, n) => {
      const curve = view.getUint32(curves + n * 4, true);
      const weights = view.getUint32(curve + SCALED_WEIGHTS, true);
      return {
        cold: view.getFloat64(curve + SCALED_COLD, true),
        weights: new Float64Array(this.kernel.memory.buffer, weights, SCALED_BUCKETS).slice(),
      };
    });
  }
}

/** Reuse times: the number of requests from a request for a page to the next request for it. */
export class KernelReuseTimes {
  private readonly address: number;

  /** `windows` is in ascending order. `overTime` is the window whose working-set size is recorded over time. */
  constructor(
    private readonly kernel: Kernel,
    requests: KernelRequests,
    private readonly windows: readonly number[],
    overTime: number,
  ) {
    const list = kernel.allocate(Math.max(1, windows.length) * 8);
    const view = kernel.view();
    for (const [n, window] of windows.entries()) view.setBigUint64(list + n * 8, BigInt(window), true);
    this.address = created(
      kernel.exports.createReuseTimes(requests.address, list, windows.length, BigInt(overTime)),
    );
  }

  /** Adds the requests of the last step. */
  run(): void {
    done(this.kernel.exports.runReuseTimes(this.address));
  }

  /** Ends the input: the time after each page's last request is then counted as well. */
  finish(): void {
    this.kernel.exports.finishReuseTimes(this.address);
  }

  get requests(): number {
    return u64(this.kernel, this.address + REUSE_REQUESTS);
  }

  get pages(): number {
    return this.kernel.view().getUint32(this.address + REUSE_PAGES, true);
  }

  /** Requests by reuse time, in powers of two. */
  get times(): Float64Array {
    return u64s(this.kernel, this.address + REUSE_TIMES, REUSE_TIME_BITS);
  }

  /**
   * Times by window: each counts those above the previous window and up to this one; the last counts those above all
   * windows.
   */
  get below(): Float64Array {
    return u64s(this.kernel, this.address + REUSE_BELOW, this.windows.length + 1);
  }

  /** The sums of these times. */
  get sums(): Float64Array {
    return u64s(this.kernel, this.address + REUSE_SUMS, this.windows.length + 1);
  }

  /** The size at moment n (`n * stride` requests after the start) minus the size at moment n - 1. */
  get differences(): Int32Array {
    const at = this.kernel.view().getUint32(this.address + REUSE_DIFFERENCES, true);
    return new Int32Array(this.kernel.memory.buffer, at, MOMENTS + 1).slice();
  }

  get stride(): number {
    return u64(this.kernel, this.address + REUSE_STRIDE);
  }
}

function created(address: number): number {
  if (address === 0) throw outOfMemory();
  return address >>> 0;
}

function done(status: number): void {
  if (status !== 0) throw outOfMemory();
}

function u64(kernel: Kernel, address: number): number {
  return Number(kernel.view().getBigUint64(address, true));
}

/** The `count` u64 whose address is at `pointer`. */
function u64s(kernel: Kernel, pointer: number, count: number): Float64Array {
  const view = kernel.view();
  const address = view.getUint32(pointer, true);
  const values = new Float64Array(count);
  // Two halves: a BigInt for each count is slow for a million counts.
  for (let n = 0; n < count; n++) {
    const at = address + n * 8;
    values[n] = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }
  return values;
}
