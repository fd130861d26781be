/**
 * Kinds of cells, by digit. Most cells contain both used and free blocks, so there are two degrees between the pure
 * kinds.
 */
export const CELL_KINDS = [
  "nothing",
  "used",
  "mostly used",
  "mostly free",
  "free",
  "cached",
  "top",
  "own data",
  "mapped",
] as const;
export type CellKind = (typeof CELL_KINDS)[number];
