/** Where a curve has its points. */

export type Spacing = "log" | "linear";

/**
 * Up to `count` whole numbers from `first` to `last`, both included, each once: every one where there are no more, else
 * spaced by about the same factor or difference.
 */
export function spread(first: number, last: number, count: number, spacing: Spacing): number[] {
  if (last < first) return [];
  const points = [first];
  for (let left = Math.min(count, last - first + 1) - 1; left > 0; left--) {
    const from = points[points.length - 1] ?? first;
    const to = spacing === "log" ? from * (last / from) ** (1 / left) : from + (last - from) / left;
    // Of the numbers still to come each needs one that is greater.
    points.push(Math.min(Math.max(from + 1, Math.round(to)), last - left + 1));
  }
  return points;
}

/** How many requests miss with `frames` frames, which need not be whole: between two counts lies a line. */
export type Misses = (frames: number) => number;

/**
 * The misses of LRU by its stack distances: `counts[d]` requests at distance d, `counts[0]` first ones. Exact for whole
 * numbers.
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
