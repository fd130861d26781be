/** Searches for requests that violate a claim about policies. */
import type { Random } from "../../custom/random.js";
import {
  type Candidate,
  type Counterexample,
  refute as refuteAny,
  withoutParts,
} from "../../custom/search.js";
import type { Claim, PageRequest, Run, Trial } from "./claims.js";

export type PolicyCandidate = Candidate<Trial, Run>;

const MOST_FRAMES = 12;
/** The largest page number of a trial; the smallest is 1. */
const MOST_PAGES = 30;

/** A small trial that violates the claim; undefined if `trials` random ones do not. */
export function refute(
  claim: Claim,
  candidate: PolicyCandidate,
  seed: number,
  trials: number,
): Promise<Counterexample<Trial> | undefined> {
  return refuteAny(claim, candidate, { random: randomTrial, simplerThan }, seed, trials);
}

/** Smaller trials: with some of the requests, fewer frames, only loads, fewer pages, pages renumbered. */
function* simplerThan({ requests, frames }: Trial): Generator<Trial> {
  for (const fewer of withoutParts(requests)) yield { requests: fewer, frames };
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

/** About `length` requests: random ones, a few hot pages, loops and scans. */
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
