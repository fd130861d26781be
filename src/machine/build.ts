/** Builds a machine in a kernel. */
import type { Kernel } from "../wasm/kernel.js";
import { KernelMachine, type KernelTlb } from "../wasm/machine.js";
import type { MachinePlan } from "./options.js";
import type { TlbSpec } from "./tlb-options.js";

export interface NamedTlb {
  readonly spec: TlbSpec;
  readonly tlb: KernelTlb;
}

export function buildMachine(
  kernel: Kernel,
  plan: MachinePlan,
): { machine: KernelMachine; tlbs: NamedTlb[] } {
  const machine = new KernelMachine(kernel, plan.parameters);
  const tlbs = plan.tlbs.map((spec, n) => ({
    spec,
    tlb: machine.addTlb({ ...spec, seed: (plan.seed + n) >>> 0 }),
  }));
  for (const { level, entries } of plan.walkCaches) machine.addWalkCache(level, entries);
  return { machine, tlbs };
}
