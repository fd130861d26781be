/**
 * What a cell is, by its digit. Used and free blocks share a cell more often than not, so there are two steps between.
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
