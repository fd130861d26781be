/** The interface of a naive model of an allocator: arrays with linear search, and addresses from the heap's start. */

/** Addresses are of blocks; undefined: there is no memory. */
export interface NaiveHeap {
  malloc(bytes: number): number | undefined;
  free(block: number): void;
  /** `bytes` is not 0. */
  realloc(block: number, bytes: number): number | undefined;
  memalign(alignment: number, bytes: number): number | undefined;
  usableSize(block: number): number;
  /** Every chunk in order of address. */
  readonly chunks: readonly NaiveChunk[];
  /** Free chunks by list, in the order of the list; lists that are empty are left out. */
  readonly lists: ReadonlyMap<number, readonly NaiveChunk[]>;
}

export interface NaiveChunk {
  at: number;
  bytes: number;
  isFree: boolean;
}

export function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

export function powerFrom(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}
