/** The common part of `checkPolicy` and `checkAllocator`: tests a list of claims and reports violations. */
import { UsageError } from "../errors.js";
import type { OwnKind } from "./definition.js";

export interface CheckOptions {
  /** Seed of the random trials; default 1. */
  seed?: number;
  /** Random trials for each claim. */
  trials?: number;
}

/** A claim, and the case that violates it, if any. */
export interface ClaimVerdict<Found> {
  claim: string;
  fault?: { claim: string } & Found;
}

const MOST_TRIALS = 1e6;
/** Time limit in seconds, far above that of the longest trial that ends. */
export const PATIENCE_SECONDS = 1;

/** The options with defaults. Throws `UsageError`. */
export function checkedOptions(
  { seed = 1, trials }: CheckOptions,
  usualTrials: number,
  { checker }: OwnKind,
): Required<CheckOptions> {
  const options = { seed, trials: trials ?? usualTrials };
  mustBe(options.seed, 0, Number.MAX_SAFE_INTEGER, "seed", checker);
  mustBe(options.trials, 1, MOST_TRIALS, "trials", checker);
  return options;
}

function mustBe(value: number, least: number, most: number, option: string, checker: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const remedy = `give a whole number from ${least} to ${most}`;
  throw new UsageError(`${option} cannot be ${value}`, remedy, checker);
}

/** Tests the claims in order. If the first one fails, the others are not tested, since they depend on it. */
export async function judgeClaims<Claim extends { readonly name: string }, Found extends object>(
  claims: readonly Claim[],
  refute: (claim: Claim) => Promise<Found | undefined>,
): Promise<ClaimVerdict<Found>[]> {
  const verdicts: ClaimVerdict<Found>[] = [];
  for (const claim of claims) {
    const found = await refute(claim);
    const { name } = claim;
    verdicts.push(found === undefined ? { claim: name } : { claim: name, fault: { claim: name, ...found } });
    if (found !== undefined && claim === claims[0]) break;
  }
  return verdicts;
}
