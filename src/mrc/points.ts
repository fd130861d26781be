/** Selects the points of a curve. */

export type Spacing = "log" | "linear";

/**
 * Up to `count` integers from `first` to `last`, both included, without repetition: all of them if there are no more,
 * else spaced by about the same factor or difference.
 */
export function spread(first: number, last: number, count: number, spacing: Spacing): number[] {
  if (last < first) return [];
  const points = [first];
  for (let left = Math.min(count, last - first + 1) - 1; left > 0; left--) {
    const from = points[points.length - 1] ?? first;
    const to = spacing === "log" ? from * (last / from) ** (1 / left) : from + (last - from) / left;
    // Each remaining number must be greater than the one before.
    points.push(Math.min(Math.max(from + 1, Math.round(to)), last - left + 1));
  }
  return points;
}

/** The number of misses with `frames` frames, which need not be an integer: linear between two counts. */
export type Misses = (frames: number) => number;

/**
 * The misses from stack distances: `counts[d]` requests at distance d, `counts[0]` first requests. Exact for
 * integers.
 */
export function missesByDistance(counts: Float64Array): Misses {
  const deeper = new Float64Array(counts.length);
  let sum = counts[0] ?? 0;
  for (let depth = counts.length - 1; depth >= 0; depth--) {
    deeper[depth] = sum;
    sum += counts[depth] ?? 0;
  }
  const at = (depth: number) => deeper[Math.min(depth, deeper.length - 1)] ?? 0;
  return (frames) => {
    const low = Math.floor(frames);
    return at(low) + (frames - low) * (at(low + 1) - at(low));
  };
}
