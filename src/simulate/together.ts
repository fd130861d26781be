/**
 * Simulations that are served together: one by itself, or all numbers of frames of a policy whose sizes are simulated at
 * once (assembly/engine/sizes). A single number of frames of such a policy takes the same way, which is the faster one.
 *
 *   plans     lru 10 │ arc 10 │ lru 20 │ arc 20 │ lru 20
 *   together  lru 10, 20, 20 │ arc 10 │ arc 20
 */
import { MOST_SIZES } from "../../assembly/abi/requests.js";
import type { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelSizes, type PageCounters } from "../wasm/pages.js";
import { createSimulation, type SimulationPlan } from "./simulation.js";

export interface Together {
  /** Serves the requests of the last step. */
  run(): void;
  /** The plans, by their indexes. */
  readonly members: readonly Member[];
}

export interface Member {
  readonly index: number;
  readonly counters: PageCounters;
}

export async function simulationsOf(
  kernel: Kernel,
  requests: KernelRequests,
  plans: readonly SimulationPlan[],
): Promise<Together[]> {
  const together: Together[] = [];
  for (const indexes of indexesTogether(plans)) {
    const [first = 0] = indexes;
    const plan = plans[first];
    if (plan === undefined) continue;
    together.push(
      plan.servesSizes
        ? sizesOf(kernel, requests, plan, indexes, plans)
        : await simulationOf(kernel, requests, plan, first),
    );
  }
  return together;
}

/** The indexes of the plans that are served together. */
export function indexesTogether(plans: readonly SimulationPlan[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { policyId, parameters, servesSizes }] of plans.entries()) {
    const key = servesSizes ? `${policyId}:${parameters}` : `${policyId}:${index}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups.values()].flatMap((indexes) =>
    Array.from({ length: Math.ceil(indexes.length / MOST_SIZES) }, (_, n) =>
      indexes.slice(n * MOST_SIZES, (n + 1) * MOST_SIZES),
    ),
  );
}

async function simulationOf(
  kernel: Kernel,
  requests: KernelRequests,
  plan: SimulationPlan,
  index: number,
): Promise<Together> {
  const simulation = await createSimulation(kernel, requests, plan);
  const member = {
    index,
    get counters() {
      return simulation.counters;
    },
  };
  return { run: () => simulation.run(), members: [member] };
}

function sizesOf(
  kernel: Kernel,
  requests: KernelRequests,
  { policyId, parameters }: SimulationPlan,
  indexes: readonly number[],
  plans: readonly SimulationPlan[],
): Together {
  const framesOf = (index: number) => plans[index]?.frames ?? 1;
  const frames = [...new Set(indexes.map(framesOf))].sort((one, other) => one - other);
  const sizes = new KernelSizes(kernel, requests, policyId, parameters, frames);
  const members = indexes.map((index) => {
    const size = frames.indexOf(framesOf(index));
    return {
      index,
      get counters() {
        return sizes.countersOf(size);
      },
    };
  });
  return { run: () => sizes.run(), members };
}
