/** The pages engine: requests made from records, and the simulations that they feed. */
import { STATUS_OK } from "../../assembly/abi/core.js";
import {
  ONLY_ALL,
  ONLY_DATA,
  ONLY_INSTRUCTIONS,
  PAGES_ALREADY,
  PAGES_BYTES,
  PAGES_EVICTIONS,
  PAGES_HITS,
  PAGES_MISSES,
  PAGES_REQUESTS,
  PAGES_RESIDENCE,
  PAGES_WRITEBACKS,
  REQUESTS_COUNT,
  REQUESTS_GAPS,
  REQUESTS_KEYS,
  REQUESTS_KINDS,
  REQUESTS_LEFT,
  SIZES_COUNTERS,
} from "../../assembly/abi/requests.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** The references that count as requests. */
export type ReferenceFilter = "all" | "data" | "instructions";

/** The kernel's numbers of these. */
export const ONLY: Readonly<Record<ReferenceFilter, number>> = {
  all: ONLY_ALL,
  data: ONLY_DATA,
  instructions: ONLY_INSTRUCTIONS,
};

export interface PageCounters {
  requests: number;
  hits: number;
  misses: number;
  evictions: number;
  /** The sum of resident pages after each request; 0 for fixed-space policies. */
  residence: number;
  /** Dirty pages that were written: victims, and pages that a policy cleans. */
  writebacks: number;
}

/** The requests of successive batches, in steps. One instance feeds any number of simulations. */
export class KernelRequests {
  private constructor(
    private readonly kernel: Kernel,
    readonly address: number,
  ) {
    if (address === 0) throw outOfMemory();
  }

  /**
   * `pageShift`: address bits in a page, undefined if records hold page numbers. `expected`: distinct pages, if known,
   * for which memory is allocated at once.
   */
  static create(
    kernel: Kernel,
    pageShift: number | undefined,
    only: ReferenceFilter,
    expected = 0,
  ): KernelRequests {
    const address = kernel.exports.createRequests(pageShift ?? PAGES_ALREADY, ONLY[only], expected) >>> 0;
    return new KernelRequests(kernel, address);
  }

  /** Copies of the requests of `source`, made one by one with `take`. */
  static copying(kernel: Kernel, source: KernelRequests): KernelRequests {
    return new KernelRequests(kernel, kernel.exports.copyRequests(source.address) >>> 0);
  }

  /** Sets the batch: `count` records at `records`. */
  begin(records: number, count: number): void {
    this.kernel.exports.beginRequests(this.address, records, count);
  }

  /** Adds requests of the batch to the step. True if the step is full, so that part of the batch may be left. */
  fill(): boolean {
    return this.kernel.exports.fillRequests(this.address) !== 0;
  }

  /** Numbers the pages of the step, once before it is served. */
  number(): void {
    this.kernel.exports.numberRequests(this.address);
  }

  /** Begins a new step. If `widens`, steps become longer when they are full, up to 524,288 requests. */
  clear(widens = false): void {
    this.kernel.exports.clearRequests(this.address, widens);
  }

  /** The number of requests of the step. */
  get count(): number {
    return this.kernel.view().getUint32(this.address + REQUESTS_COUNT, true);
  }

  /** Records of the batch that have made no request yet. */
  get left(): number {
    return this.kernel.view().getUint32(this.address + REQUESTS_LEFT, true);
  }

  /** Address of the step's page numbers, u64 each. */
  get keys(): number {
    return this.kernel.view().getUint32(this.address + REQUESTS_KEYS, true);
  }

  /**
   * The requests of the step: page numbers in two words each, the lower first, and the references' kinds. Valid
   * until the next call into the kernel.
   */
  get made(): { words: Uint32Array; kinds: Uint8Array } {
    const view = this.kernel.view();
    const count = view.getUint32(this.address + REQUESTS_COUNT, true);
    return {
      words: new Uint32Array(view.buffer, view.getUint32(this.address + REQUESTS_KEYS, true), count * 2),
      kinds: this.kernel.bytes(view.getUint32(this.address + REQUESTS_KINDS, true), count),
    };
  }

  /** Makes one request: a copy of request `at` of the step of `source`. */
  take(source: KernelRequests, at: number): void {
    this.kernel.exports.takeRequest(this.address, source.address, at);
  }

  /** The page number of the step's request `at`. */
  page(at: number): bigint {
    const { keys } = this;
    return this.kernel.view().getBigUint64(keys + at * 8, true);
  }

  /** The index of the record, of those at `records`, that makes the batch's request number `request`. */
  recordOf(records: number, request: number): number {
    return this.kernel.exports.recordOfRequest(this.address, records, request) >>> 0;
  }

  /** A buffer for the step's gaps, u32 each; valid until the next call into the kernel. */
  get gaps(): Uint8Array<ArrayBuffer> {
    const view = this.kernel.view();
    const count = view.getUint32(this.address + REQUESTS_COUNT, true);
    return this.kernel.bytes(view.getUint32(this.address + REQUESTS_GAPS, true), count * 4);
  }
}

/** Writes a policy's parameters to kernel memory, an f64 each. Returns their address. */
export function writeParameters(kernel: Kernel, parameters: readonly number[]): number {
  const values = kernel.allocate(Math.max(parameters.length, 1) * 8);
  const view = kernel.view();
  for (const [n, value] of parameters.entries()) view.setFloat64(values + n * 8, value, true);
  return values;
}

/** One policy with one number of frames. */
export class KernelSimulation {
  private readonly address: number;
  /** A buffer for page numbers, allocated by the first call of `residentPages`. */
  private pages: number | undefined;

  constructor(
    private readonly kernel: Kernel,
    requests: KernelRequests,
    policyId: number,
    parameters: readonly number[],
    frames: number,
  ) {
    const values = writeParameters(kernel, parameters);
    this.address = kernel.exports.createSimulation(requests.address, policyId, frames, values) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Serves the requests of the step. */
  run(): void {
    if (this.kernel.exports.runSimulation(this.address) !== STATUS_OK) throw outOfMemory();
  }

  get counters(): PageCounters {
    return countersAt(this.kernel, this.address);
  }

  /** The pages that are resident, in no fixed order. `most` is the same in every call. */
  residentPages(most: number): bigint[] {
    this.pages ??= this.kernel.allocate(most * 8);
    const count = this.kernel.exports.residentPages(this.address, this.pages, most) >>> 0;
    const view = this.kernel.view();
    return Array.from({ length: count }, (_, n) => view.getBigUint64((this.pages ?? 0) + n * 8, true));
  }

  /** True if the policy's state is consistent. Walks all of it. */
  isValid(): boolean {
    return this.kernel.exports.isSimulationValid(this.address) !== 0;
  }
}

/** A policy with several numbers of frames at once (assembly/engine/sizes). */
export class KernelSizes {
  private readonly address: number;

  /** `frames` is in ascending order, each once, and has at most `MOST_SIZES`. */
  constructor(
    private readonly kernel: Kernel,
    requests: KernelRequests,
    private readonly policyId: number,
    parameters: readonly number[],
    frames: readonly number[],
  ) {
    const values = writeParameters(kernel, parameters);
    const list = kernel.allocate(frames.length * 4);
    const view = kernel.view();
    for (const [n, count] of frames.entries()) view.setUint32(list + n * 4, count, true);
    this.address = kernel.exports.createSizes(requests.address, policyId, values, list, frames.length) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Serves the requests of the step. */
  run(): void {
    if (this.kernel.exports.runSizes(this.address, this.policyId) !== STATUS_OK) throw outOfMemory();
  }

  /** Of number `n` of the numbers of frames. */
  countersOf(n: number): PageCounters {
    const counters = this.kernel.view().getUint32(this.address + SIZES_COUNTERS, true);
    return countersAt(this.kernel, counters + n * PAGES_BYTES);
  }

  /** True if the state is consistent. Walks all of it. */
  isValid(): boolean {
    return this.kernel.exports.areSizesValid(this.address, this.policyId) !== 0;
  }
}

function countersAt(kernel: Kernel, address: number): PageCounters {
  const view = kernel.view();
  const field = (offset: number) => Number(view.getBigUint64(address + offset, true));
  return {
    requests: field(PAGES_REQUESTS),
    hits: field(PAGES_HITS),
    misses: field(PAGES_MISSES),
    evictions: field(PAGES_EVICTIONS),
    residence: field(PAGES_RESIDENCE),
    writebacks: field(PAGES_WRITEBACKS),
  };
}
