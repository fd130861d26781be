/** `checkPolicy`: holds an own policy to the claims that the kernel's policies are held to. */
import { UsageError } from "../../errors.js";
import { watcher } from "../../own/watch.js";
import { chooseOwn, type OwnChoice, type PolicySpec } from "../contenders.js";
import { CLAIMS, type PageRequest, type Trial } from "./claims.js";
import { type PolicyCandidate, refute } from "./search.js";
import { OwnSimulation } from "./simulation.js";

export interface CheckPolicyOptions {
  /** Of the random requests; without it, 1. */
  seed?: number;
  /** Random sequences that each claim is tried on; without it, 200. */
  trials?: number;
}

/** A claim that a policy does not keep to, and a short case of it. */
export interface PolicyFault {
  claim: string;
  problem: string;
  /** `FILE:LINE`, where that is known. */
  place: string | undefined;
  frames: number;
  requests: readonly PageRequest[];
}

export interface PolicyVerdict {
  /** The policy's name, with the parameters that were given. */
  policy: string;
  /** The claims that were tried: the first alone, where that one is broken. */
  claims: readonly { claim: string; fault?: PolicyFault }[];
}

const MOST_TRIALS = 1e6;
/** Far more than the longest trial takes a policy that comes back at all. */
const PATIENCE_SECONDS = 1;

/** The claims that `policy` breaks: none, if all is well. Throws `UsageError`, or `InputError` for what is no policy. */
export async function checkPolicy(
  policy: PolicySpec,
  options: CheckPolicyOptions = {},
): Promise<PolicyFault[]> {
  const { claims } = await judgePolicy(policy, options);
  return claims.flatMap(({ fault }) => fault ?? []);
}

/** As `checkPolicy`, with the claims that hold. */
export async function judgePolicy(
  spec: PolicySpec,
  { seed = 1, trials = 200 }: CheckPolicyOptions,
): Promise<PolicyVerdict> {
  checkCount(seed, 0, Number.MAX_SAFE_INTEGER, "seed");
  checkCount(trials, 1, MOST_TRIALS, "trials");
  const policy = await chooseOwn(spec);
  const candidate = await candidateOf(policy);
  const claims: { claim: string; fault?: PolicyFault }[] = [];
  for (const claim of CLAIMS) {
    const found = await refute(claim, candidate, seed, trials);
    claims.push(
      found === undefined
        ? { claim: claim.name }
        : { claim: claim.name, fault: { claim: claim.name, ...found } },
    );
    if (found !== undefined && claim === CLAIMS[0]) break;
  }
  return { policy: policy.name, claims };
}

async function candidateOf({ source, parameters }: OwnChoice): Promise<PolicyCandidate> {
  const start = async ({ requests, frames }: Trial) => {
    // Made when it is first asked for something, which is under the watch.
    let simulation: OwnSimulation | undefined;
    const made = () => {
      simulation ??= new OwnSimulation(source.definition, parameters, frames, source);
      return simulation;
    };
    const rest = requests.values();
    return {
      serve: () => {
        const { value } = rest.next();
        return value !== undefined && made().serve(value.page, value.kind);
      },
      isValid: () => made().isValid(),
      get misses() {
        return made().counters.misses;
      },
      get evictions() {
        return made().counters.evictions;
      },
    };
  };
  return { start, watch: await watcher(PATIENCE_SECONDS, source.place) };
}

function checkCount(value: number, least: number, most: number, option: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const remedy = `give a whole number from ${least} to ${most}`;
  throw new UsageError(`${option} cannot be ${value}`, remedy, "checkPolicy");
}
