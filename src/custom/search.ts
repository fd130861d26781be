/**
 * Searches for a case that violates a claim: random trials, the shortest first, and then smaller and smaller variants
 * that still violate it (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Transactions
 * on Software Engineering 28, 2002, with repeated halving instead of their granularities).
 */
import { PagewalkError } from "../errors.js";
import { type Random, randomFrom } from "./random.js";

export interface Claim<Trial, Run> {
  /** The statement that holds if the claim is met. */
  readonly name: string;
  /** Number of simulations of the trial it runs. */
  readonly runs: number;
  /** Adapts any trial to the claim. */
  readonly shape?: (trial: Trial) => Trial;
  /** Description of the violation; undefined if there is none. */
  check(trial: Trial, run: Run, ...more: Run[]): string | undefined;
}

/** The subject under test. */
export interface Candidate<Trial, Run> {
  start(trial: Trial): Promise<Run>;
  /** Calls `work`, and throws if it does not return in time. */
  watch<Result>(work: () => Result): Result;
}

/** Generates and reduces trials. */
export interface Trials<Trial> {
  /** A trial of about `length` steps. */
  random(random: Random, length: number): Trial;
  /** Smaller variants, those that leave out most first. */
  simplerThan(trial: Trial): Iterable<Trial>;
}

/** Description of the violation, and its place in the file, if known. */
export interface Verdict {
  readonly problem: string;
  readonly place: string | undefined;
}
export type Counterexample<Trial> = Trial & Verdict;

const LONGEST = 200;
/** Time limit of the reduction, which then returns its best case. */
const PATIENCE_SECONDS = 20;

/** A small trial that violates the claim; undefined if `count` random ones do not. */
export async function refute<Trial extends object, Run>(
  claim: Claim<Trial, Run>,
  candidate: Candidate<Trial, Run>,
  trials: Trials<Trial>,
  seed: number,
  count: number,
): Promise<Counterexample<Trial> | undefined> {
  const random = randomFrom(seed);
  for (let n = 0; n < count; n++) {
    const trial = trials.random(random, 1 + Math.ceil((LONGEST * n) / count));
    const found = await judge(claim, candidate, trial);
    if (found !== undefined) return simplify(claim, candidate, trials, trial, found);
  }
  return undefined;
}

async function judge<Trial extends object, Run>(
  claim: Claim<Trial, Run>,
  candidate: Candidate<Trial, Run>,
  trial: Trial,
): Promise<Counterexample<Trial> | undefined> {
  const shaped = claim.shape?.(trial) ?? trial;
  try {
    const run = await candidate.start(shaped);
    const more: Run[] = [];
    while (more.length < claim.runs - 1) more.push(await candidate.start(shaped));
    const problem = candidate.watch(() => claim.check(shaped, run, ...more));
    return problem === undefined ? undefined : { ...shaped, problem, place: undefined };
  } catch (error) {
    if (!(error instanceof PagewalkError)) throw error;
    return { ...shaped, problem: error.problem, place: error.place };
  }
}

async function simplify<Trial extends object, Run>(
  claim: Claim<Trial, Run>,
  candidate: Candidate<Trial, Run>,
  trials: Trials<Trial>,
  trial: Trial,
  found: Counterexample<Trial>,
): Promise<Counterexample<Trial>> {
  const end = performance.now() + PATIENCE_SECONDS * 1000;
  let best = { trial, found };
  for (let progress = true; progress; ) {
    progress = false;
    for (const simpler of trials.simplerThan(best.trial)) {
      if (performance.now() > end) break;
      const still = await judge(claim, candidate, simpler);
      if (still === undefined) continue;
      best = { trial: simpler, found: still };
      progress = true;
      break;
    }
  }
  return best.found;
}

/** The list with a part left out: halves first, then smaller parts, those at the end first. */
export function* withoutParts<Item>(list: readonly Item[]): Generator<Item[]> {
  const { length } = list;
  for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = length; end > 0 && length > 1; end -= size) {
      const start = Math.max(0, end - size);
      yield [...list.slice(0, start), ...list.slice(end)];
    }
  }
}
