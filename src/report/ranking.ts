/** The ranking of policies: misses compared with the fewest of any policy, except those that know the future. */

/** The policy that knows the future. It is a bound, and is not ranked. */
export const BOUND = "opt";

/** True if the policy is ranked: policies that know the future are not. */
export function isRanked(policy: string): boolean {
  return !/^(opt|vmin)(:|$)/.test(policy);
}

export interface Scored {
  policy: string;
  frames: number;
  missRatio: number;
}

/** The least miss ratio of each number of frames, of the policies that do not know the future. */
export function leastMissRatios(rows: readonly Scored[]): Map<number, number> {
  const least = new Map<number, number>();
  for (const { policy, frames, missRatio } of rows) {
    if (isRanked(policy))
      least.set(frames, Math.min(missRatio, least.get(frames) ?? Number.POSITIVE_INFINITY));
  }
  return least;
}

/** Limits the influence of a size at which the best policy has no misses. */
const TINY = 1e-6;

/** For each policy, the misses beyond the fewest, as a share of the fewest: the geometric mean over all sizes. */
export function excessOf(rows: readonly Scored[]): Map<string, number> {
  const least = leastMissRatios(rows);
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { policy, frames, missRatio } of rows) {
    const entry = sums.get(policy) ?? { sum: 0, count: 0 };
    entry.sum += Math.log((missRatio + TINY) / ((least.get(frames) ?? missRatio) + TINY));
    entry.count++;
    sums.set(policy, entry);
  }
  return new Map([...sums].map(([policy, { sum, count }]) => [policy, Math.exp(sum / count) - 1]));
}

/** The policies from best to worst, by `excessOf`; the bound comes first. */
export function ranked(rows: readonly Scored[]): string[] {
  const excess = excessOf(rows);
  const score = (policy: string) => (policy === BOUND ? Number.NEGATIVE_INFINITY : (excess.get(policy) ?? 0));
  return [...excess.keys()].sort((a, b) => score(a) - score(b));
}
