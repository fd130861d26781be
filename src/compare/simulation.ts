/** A plan comes to life: in the kernel, or in JavaScript where the policy is an own one. */
import { portableSource } from "../own/contenders.js";
import { definitionOf, type OwnSource } from "../own/load.js";
import type { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSimulation, type PageCounters } from "../wasm/pages.js";
import { POLICY, type PolicyDefinition } from "./own/definition.js";
import { OwnSimulation } from "./own/simulation.js";

export interface SimulationPlan {
  policyId: number;
  parameters: readonly number[];
  needsFuture: boolean;
  frames: number;
  /** An own policy, which no `policyId` names. */
  own?: OwnSource<PolicyDefinition> | undefined;
}

export interface Simulation {
  /** Serves the requests of the last step. */
  run(): void;
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
  return { run: () => simulation.run(requests), counters: simulation.counters };
}

/** The plan as it can be posted to another thread; undefined where its policy lives in this one alone. */
export function portable(plan: SimulationPlan): SimulationPlan | undefined {
  if (plan.own === undefined) return plan;
  const own = portableSource(plan.own);
  return own && { ...plan, own };
}
