/**
 * The claims that every replacement policy must meet, those of the kernel and custom ones. A claim runs simulations of one
 * sequence of requests and describes the first violation. Claims are synchronous, so that a watch can stop a policy
 * that never returns.
 */

import type { Claim as GeneralClaim } from "../../custom/search.js";
import type { RequestKind } from "./definition.js";
import { fewestMisses } from "./fewest-misses.js";
import type { Page } from "./page-list.js";

/** A request, as policies in JavaScript get it. */
export interface PageRequest {
  /** Number of the page. */
  readonly page: Page;
  /** `fetch`, `load`, `store` or `modify`. */
  readonly kind: RequestKind;
}

/** A test case. */
export interface Trial {
  readonly requests: readonly PageRequest[];
  readonly frames: number;
}

/** A simulation of a trial. */
export interface Run {
  /** Serves the next request; returns whether it hits. Throws if the policy fails. */
  serve(): boolean;
  readonly misses: number;
  readonly evictions: number;
  /** Checks the consistency of the policy's state. */
  isValid(): boolean;
}

export interface Claim extends GeneralClaim<Trial, Run> {
  /** It applies to fixed-space policies only, not to variable-space ones. */
  readonly fixedSpace?: true;
}

/** The first claim is a precondition of the others. */
export const CLAIMS: readonly Claim[] = [
  {
    name: "serves every request",
    runs: 1,
    check: ({ requests }, run) => unsound(requests, run),
  },
  {
    name: "keeps the page that was just requested",
    runs: 1,
    shape: ({ requests, frames }) => ({ requests: requests.flatMap((one) => [one, one]), frames }),
    check({ requests }, run) {
      const at = hitsOf(requests, run).findIndex((hit, n) => n % 2 === 1 && !hit);
      return at < 0 ? undefined : `request ${at} misses the page that request ${at - 1} was for`;
    },
  },
  {
    name: "misses each page once if all fit",
    fixedSpace: true,
    runs: 1,
    shape: ({ requests }) => ({ requests, frames: distinct(requests) }),
    check({ requests, frames }, run) {
      const misses = missesOf(requests, run);
      return misses === frames ? undefined : `${misses} misses for ${frames} pages in as many frames`;
    },
  },
  {
    name: "fills every frame before it evicts, and holds no more pages than there are frames",
    fixedSpace: true,
    runs: 1,
    check({ requests, frames }, run) {
      for (let at = 1; at <= requests.length; at++) {
        run.serve();
        const resident = run.misses - run.evictions;
        const due = Math.min(frames, distinct(requests.slice(0, at)));
        if (resident !== due) return `${resident} pages are resident after request ${at - 1}, not ${due}`;
      }
      return undefined;
    },
  },
  {
    name: "gives the same results when run again",
    runs: 2,
    check({ requests }, one, two: Run) {
      return firstDifference(hitsOf(requests, one), hitsOf(requests, two), "in a second simulation");
    },
  },
  {
    name: "keeps interleaved simulations apart",
    runs: 3,
    check({ requests }, alone, ...both) {
      const hits = hitsOf(requests, alone);
      const inTurns = requests.map(() => both.map((run) => run.serve()));
      return (
        firstDifference(hits, column(inTurns, 0), "while another simulation runs") ??
        firstDifference(hits, column(inTurns, 1), "while another simulation runs")
      );
    },
  },
  {
    name: "never beats opt",
    runs: 1,
    check({ requests, frames }, run) {
      const misses = missesOf(requests, run);
      const fewest = fewestMisses(
        requests.map(({ page }) => page),
        frames,
      );
      return misses >= fewest ? undefined : `${misses} misses, where no policy can have fewer than ${fewest}`;
    },
  },
  {
    name: "accepts page numbers up to the largest of 64 bits",
    runs: 1,
    shape: ({ requests, frames }) => ({
      requests: requests.map(({ page, kind }) => ({ page: mirrored(page), kind })),
      frames,
    }),
    check: ({ requests }, run) => unsound(requests, run),
  },
];

function unsound(requests: readonly PageRequest[], run: Run): string | undefined {
  for (const at of requests.keys()) {
    run.serve();
    if (!run.isValid()) return `its state is inconsistent after request ${at}`;
  }
  return undefined;
}

function hitsOf(requests: readonly PageRequest[], run: Run): boolean[] {
  return requests.map(() => run.serve());
}

function missesOf(requests: readonly PageRequest[], run: Run): number {
  return hitsOf(requests, run).filter((hit) => !hit).length;
}

function distinct(requests: readonly PageRequest[]): number {
  return new Set(requests.map(({ page }) => page)).size;
}

/** The first difference between two simulations that should be equal. */
function firstDifference(one: readonly boolean[], two: readonly boolean[], when: string): string | undefined {
  const at = one.findIndex((hit, n) => hit !== two[n]);
  if (at < 0) return undefined;
  const [first, second] = one[at] ? ["hits", "misses"] : ["misses", "hits"];
  return `request ${at} ${first}, and ${second} ${when}`;
}

function column(rows: readonly boolean[][], n: number): boolean[] {
  return rows.map((row) => row[n] ?? false);
}

/** Maps every second page n to 2^64 - n. */
function mirrored(page: Page): Page {
  return BigInt(page) % 2n === 0n ? page : 2n ** 64n - BigInt(page);
}
