/** How a trace's simulations are shared out to threads. */
import type { SimulationPlan } from "./simulate.js";

/** What a policy that knows the future costs beside the others, and what its first pass costs. */
const FUTURE_WEIGHT = 2;

/**
 * Splits the plans, given by index, into at most `groups` groups of about the same weight. Plans that need the future
 * stay together while they are no more than a fair share, since each group with such a plan reads the trace twice.
 */
export function shareOut(plans: readonly SimulationPlan[], groups: number): number[][] {
  const indexes = plans.map((_, index) => index);
  const simple = indexes.filter((index) => !plans[index]?.needsFuture).map((index) => [index]);
  const future = indexes.filter((index) => plans[index]?.needsFuture);
  const total = simple.length + future.length * FUTURE_WEIGHT;
  const share = Math.max(1, Math.ceil(total / groups / FUTURE_WEIGHT));
  const bundles: number[][] = [];
  for (let at = 0; at < future.length; at += share) bundles.push(future.slice(at, at + share));
  return pack([...bundles, ...simple], plans, groups);
}

/** The heaviest bundle first, each to the group that is lightest so far. */
function pack(bundles: readonly number[][], plans: readonly SimulationPlan[], groups: number): number[][] {
  const packed = Array.from({ length: groups }, () => ({ weight: 0, indexes: [] as number[] }));
  for (const bundle of bundles) {
    const lightest = packed.reduce((best, group) => (group.weight < best.weight ? group : best));
    lightest.indexes.push(...bundle);
    lightest.weight += bundle.reduce(
      (sum, index) => sum + (plans[index]?.needsFuture ? FUTURE_WEIGHT : 1),
      0,
    );
  }
  return packed.map(({ indexes }) => indexes).filter((indexes) => indexes.length > 0);
}
