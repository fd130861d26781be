/** Converts a histogram of scaled distances to misses; assembly/analysis/scaled-curve.ts draws its buckets. */
import { SCALED_EXACT, SCALED_STEPS } from "../../assembly/abi/analysis.js";
import type { ScaledWeights } from "../wasm/analysis.js";
import type { Misses } from "./points.js";

/** The greatest distance of bucket `index`; 0 for the one before the first. */
function lastDistance(index: number): number {
  if (index < SCALED_EXACT) return index + 1;
  const octave = Math.floor(index / SCALED_STEPS) - 1;
  return ((index % SCALED_STEPS) + SCALED_STEPS + 1) * 2 ** octave;
}

/** Distances are assumed to be spread evenly within a bucket. */
export function missesByWeight({ cold, weights }: ScaledWeights): Misses {
  const further = new Float64Array(weights.length); // beyond each bucket
  let sum = cold;
  for (let index = weights.length - 1; index >= 0; index--) {
    further[index] = sum;
    sum += weights[index] ?? 0;
  }
  return (frames) => {
    let low = 0;
    let high = weights.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lastDistance(middle) < frames) low = middle + 1;
      else high = middle;
    }
    const from = low === 0 ? 0 : lastDistance(low - 1);
    const inside = (lastDistance(low) - frames) / (lastDistance(low) - from);
    return (further[low] ?? cold) + inside * (weights[low] ?? 0);
  };
}
