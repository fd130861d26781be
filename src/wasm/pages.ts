/** The pages engine: requests made from records, and the simulations that they feed. */
import {
  ONLY_ALL,
  ONLY_DATA,
  ONLY_INSTRUCTIONS,
  PAGES_ALREADY,
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
} from "../../assembly/abi/requests.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** Which references count as requests. */
export type Only = "all" | "data" | "instructions";

/** The same as the kernel numbers them. */
export const ONLY: Readonly<Record<Only, number>> = {
  all: ONLY_ALL,
  data: ONLY_DATA,
  instructions: ONLY_INSTRUCTIONS,
};

export interface PageCounters {
  requests: number;
  hits: number;
  misses: number;
  evictions: number;
  /** Resident pages after each request, summed up; 0 but for variable-space policies. */
  residence: number;
  /** Dirty pages that were written: victims, and those that a policy launders. */
  writebacks: number;
}

/** Requests of one batch after the other; one feeds any number of simulations. */
export class KernelRequests {
  readonly address: number;

  /** `pageShift`: address bits in a page, undefined where records hold page numbers. */
  constructor(
    private readonly kernel: Kernel,
    pageShift: number | undefined,
    only: Only,
  ) {
    this.address = kernel.exports.createRequests(pageShift ?? PAGES_ALREADY, ONLY[only]) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Takes up `count` records at `records`. */
  begin(records: number, count: number): void {
    this.kernel.exports.beginRequests(this.address, records, count);
  }

  /** Makes the next requests of the batch; how many, 0 when it is done. */
  step(): number {
    return this.kernel.exports.stepRequests(this.address) >>> 0;
  }

  /** How many requests the last step made. */
  get count(): number {
    return this.kernel.view().getUint32(this.address + REQUESTS_COUNT, true);
  }

  /** Address of the last step's page numbers, u64 each. */
  get keys(): number {
    return this.kernel.view().getUint32(this.address + REQUESTS_KEYS, true);
  }

  /**
   * What the last step made: page numbers in two words each, the lower first, and the references' kinds; good until the
   * next call into the kernel.
   */
  get made(): { words: Uint32Array; kinds: Uint8Array } {
    const view = this.kernel.view();
    const count = view.getUint32(this.address + REQUESTS_COUNT, true);
    return {
      words: new Uint32Array(view.buffer, view.getUint32(this.address + REQUESTS_KEYS, true), count * 2),
      kinds: this.kernel.bytes(view.getUint32(this.address + REQUESTS_KINDS, true), count),
    };
  }

  /** Has one request, a copy of the request `at` of `source`'s last step. */
  take(source: KernelRequests, at: number): void {
    this.kernel.exports.takeRequest(this.address, source.address, at);
  }

  /** The page number of the last step's request `at`. */
  page(at: number): bigint {
    const { keys } = this;
    return this.kernel.view().getBigUint64(keys + at * 8, true);
  }

  /** Which of the batch's records, at `records`, makes its request number `request`. */
  recordOf(records: number, request: number): number {
    return this.kernel.exports.recordOfRequest(this.address, records, request) >>> 0;
  }

  /** Room for the last step's gaps, u32 each; good until the next call into the kernel. */
  get gaps(): Uint8Array<ArrayBuffer> {
    const view = this.kernel.view();
    const count = view.getUint32(this.address + REQUESTS_COUNT, true);
    return this.kernel.bytes(view.getUint32(this.address + REQUESTS_GAPS, true), count * 4);
  }
}

/** A policy's parameters in kernel memory, an f64 each; their address. */
export function writeParameters(kernel: Kernel, parameters: readonly number[]): number {
  const values = kernel.allocate(Math.max(parameters.length, 1) * 8);
  const view = kernel.view();
  for (const [n, value] of parameters.entries()) view.setFloat64(values + n * 8, value, true);
  return values;
}

/** One policy with one number of frames. */
export class KernelSimulation {
  private readonly address: number;
  /** Room for pages, from the first call of `residentPages`. */
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

  /** Serves the requests of the last step. */
  run(): void {
    this.kernel.exports.runSimulation(this.address);
  }

  get counters(): PageCounters {
    const view = this.kernel.view();
    const field = (offset: number) => Number(view.getBigUint64(this.address + offset, true));
    return {
      requests: field(PAGES_REQUESTS),
      hits: field(PAGES_HITS),
      misses: field(PAGES_MISSES),
      evictions: field(PAGES_EVICTIONS),
      residence: field(PAGES_RESIDENCE),
      writebacks: field(PAGES_WRITEBACKS),
    };
  }

  /** The pages that are resident, in no fixed order. `most` is the same in every call. */
  residentPages(most: number): bigint[] {
    this.pages ??= this.kernel.allocate(most * 8);
    const count = this.kernel.exports.residentPages(this.address, this.pages, most) >>> 0;
    const view = this.kernel.view();
    return Array.from({ length: count }, (_, n) => view.getBigUint64((this.pages ?? 0) + n * 8, true));
  }

  /** Is all of the policy's state sound? Walks it. */
  isValid(): boolean {
    return this.kernel.exports.isSimulationValid(this.address) !== 0;
  }
}
