/** Creates the simulation of a plan: in the kernel, or in JavaScript for a custom policy. */
import { portableSource } from "../custom/compared.js";
import { type CustomSource, definitionOf } from "../custom/load.js";
import { POLICY, type PolicyDefinition } from "../policy/custom/definition.js";
import { CustomSimulation } from "../policy/custom/simulation.js";
import type { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSimulation, type PageCounters } from "../wasm/pages.js";

export interface SimulationPlan {
  policyId: number;
  parameters: readonly number[];
  needsFuture: boolean;
  /** Several numbers of frames are simulated at once. */
  servesSizes?: boolean | undefined;
  frames: number;
  /** A custom policy, which has no `policyId`. */
  custom?: CustomSource<PolicyDefinition> | undefined;
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
  const { policyId, parameters, frames, custom } = plan;
  if (custom === undefined) return new KernelSimulation(kernel, requests, policyId, parameters, frames);
  const simulation = new CustomSimulation(await definitionOf(custom, POLICY), parameters, frames, custom);
  return {
    run: () => simulation.run(requests),
    residentPages: (most) => simulation.residentPages(most),
    counters: simulation.counters,
  };
}

/** The plan in a form that can be posted to another thread; undefined if its policy exists only in this thread. */
export function portable(plan: SimulationPlan): SimulationPlan | undefined {
  if (plan.custom === undefined) return plan;
  const custom = portableSource(plan.custom);
  return custom && { ...plan, custom };
}
