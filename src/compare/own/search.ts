/**
 * The search for a case that breaks a claim: random trials, the shortest first, and then, from one that breaks it,
 * ever simpler ones that still do (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE
 * Transactions on Software Engineering 28, 2002, with halves of halves in place of their granularities).
 */
import { PagewalkError } from "../../errors.js";
import type { Claim, PageRequest, Run, Trial } from "./claims.js";
import { type Random, randomFrom } from "./random.js";

/** Who is to keep to claims. */
export interface Candidate {
  start(trial: Trial): Promise<Run>;
  /** Calls `work`, and throws where it does not come back. */
  watch<Result>(work: () => Result): Result;
}

export interface Counterexample extends Trial {
  /** What is wrong with it. */
  readonly problem: string;
  /** Where in the policy's file, if that is known. */
  readonly place: string | undefined;
}

const LONGEST = 200;
const MOST_FRAMES = 12;
/** Pages of a trial are numbered from 1 up to this. */
const MOST_PAGES = 30;
/** Simplifying ends then, with what it has. */
const PATIENCE_SECONDS = 20;

/** A simple trial that breaks the claim; undefined where `trials` random ones do not. */
export async function refute(
  claim: Claim,
  candidate: Candidate,
  seed: number,
  trials: number,
): Promise<Counterexample | undefined> {
  const random = randomFrom(seed);
  for (let n = 0; n < trials; n++) {
    const trial = randomTrial(random, 1 + Math.ceil((LONGEST * n) / trials));
    const found = await judge(claim, candidate, trial);
    if (found !== undefined) return simplify(claim, candidate, trial, found);
  }
  return undefined;
}

async function judge(claim: Claim, candidate: Candidate, trial: Trial): Promise<Counterexample | undefined> {
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

async function simplify(
  claim: Claim,
  candidate: Candidate,
  trial: Trial,
  found: Counterexample,
): Promise<Counterexample> {
  const end = performance.now() + PATIENCE_SECONDS * 1000;
  let best = { trial, found };
  for (let progress = true; progress; ) {
    progress = false;
    for (const simpler of simplerThan(best.trial)) {
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

/** Trials with a part of the requests, fewer frames, loads alone, fewer pages, pages numbered as they come. */
function* simplerThan({ requests, frames }: Trial): Generator<Trial> {
  const { length } = requests;
  for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = length; end > 0 && length > 1; end -= size) {
      const start = Math.max(0, end - size);
      yield { requests: [...requests.slice(0, start), ...requests.slice(end)], frames };
    }
  }
  for (let fewer = 1; fewer < frames; fewer++) yield { requests, frames: fewer };
  for (const [n, { page, kind }] of requests.entries()) {
    if (kind !== "load") yield { requests: requests.with(n, { page, kind: "load" }), frames };
  }
  const pages = [...new Set(requests.map(({ page }) => page))];
  for (const [n, page] of pages.entries()) {
    for (const earlier of pages.slice(0, n)) {
      yield { requests: renamed(requests, (one) => (one === page ? earlier : one)), frames };
    }
  }
  if (pages.some((page, n) => page !== n + 1)) {
    yield { requests: renamed(requests, (page) => pages.indexOf(page) + 1), frames };
  }
}

function renamed(
  requests: readonly PageRequest[],
  name: (page: PageRequest["page"]) => PageRequest["page"],
): PageRequest[] {
  return requests.map(({ page, kind }) => ({ page: name(page), kind }));
}

/** About `length` requests: stretches of chance, of a few hot pages, of loops and of scans. */
function randomTrial(random: Random, length: number): Trial {
  const below = (bound: number) => Math.floor(random() * bound);
  const pages = 2 + below(MOST_PAGES - 1);
  const writes = below(2) === 0 ? 0 : 0.3;
  const requests: PageRequest[] = [];
  while (requests.length < length) {
    const first = below(pages);
    const span = 1 + below(Math.min(pages, 12));
    const style = below(3);
    for (let n = 1 + below(Math.min(length, 40)); n > 0; n--) {
      const page = style === 0 ? below(pages) : first + (style === 1 ? below(span) : n % span);
      requests.push({ page: 1 + (page % pages), kind: random() < writes ? "store" : "load" });
    }
  }
  return { requests, frames: 1 + below(MOST_FRAMES) };
}
