/** Builds a machine in a kernel. Each CPU has its own TLBs of the first level; the others are shared. */
import type { Kernel } from "../wasm/kernel.js";
import { KernelMachine, type KernelTlb } from "../wasm/machine.js";
import type { MachinePlan } from "./options.js";
import type { TlbSpec } from "./tlb-options.js";

export interface NamedTlb {
  readonly spec: TlbSpec;
  readonly tlb: KernelTlb;
  /** The CPU that has it; undefined if all do. */
  readonly cpu: number | undefined;
}

export function buildMachine(
  kernel: Kernel,
  plan: MachinePlan,
): { machine: KernelMachine; tlbs: NamedTlb[] } {
  const machine = new KernelMachine(kernel, plan.parameters);
  const { cpus = 1 } = plan.parameters;
  const tlbs = plan.tlbs.flatMap((spec, n) => {
    const parameters = { ...spec, seed: (plan.seed + n) >>> 0 };
    const owners = spec.level === 1 && cpus > 1 ? Array.from({ length: cpus }, (_, cpu) => cpu) : [undefined];
    return owners.map((cpu) => ({ spec, tlb: machine.addTlb(parameters, cpu), cpu }));
  });
  for (const { level, entries } of plan.walkCaches) machine.addWalkCache(level, entries);
  return { machine, tlbs };
}

/** The sum of a number of each TLB, by name. */
export function sumByName(tlbs: readonly NamedTlb[], numberOf: (tlb: NamedTlb, n: number) => number) {
  const sums: Record<string, number> = {};
  for (const [n, tlb] of tlbs.entries()) {
    const { name } = tlb.spec;
    sums[name] = (sums[name] ?? 0) + numberOf(tlb, n);
  }
  return sums;
}
