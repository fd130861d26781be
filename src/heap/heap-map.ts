/** A heap for the eye: addresses against time, each cell with what most of it is. Rows are cut as in heat/bins.ts. */

import { partedByRegion } from "../heat/bins.js";
import { type HeapGrid, type HeapGridMoment, type HeapGridRow, MAP_STATES } from "../wasm/heap-recorder.js";
import { CELL_KINDS, type CellKind } from "./cell-kinds.js";

export interface HeapMap {
  moments: HeapGridMoment[];
  /** Addresses that ever had a chunk, in order, gaps left out. */
  rows: HeapMapRow[];
}

export interface HeapMapRow {
  /** Rows with a wide gap between them are of different regions, numbered from 0. */
  region: number;
  first: string;
  last: string;
  /** A digit for each moment, its place in `CELL_KINDS`. */
  cells: string;
}

const ROWS = 112;
/** From this share on a cell is all of one kind, but for crumbs. */
const WHOLE = 15 / 16;

export function heapMap({ blockBytes, moments, rows }: HeapGrid): HeapMap {
  const drawn = partedByRegion(rows, blockBytes, ROWS).flatMap((parts, region) =>
    parts.map((blocks) => rowOf(blocks, region, blockBytes, moments.length)),
  );
  return { moments: [...moments], rows: drawn };
}

function rowOf(
  blocks: readonly HeapGridRow[],
  region: number,
  blockBytes: number,
  moments: number,
): HeapMapRow {
  const first = blocks[0]?.page ?? 0n;
  const last = (blocks.at(-1)?.page ?? 0n) + BigInt(blockBytes - 1);
  const cells = Array.from({ length: moments }, (_, moment) => cellOf(sumsAt(blocks, moment)));
  return { region, first: hex(first), last: hex(last), cells: cells.join("") };
}

/** Bytes in each state at that moment. */
function sumsAt(blocks: readonly HeapGridRow[], moment: number): number[] {
  return MAP_STATES.map((_, state) =>
    blocks.reduce((sum, { bytes }) => sum + (bytes[moment * MAP_STATES.length + state] ?? 0), 0),
  );
}

function cellOf([used = 0, free = 0, cached = 0, top = 0, meta = 0]: readonly number[]): number {
  const all = used + free + cached + top + meta;
  const kind = (): CellKind => {
    if (all === 0) return "nothing";
    if (top > all / 2) return "top";
    if (meta > all / 2) return "own data";
    if (cached > all / 2) return "cached";
    const share = (used + meta) / all;
    if (share >= WHOLE) return "used";
    if (share >= 1 / 2) return "mostly used";
    return share > 1 - WHOLE ? "mostly free" : "free";
  };
  return CELL_KINDS.indexOf(kind());
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
