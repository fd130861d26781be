/** A policy of the kernel as a subject of claims, with all its simulations in one kernel, as in `compare`. */
import type { PageRequest, Run, Trial } from "#pagewalk/policy/custom/claims.js";
import type { PolicyCandidate } from "#pagewalk/policy/custom/search.js";
import { choosePolicies, type PolicyChoice } from "#pagewalk/policy/policies.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "#pagewalk/wasm/pages.js";
import { KIND_LOAD, KIND_STORE, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../assembly/abi/core.js";
import { gapsOf } from "./replay.js";

export async function kernelCandidate(policy: string): Promise<PolicyCandidate> {
  const [choice] = await choosePolicies([policy]);
  if (choice === undefined) throw new Error(`no policy ${policy}`);
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all");
  const record = kernel.allocate(RECORD_BYTES);
  return {
    start: async (trial) => new KernelRun(kernel, requests, record, choice, trial),
    watch: (work) => work(),
  };
}

class KernelRun implements Run {
  private readonly simulation: KernelSimulation;
  private readonly gaps: Uint32Array;
  private readonly rest: Iterator<PageRequest>;
  private served = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly requests: KernelRequests,
    private readonly record: number,
    { id, parameters }: PolicyChoice,
    trial: Trial,
  ) {
    this.simulation = new KernelSimulation(kernel, requests, id, parameters, trial.frames);
    this.gaps = gapsOf(trial.requests.map(({ page }) => page));
    this.rest = trial.requests[Symbol.iterator]();
  }

  get misses(): number {
    return this.simulation.counters.misses;
  }

  get evictions(): number {
    return this.simulation.counters.evictions;
  }

  isValid(): boolean {
    return this.simulation.isValid();
  }

  serve(): boolean {
    const { page, kind }: PageRequest = this.rest.next().value;
    const { hits } = this.simulation.counters;
    const view = this.kernel.view();
    view.setBigUint64(this.record + RECORD_ADDRESS, BigInt(page), true);
    view.setUint8(this.record + RECORD_KIND, kind === "store" ? KIND_STORE : KIND_LOAD);
    this.requests.clear();
    this.requests.begin(this.record, 1);
    this.requests.fill();
    const gap = this.gaps.subarray(this.served, ++this.served);
    this.requests.gaps.set(new Uint8Array(gap.buffer, gap.byteOffset, gap.byteLength));
    this.simulation.run();
    return this.simulation.counters.hits > hits;
  }
}
