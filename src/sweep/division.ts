/**
 * Divides simulations among machines: the shards of a comparison, and the groups of a queue. Unlike the schedule of
 * threads, the division depends on nothing but the simulations, so every machine finds the same.
 *
 *   order of taking   │ a  f  c  b │ e  d  a  f │ c  b  e  d │      each run has its share of every policy and size
 *   run                     0            1            2
 */
import { takingOrder, type Workload, weightOf } from "../workers/schedule.js";

/** A trace with its simulations. */
export interface Portion {
  /** Undefined if it is not known. */
  readonly sizeBytes: number | undefined;
  readonly plans: readonly Workload[];
}

/** Bytes of trace times simulations from which a group pays for its way. */
const GROUP_BYTES = 2 ** 26;
/** A group decodes the trace once: for at least so many simulations, if there are as many. */
const LEAST_SIMULATIONS = 4;
const MOST_SIMULATIONS = 64;

/**
 * The indexes of each portion's plans in each of `parts` parts, which cost about the same: `[part][portion]`. A part has
 * the plans of few traces, because each part reads its traces anew.
 */
export function inParts(portions: readonly Portion[], parts: number): number[][][] {
  const areKnown = portions.every(({ sizeBytes }) => sizeBytes !== undefined);
  const items = portions.flatMap(({ plans, sizeBytes }, portion) =>
    takingOrder(plans).map((index) => {
      const bytes = areKnown ? Math.max(1, sizeBytes ?? 1) : 1;
      return { portion, index, cost: bytes * weightOf(plans[index]) };
    }),
  );
  const result = Array.from({ length: parts }, () => portions.map((): number[] => []));
  const runs = inRuns(
    items.map(({ cost }) => cost),
    parts,
  );
  for (const [n, { portion, index }] of items.entries()) result[runs[n] ?? 0]?.[portion]?.push(index);
  return result;
}

/** The groups of a trace's simulations, as indexes of its plans. */
export function inGroups({ plans, sizeBytes = GROUP_BYTES }: Portion): number[][] {
  const wanted = Math.floor(GROUP_BYTES / Math.max(1, sizeBytes));
  const size = Math.min(Math.max(wanted, LEAST_SIMULATIONS), MOST_SIMULATIONS);
  const parts = inParts([{ plans, sizeBytes }], Math.ceil(plans.length / size));
  return parts.map(([indexes = []]) => indexes).filter((indexes) => indexes.length > 0);
}

/** The run of each item, if items with these costs are cut, in order, into runs of about the same sum. */
function inRuns(costs: readonly number[], runs: number): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  let before = 0;
  return costs.map((cost) => {
    const middle = before + cost / 2;
    before += cost;
    return Math.min(runs - 1, Math.floor((runs * middle) / total));
  });
}
