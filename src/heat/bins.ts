/**
 * Rows of a map of addresses. A program's pages lie in a few runs (text, heap, libraries, stack) with terabytes between
 * them, so only touched blocks are drawn, in the order of their addresses, and a gap that is wider than all blocks
 * together separates two regions:
 *
 *   0x400000 ▓▓▓▓▓▓ ┄┄┄┄┄┄┄┄┄┄┄ 0x7ff000 ▓▓▓▓ ┄┄┄┄┄ 0xfff000 ▓
 *   └─ region 0 ──┘             └ region 1 ─┘        └ region 2
 *
 * A region gets rows in proportion to its blocks, and at least one. A row never contains parts of two regions.
 */
import type { HeatCounts, HeatRow } from "../wasm/heat.js";

/** Least limit on regions, for maps with few rows; otherwise one region for each eight rows. */
const FEW_REGIONS = 4;

/** Blocks that are drawn as one row. */
export interface Bin {
  /** Number of the region, from 0, in the order of addresses. */
  region: number;
  first: bigint;
  /** The last page that may have been touched. */
  last: bigint;
  counts: number[];
}

/** About `rows` rows: a few more if regions are too small to get one by their share. */
export function binned(heat: HeatCounts, rows: number): Bin[] {
  const blocks = [...heat.rows].sort((a, b) => (a.page < b.page ? -1 : 1));
  return groupedByRegion(blocks, heat.blockPages, rows).flatMap((parts, index) =>
    parts.map((part) => binOf(part, index, heat.blockPages)),
  );
}

/** Something at `page`, or at an address: any unit. */
interface Placed {
  readonly page: bigint;
}

/** Additional rules that separate regions. */
export interface RegionRules<Block> {
  /** True if a region ends between these blocks, even if the gap is narrow. */
  isCut?(before: Block, after: Block): boolean;
  /** The block's weight for the number of a region's rows; default: 1. */
  weight?(block: Block): number;
}

/** The blocks, in order and `length` long each, grouped by region, and in each region by row. */
export function groupedByRegion<Block extends Placed>(
  blocks: readonly Block[],
  length: number,
  rows: number,
  { isCut = () => false, weight = () => 1 }: RegionRules<Block> = {},
): (readonly Block[])[][] {
  const weightOf = (list: readonly Block[]) => list.reduce((sum, block) => sum + weight(block), 0);
  const all = weightOf(blocks);
  return regionsOf(blocks, length, Math.max(FEW_REGIONS, rows >> 3), isCut).map((region) => {
    const share = Math.max(1, Math.floor((rows * weightOf(region)) / all));
    return split(region, Math.min(share, region.length));
  });
}

/** Separates at the widest gaps, into at most `most` regions, and at the additional rules. */
function regionsOf<Block extends Placed>(
  rows: readonly Block[],
  blockPages: number,
  most: number,
  isCut: (before: Block, after: Block) => boolean,
): (readonly Block[])[] {
  const gapBefore = (index: number) => (rows[index]?.page ?? 0n) - (rows[index - 1]?.page ?? 0n);
  const touched = BigInt(rows.length * blockPages);
  const places = rows.map((_, index) => index).slice(1);
  const gaps = places
    .filter((index) => gapBefore(index) > touched)
    .sort((a, b) => (gapBefore(a) > gapBefore(b) ? -1 : 1))
    .slice(0, Math.max(0, most - 1));
  const others = places.filter((index) => isCut(rows[index - 1] as Block, rows[index] as Block));
  const cuts = [...new Set([...gaps, ...others])].sort((a, b) => a - b);
  return [0, ...cuts].map((start, n) => rows.slice(start, cuts[n] ?? rows.length));
}

/** `parts` runs of about the same length. */
function split<T>(list: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, part) =>
    list.slice(Math.floor((list.length * part) / parts), Math.floor((list.length * (part + 1)) / parts)),
  );
}

function binOf(blocks: readonly HeatRow[], region: number, blockPages: number): Bin {
  const counts = Array.from({ length: blocks[0]?.counts.length ?? 0 }, (_, window) =>
    blocks.reduce((sum, row) => sum + (row.counts[window] ?? 0), 0),
  );
  const last = (blocks.at(-1)?.page ?? 0n) + BigInt(blockPages - 1);
  return { region, first: blocks[0]?.page ?? 0n, last, counts };
}
