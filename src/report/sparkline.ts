/** A curve in one line of text; each column has one of eight heights. */
const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** `values` from left to right over at most `width` columns, from the bottom for 0 to the top for `most`. */
export function sparkline(values: readonly number[], width: number, most: number): string {
  const columns = Math.min(width, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const at = columns === 1 ? 0 : Math.round((column * (values.length - 1)) / (columns - 1));
    const share = most === 0 ? 0 : (values[at] ?? 0) / most;
    return HEIGHTS[Math.min(HEIGHTS.length - 1, Math.floor(share * HEIGHTS.length))] ?? "";
  }).join("");
}
