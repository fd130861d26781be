/**
 * A naive model of the free space in OSTEP's homework for chapter 17 (malloc.py): a list of free pieces, searched from
 * its head and kept in one of five orders. From: Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 17. The
 * behaviour was compared with its program. Addresses count from the start of the space.
 *
 *   - The remainder of a piece stays at the piece's position in the list, in any order.
 *   - In order of size, the list is sorted only by a free.
 *   - Coalescing joins pieces that follow each other in the list and in memory, in one pass from the head.
 */

export interface FreeSpaceParameters {
  policy: "best" | "worst" | "first";
  order: "address" | "size" | "size-descending" | "lifo" | "fifo";
  coalesces: boolean;
  /** Bytes before each block. */
  header: number;
  /** Sizes are rounded up to a multiple of it; undefined: not rounded. */
  alignment: number | undefined;
  size: number;
}

export interface Piece {
  readonly at: number;
  readonly bytes: number;
}

export interface Allocation {
  /** Of the piece, its header included; undefined: none is large enough. */
  readonly at: number | undefined;
  /** Number of pieces that were visited. */
  readonly searched: number;
  /** Number of pieces up to the first that fits exactly; undefined: none does. */
  readonly exact: number | undefined;
}

/** Compares two pieces by the order; below 0: they are in order. */
const ORDERS = {
  address: (one: Piece, other: Piece) => one.at - other.at,
  size: (one: Piece, other: Piece) => one.bytes - other.bytes,
  "size-descending": (one: Piece, other: Piece) => other.bytes - one.bytes,
  lifo: () => 0,
  fifo: () => 0,
};

export class NaiveFreeSpace {
  free: Piece[];
  private readonly used = new Map<number, number>();

  constructor(private readonly parameters: FreeSpaceParameters) {
    this.free = [{ at: 0, bytes: parameters.size }];
  }

  allocate(bytes: number): Allocation {
    const { alignment = 1, header, policy } = this.parameters;
    const need = Math.ceil(bytes / alignment) * alignment + header;
    const fitting = this.free.filter((piece) => piece.bytes >= need);
    const sizes = fitting.map((piece) => piece.bytes);
    const wanted = { first: fitting[0]?.bytes, best: Math.min(...sizes), worst: Math.max(...sizes) }[policy];
    const place = this.free.findIndex((piece) => piece.bytes === wanted && piece.bytes >= need);
    const piece = this.free[place];
    const exact = this.free.findIndex((one) => one.bytes === need) + 1;
    const searched = policy === "first" && piece !== undefined ? place + 1 : this.free.length;
    const looked = { searched, exact: exact === 0 ? undefined : exact };
    if (piece === undefined) return { at: undefined, ...looked };
    const rest = { at: piece.at + need, bytes: piece.bytes - need };
    this.free.splice(place, 1, ...(rest.bytes > 0 ? [rest] : []));
    this.used.set(piece.at, need);
    return { at: piece.at, ...looked };
  }

  release(at: number): void {
    const { order, coalesces } = this.parameters;
    const piece = { at, bytes: this.used.get(at) as number };
    this.used.delete(at);
    // The sort is stable.
    this.free = (order === "lifo" ? [piece, ...this.free] : [...this.free, piece]).sort(ORDERS[order]);
    if (coalesces) this.free = joined(this.free);
  }
}

function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last === undefined || last.at + last.bytes !== piece.at) all.push(piece);
    else all[all.length - 1] = { at: last.at, bytes: last.bytes + piece.bytes };
  }
  return all;
}
