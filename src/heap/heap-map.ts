/**
 * A heap map: addresses against time. Each cell has the kind of most of its bytes. Rows are made as in heat/bins.ts.
 */

import { CHUNK_STATES } from "../../assembly/abi/names.js";
import { groupedByRegion, type RegionRules } from "../heat/bins.js";
import type { HeapGrid, HeapGridMoment, HeapGridRow } from "../wasm/heap-recorder.js";
import { CELL_KINDS, type CellKind } from "./cell-kinds.js";

/** The contents of a heap's addresses over time. */
export interface HeapMap {
  /** The moments of the map's columns, in order. */
  moments: HeapGridMoment[];
  /** Addresses that had a chunk at some time, in order, without gaps. */
  rows: HeapMapRow[];
}

/** A range of addresses, from `first` to `last` as `0x…`. */
export interface HeapMapRow {
  /** Region of a row, numbered from 0. A wide gap or a change of arena starts a new region. */
  region: number;
  /** Arena of the region; undefined: blocks in mappings of their own. */
  arena?: number;
  /** First address of the row, in hexadecimal. */
  first: string;
  /** Last address of the row, in hexadecimal. */
  last: string;
  /** A digit for each moment: an index of `CELL_KINDS`. */
  cells: string;
}

const ROWS = 112;
/** From this share on a cell counts as one kind only. */
const WHOLE = 15 / 16;
/** Largest share of rows for mapped blocks if there are others, since they show little detail. */
const MAPPED_SHARE = 1 / 3;
/** Limit on regions that are split by arena. */
const MOST_ARENAS = 16;

export function heapMap({ blockBytes, moments, rows }: HeapGrid): HeapMap {
  const drawn = groupedByRegion(rows, blockBytes, ROWS, rulesOf(rows)).flatMap((parts, region) => {
    const arena = parts.flat().find((block) => block.arena !== undefined)?.arena;
    return parts.map((blocks) => rowOf(blocks, { region, arena, blockBytes, moments: moments.length }));
  });
  return { moments: [...moments], rows: drawn };
}

function rulesOf(rows: readonly HeapGridRow[]): RegionRules<HeapGridRow> {
  const mapped = rows.filter(({ arena }) => arena === undefined).length;
  const others = rows.length - mapped;
  const most = (others * MAPPED_SHARE) / (1 - MAPPED_SHARE);
  const weight = others > 0 && mapped > most ? most / mapped : 1;
  const isCut = (before: HeapGridRow, { arena }: HeapGridRow) =>
    before.arena !== undefined && arena !== undefined && before.arena !== arena;
  const cuts = rows.filter((row, n) => n > 0 && isCut(rows[n - 1] ?? row, row)).length;
  return {
    weight: ({ arena }) => (arena === undefined ? weight : 1),
    ...(cuts < MOST_ARENAS && { isCut }),
  };
}

interface RowPlace {
  readonly region: number;
  readonly arena: number | undefined;
  readonly blockBytes: number;
  readonly moments: number;
}

function rowOf(blocks: readonly HeapGridRow[], { region, arena, blockBytes, moments }: RowPlace): HeapMapRow {
  const first = blocks[0]?.page ?? 0n;
  const last = (blocks.at(-1)?.page ?? 0n) + BigInt(blockBytes - 1);
  const cells = Array.from({ length: moments }, (_, moment) => cellOf(sumsAt(blocks, moment)));
  return {
    region,
    ...(arena !== undefined && { arena }),
    first: hex(first),
    last: hex(last),
    cells: cells.join(""),
  };
}

/** Bytes in each state at a moment. */
function sumsAt(blocks: readonly HeapGridRow[], moment: number): number[] {
  return CHUNK_STATES.map((_, state) =>
    blocks.reduce((sum, { bytes }) => sum + (bytes[moment * CHUNK_STATES.length + state] ?? 0), 0),
  );
}

function cellOf([used = 0, free = 0, cached = 0, top = 0, meta = 0, mapped = 0]: readonly number[]): number {
  const all = used + free + cached + top + meta + mapped;
  const kind = (): CellKind => {
    if (all === 0) return "nothing";
    if (top > all / 2) return "top";
    if (meta > all / 2) return "own data";
    if (cached > all / 2) return "cached";
    if (mapped > all / 2) return "mapped";
    const share = (used + meta + mapped) / all;
    if (share >= WHOLE) return "used";
    if (share >= 1 / 2) return "mostly used";
    return share > 1 - WHOLE ? "mostly free" : "free";
  };
  return CELL_KINDS.indexOf(kind());
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
