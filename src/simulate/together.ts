/**
 * Simulations that are served together: one by itself, or all numbers of frames of a stack algorithm, which one pass serves
 * (assembly/engine/stacks). A single number of frames is served by the same code, since it is the faster one.
 *
 *   plans     lru 10 │ arc 10 │ lru 20 │ arc 20 │ lru 20
 *   together  lru 10, 20, 20 │ arc 10 │ arc 20
 */
import type { Kernel } from "../wasm/kernel.js";
import { type KernelRequests, KernelStack, MOST_STACK_SIZES, type PageCounters } from "../wasm/pages.js";
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
      plan.isStack
        ? stackOf(kernel, requests, plan, indexes, plans)
        : await simulationOf(kernel, requests, plan, first),
    );
  }
  return together;
}

/** The indexes of the plans that are served together. */
export function indexesTogether(plans: readonly SimulationPlan[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { policyId, parameters, isStack }] of plans.entries()) {
    const key = isStack ? `${policyId}:${parameters}` : `${policyId}:${index}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups.values()].flatMap((indexes) =>
    Array.from({ length: Math.ceil(indexes.length / MOST_STACK_SIZES) }, (_, n) =>
      indexes.slice(n * MOST_STACK_SIZES, (n + 1) * MOST_STACK_SIZES),
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

function stackOf(
  kernel: Kernel,
  requests: KernelRequests,
  { policyId }: SimulationPlan,
  indexes: readonly number[],
  plans: readonly SimulationPlan[],
): Together {
  const framesOf = (index: number) => plans[index]?.frames ?? 1;
  const frames = [...new Set(indexes.map(framesOf))].sort((one, other) => one - other);
  const stack = new KernelStack(kernel, requests, policyId, frames);
  const members = indexes.map((index) => {
    const size = frames.indexOf(framesOf(index));
    return {
      index,
      get counters() {
        return stack.countersOf(size);
      },
    };
  });
  return { run: () => stack.run(), members };
}
