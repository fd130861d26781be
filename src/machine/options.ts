/** Checks the options of a machine. */
import * as v from "valibot";
import { NONE } from "../../assembly/abi/core.js";
import { HUGE_ALWAYS, HUGE_MADVISE, HUGE_NEVER, NO_POLICY } from "../../assembly/abi/machine.js";
import { OptionError, optionNamed } from "../errors.js";
import { machineOptions } from "../options/machine.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { choosePolicies, type PolicyChoice } from "../policy/policies.js";
import { sizeText } from "../units.js";
import { type Kernel, outOfMemory } from "../wasm/kernel.js";
import type { MachineParameters } from "../wasm/machine.js";
import { type Geometry, geometryOf } from "./geometry.js";
import { parseTlbs, parseWalkCaches, type TlbSpec, type WalkCacheSpec } from "./tlb-options.js";

export const machineEntries = entriesOf(machineOptions);

const machineSchema = v.object(machineEntries);
/** Options of a machine, as `replay` takes them. */
export interface MachineOptions extends OptionsOf<typeof machineOptions> {}
type CheckedOptions = v.InferOutput<typeof machineSchema>;

/** The options of a machine in the kernel's form. */
export interface MachinePlan {
  readonly geometry: Geometry;
  readonly tlbs: readonly TlbSpec[];
  readonly walkCaches: readonly WalkCacheSpec[];
  readonly parameters: MachineParameters;
  readonly seed: number;
  /** The policy's name with its parameters, as given. */
  readonly policy: string;
  /** The policy needs the future, from a first pass. */
  readonly needsFuture: boolean;
}

const HUGE = { never: HUGE_NEVER, always: HUGE_ALWAYS, madvise: HUGE_MADVISE } as const;
/** Frame numbers are u32, and one value means none. */
const MOST_FRAMES = 2 ** 31;
const I386_BYTES = 2 ** 32;

/** Checks that a schema cannot express: sizes against pages, names against the kernel's tables. */
export async function planMachine(
  kernel: Kernel,
  options: CheckedOptions,
  spaces: number,
  cpus = 1,
): Promise<MachinePlan> {
  const geometry = geometryOf(kernel, options.arch);
  const frames = options.memory === undefined ? 0 : framesOf(options.memory, geometry);
  const policy = await onePolicy(options.policy);
  const swapPages = options.swap === undefined ? NONE : pagesOf(options.swap, geometry, "swap");
  if (policy.needsFuture && frames > 0 && (options.huge === "always" || options.swap !== undefined)) {
    const problem = `${policy.name} supports neither huge pages nor a limited swap`;
    throw OptionError.at("policy", problem, `leave out ${optionNamed("huge")} and ${optionNamed("swap")}`);
  }
  return {
    geometry,
    tlbs: parseTlbs(options.tlb, geometry),
    walkCaches: options.walkCache === undefined ? [] : parseWalkCaches(options.walkCache, geometry),
    seed: options.seed,
    policy: policy.name,
    needsFuture: policy.needsFuture && frames > 0,
    parameters: {
      architecture: geometry.architecture,
      frames,
      swapPages: Math.min(swapPages, NONE),
      huge: HUGE[options.huge],
      spaces,
      cpus,
      policy: frames === 0 ? NO_POLICY : policy.id,
      policyParameters: policy.parameters,
    },
  };
}

async function onePolicy(name: string): Promise<PolicyChoice> {
  const [policy, another] = await choosePolicies(name);
  if (policy !== undefined && another === undefined) return policy;
  throw OptionError.at("policy", `"${name}" names more than one policy`, "name one");
}

function framesOf(memory: number, geometry: Geometry): number {
  const frames = pagesOf(memory, geometry, "memory");
  const least = geometry.levels + 1;
  if (frames < least) {
    const problem = `${sizeText(memory)} has no room for a page and the ${geometry.levels} page tables that lead to it`;
    throw OptionError.at("memory", problem, `give ${sizeText(least * geometry.pageBytes)} or more`);
  }
  if (geometry.name === "i386" && frames > I386_BYTES / geometry.pageBytes) {
    throw OptionError.at("memory", `${sizeText(memory)} is more than i386 can have`, "give at most 4GiB");
  }
  if (frames > MOST_FRAMES) throw outOfMemory();
  return frames;
}

/** Pages of the smallest size in `bytes`. Throws `UsageError` if there is a rest. */
export function pagesOf(bytes: number, { pageBytes }: Geometry, option: string): number {
  const pages = bytes / pageBytes;
  if (Number.isInteger(pages)) return pages;
  throw OptionError.at(
    option,
    `${sizeText(bytes)} is not a whole number of pages of ${sizeText(pageBytes)}`,
    `give ${sizeText(Math.max(1, Math.round(pages)) * pageBytes)}, for example`,
  );
}
