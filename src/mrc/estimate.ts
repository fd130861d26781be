/**
 * Miss ratios from a sample, with their error.
 *
 * The estimate is the sampled misses divided by the requests that the sample stands for, all requests × rate. This is
 * SHARDS-adj of the paper (see assembly/analysis/sample.ts): the requests that the sample has too few (or too many) of
 * are counted as hits, of pages so popular that they hit at any size.
 *
 * The error bar: the sample's pages are divided into G groups by further bits of their hash, each a sample of its own
 * at rate R / G. From the standard deviation s of the groups' estimates,
 *
 *   error bar = t × s / √G × √(1 - R)
 *
 * with Student's t for G - 1 degrees of freedom at 95 %. The last factor accounts for sampling without replacement, so
 * a sample of everything has no error. The bar shows the scatter of estimates, not a bias that they share.
 */
import { SAMPLE_GROUPS } from "../../assembly/abi/analysis.js";
import type { CurvePoint } from "./result.js";

/** Student's t, 97.5 %, for `SAMPLE_GROUPS` - 1 = 7 degrees of freedom. */
const STUDENT_T = 2.3646;

/** Fewest frames of a miniature simulation: with fewer, a group would have none. */
export const LEAST_FRAMES = SAMPLE_GROUPS;

/** A point from the misses of a sample and of its groups. `requests` counts the whole trace. */
export function estimate(
  frames: number,
  misses: number,
  groupMisses: readonly number[],
  requests: number,
  rate: number,
): CurvePoint {
  const ratio = (missed: number, share: number) =>
    requests === 0 ? 0 : Math.min(1, missed / (requests * share));
  const groups = groupMisses.map((missed) => ratio(missed, rate / groupMisses.length));
  const mean = groups.reduce((sum, one) => sum + one, 0) / groups.length;
  const squares = groups.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (groups.length - 1));
  const errorBar = ((STUDENT_T * deviation) / Math.sqrt(groups.length)) * Math.sqrt(1 - rate);
  return { frames, missRatio: ratio(misses, rate), errorBar };
}
