/** Creates the simulation of a plan: in the kernel, or in JavaScript for an own policy. */
import { portableSource } from "../own/compared.js";
import { definitionOf, type OwnSource } from "../own/load.js";
import { POLICY, type PolicyDefinition } from "../policy/own/definition.js";
import { OwnSimulation } from "../policy/own/simulation.js";
import type { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSimulation, type PageCounters } from "../wasm/pages.js";

export interface SimulationPlan {
  policyId: number;
  parameters: readonly number[];
  needsFuture: boolean;
  frames: number;
  /** An own policy, which has no `policyId`. */
  own?: OwnSource<PolicyDefinition> | undefined;
}

export interface Simulation {
  /** Serves the requests of the last step. */
  run(): void;
  /** The pages that are resident, in no fixed order. `most` is the same in every call. */
  residentPages(most: number): bigint[];
  readonly counters: PageCounters;
}

export async function createSimulation(
  kernel: Kernel,
  requests: KernelRequests,
  plan: SimulationPlan,
): Promise<Simulation> {
  const { policyId, parameters, frames, own } = plan;
  if (own === undefined) return new KernelSimulation(kernel, requests, policyId, parameters, frames);
  const simulation = new OwnSimulation(await definitionOf(own, POLICY), parameters, frames, own);
  return {
    run: () => simulation.run(requests),
    residentPages: (most) => simulation.residentPages(most),
    counters: simulation.counters,
  };
}

/** The plan in a form that can be posted to another thread; undefined if its policy exists only in this thread. */
export function portable(plan: SimulationPlan): SimulationPlan | undefined {
  if (plan.own === undefined) return plan;
  const own = portableSource(plan.own);
  return own && { ...plan, own };
}
