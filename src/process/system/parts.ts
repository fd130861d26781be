/** The parts of a system, made from its options: kernel memory with a machine in it, limits, layout, swap, allocator. */
import type * as v from "valibot";
import { NONE } from "../../../assembly/abi/core.js";
import { OptionError } from "../../errors.js";
import { buildMachine, type NamedTlb } from "../../machine/build.js";
import { type MachinePlan, pagesOf, planMachine } from "../../machine/options.js";
import { Kernel, outOfMemory } from "../../wasm/kernel.js";
import type { KernelMachine } from "../../wasm/machine.js";
import { KernelSystem } from "../../wasm/process/system.js";
import { costsOf } from "../costs.js";
import { type Layout, layoutOf } from "../program/layout.js";
import { SystemAllocator } from "./allocator.js";
import { kernelVersion } from "./kernel-version.js";
import { type Limits, parseLimits } from "./limits.js";
import type { systemSchema } from "./options.js";

export interface SystemParts {
  readonly memory: Kernel;
  readonly kernel: KernelSystem;
  readonly machine: KernelMachine;
  readonly tlbs: readonly NamedTlb[];
  readonly plan: MachinePlan;
  readonly layout: Layout;
  readonly limits: Limits;
  readonly privileged: boolean;
  readonly cpus: number;
  /** Seed of random addresses. */
  readonly seed: number | undefined;
  /** Capacity of swap, pages. */
  readonly swapPages: number;
  readonly allocator: SystemAllocator;
}

/** Linux's default number of process numbers. */
export const MOST_PROCESSES = 32768;
/** Error for `opt` and similar policies: a system's future requests are unknown. */
const FUTURE = "needs the future, which a process does not have";

/** Throws `UsageError` for invalid options, `OutOfMemoryError` if Wasm's 4 GiB are not enough. */
export async function makeParts(options: v.InferOutput<typeof systemSchema>): Promise<SystemParts> {
  const memory = await Kernel.create();
  const { swap, ...rest } = options;
  const plan = await planMachine(memory, rest, MOST_PROCESSES);
  if (plan.needsFuture) throw OptionError.at("policy", `${plan.policy} ${FUTURE}`, "choose another");
  const swapPages = swap === undefined ? 0 : pagesOf(swap, plan.geometry, "swap");
  if (swapPages >= NONE) throw outOfMemory();
  const { features, memlock, hasClockRegion } = kernelVersion(options.kernel);
  const limits = parseLimits(options.ulimit, memlock);
  const layout = layoutOf({
    arch: options.arch,
    seed: options.randomize,
    stackLimit: limits.stack,
    hasClockRegion,
  });
  const { machine, tlbs } = buildMachine(memory, { ...plan, parameters: { ...plan.parameters, swapPages } });
  const kernel = new KernelSystem(memory, machine.address, {
    hugetlbPages: options.hugetlb,
    overcommit: options.overcommit,
    isCold: options.pageCache === "cold",
    features,
    costs: costsOf(options.costs),
  });
  return {
    memory,
    kernel,
    machine,
    tlbs,
    plan,
    layout,
    limits,
    privileged: options.privileged ?? !/\bmemlock\b/.test(options.ulimit),
    cpus: options.cpus,
    seed: options.randomize,
    swapPages,
    allocator: new SystemAllocator(kernel, layout, options.allocator),
  };
}
