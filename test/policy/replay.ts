/** Replays pages through the kernel, with records written directly, without a decoder. */

import { choosePolicies } from "#pagewalk/policy/policies.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "#pagewalk/wasm/pages.js";
import { KIND_LOAD, KIND_STORE, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../assembly/abi/core.js";

const NEVER = 0xffffffff;

/** How many requests later each page is requested again. */
export function gapsOf(pages: readonly (number | bigint)[]): Uint32Array {
  const gaps = new Uint32Array(pages.length);
  const next = new Map<number | bigint, number>();
  for (let at = pages.length - 1; at >= 0; at--) {
    const page = pages[at] as number | bigint;
    gaps[at] = (next.get(page) ?? at + NEVER) - at;
    next.set(page, at);
  }
  return gaps;
}

/** A policy in a kernel of its own, whose pages are page numbers. */
export class Replay {
  readonly kernel: Kernel;
  private readonly requests: KernelRequests;
  private readonly simulation: KernelSimulation;
  private readonly records: number;

  private constructor(
    kernel: Kernel,
    policy: { id: number; parameters: readonly number[] },
    frames: number,
    pages?: number,
  ) {
    this.kernel = kernel;
    this.records = kernel.allocate(4096 * RECORD_BYTES);
    this.requests = KernelRequests.create(kernel, undefined, "all", pages);
    this.simulation = new KernelSimulation(kernel, this.requests, policy.id, policy.parameters, frames);
  }

  /** `pages`: distinct pages, if they are known. */
  static async of(policy: string, frames: number, pages?: number): Promise<Replay> {
    const [choice] = await choosePolicies([policy]);
    if (choice === undefined) throw new Error(`no policy ${policy}`);
    return new Replay(await Kernel.create(), choice, frames, pages);
  }

  get counters() {
    return this.simulation.counters;
  }

  get isValid(): boolean {
    return this.simulation.isValid();
  }

  /** Up to 4096 requests in one batch. `gaps` are theirs, for policies that know the future; `writes` are stores. */
  serve(pages: readonly (number | bigint)[], gaps: Uint32Array, writes: readonly boolean[] = []): void {
    this.see(pages, writes);
    this.requests.gaps.set(new Uint8Array(gaps.buffer, gaps.byteOffset, gaps.byteLength));
    this.simulation.run();
  }

  /** Makes up to 4096 requests, and so numbers their pages, but does not serve them. */
  see(pages: readonly (number | bigint)[], writes: readonly boolean[] = []): void {
    const view = this.kernel.view();
    for (const [n, page] of pages.entries()) {
      const record = this.records + n * RECORD_BYTES;
      view.setBigUint64(record + RECORD_ADDRESS, BigInt(page), true);
      view.setUint8(record + RECORD_KIND, writes[n] ? KIND_STORE : KIND_LOAD);
    }
    this.requests.clear();
    this.requests.begin(this.records, pages.length);
    this.requests.fill();
    this.requests.number();
  }
}

/** The requests that hit; the state is checked after each. */
export async function hitsOf(
  policy: string,
  pages: readonly number[],
  frames: number,
  writes: readonly boolean[] = [],
): Promise<boolean[]> {
  const replay = await Replay.of(policy, frames);
  const gaps = gapsOf(pages);
  return pages.map((page, at) => {
    const { hits } = replay.counters;
    replay.serve([page], gaps.subarray(at, at + 1), writes.slice(at, at + 1));
    if (!replay.isValid) throw new Error(`${policy} is unsound after request ${at}`);
    return replay.counters.hits > hits;
  });
}

/** The number of misses, with all requests in one batch. */
export async function missesOf(policy: string, pages: readonly number[], frames: number): Promise<number> {
  const replay = await Replay.of(policy, frames);
  replay.serve(pages, gapsOf(pages));
  return replay.counters.misses;
}
