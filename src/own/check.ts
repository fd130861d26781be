/** What `checkPolicy` and `checkAllocator` have in common: every claim of a list is tried, and what breaks it is told. */
import { UsageError } from "../errors.js";
import type { OwnKind } from "./definition.js";

export interface CheckOptions {
  /** Of the random trials; without it, 1. */
  seed?: number;
  /** Random trials for each claim. */
  trials?: number;
}

/** A claim, and the case that breaks it, if there is one. */
export interface ClaimVerdict<Found> {
  claim: string;
  fault?: { claim: string } & Found;
}

const MOST_TRIALS = 1e6;
/** Far more than the longest trial takes what comes back at all. */
export const PATIENCE_SECONDS = 1;

/** The options with what is left out. Throws `UsageError`. */
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

/** Tries the claims in turn, the first alone where that is broken, since the others build on it. */
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
