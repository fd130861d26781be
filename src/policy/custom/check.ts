/** `checkPolicy`: tests a custom policy against the claims that the kernel's policies meet. */
import * as v from "valibot";
import { type ClaimVerdict, judgeClaims, PATIENCE_SECONDS, trialTurns } from "../../custom/check.js";
import { watcher } from "../../custom/watch.node.js";
import { policyCheckOptions } from "../../options/checks.js";
import { entriesOf, type OptionsOf } from "../../options/row.js";
import { validate } from "../../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../../options/watch.js";
import { type CustomChoice, chooseCustom, type PolicySpec } from "../compared.js";
import { CLAIMS, type PageRequest, type Trial } from "./claims.js";
import { POLICY } from "./definition.js";
import { type PolicyCandidate, refute } from "./search.js";
import { CustomSimulation } from "./simulation.js";

const schema = v.strictObject({ ...entriesOf(policyCheckOptions), ...watchEntries<Progress>() });
/** Options of `checkPolicy`. */
export interface CheckPolicyOptions extends OptionsOf<typeof policyCheckOptions>, PassOptions {}

/** A claim that a policy violates, with a short counterexample. */
export interface PolicyFault {
  /** The claim that does not hold, as a sentence. */
  claim: string;
  /** The way in which it does not hold. */
  problem: string;
  /** `FILE:LINE`, if known. */
  place: string | undefined;
  /** Number of frames. */
  frames: number;
  /** The fewest requests found that show it, in order. */
  requests: readonly PageRequest[];
}

export interface PolicyVerdict {
  /** The policy's name, with the given parameters. */
  policy: string;
  /** The claims that were tested: only the first if that one fails. */
  claims: readonly ClaimVerdict<Omit<PolicyFault, "claim">>[];
}

/**
 * The claims that `policy` violates; empty if there are none. Throws `UsageError`, or `InputError` for an invalid
 * definition.
 */
export async function checkPolicy(
  policy: PolicySpec,
  options: CheckPolicyOptions = {},
): Promise<PolicyFault[]> {
  const { claims } = await judgePolicy(policy, options);
  return claims.flatMap(({ fault }) => fault ?? []);
}

/** As `checkPolicy`, with the claims that hold included. */
export async function judgePolicy(spec: PolicySpec, options: CheckPolicyOptions): Promise<PolicyVerdict> {
  const { seed, trials, ...watch } = validate(POLICY.checker, schema, options);
  const turn = trialTurns(CLAIMS.length * trials, watch);
  const policy = await chooseCustom(spec);
  const candidate = await candidateOf(policy);
  const claims = await judgeClaims(CLAIMS, (claim) => refute(claim, { ...candidate, turn }, seed, trials));
  return { policy: policy.name, claims };
}

async function candidateOf({ source, parameters }: CustomChoice): Promise<PolicyCandidate> {
  const start = async ({ requests, frames }: Trial) => {
    // Created at first use, which is under the watch.
    let simulation: CustomSimulation | undefined;
    const made = () => {
      simulation ??= new CustomSimulation(source.definition, parameters, frames, source);
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
