/** The page tables of a process as a tree, and the walk to one address. */
import { bitNames, tableName } from "../../machine/entry-names.js";
import { Inspector } from "../../machine/inspector.js";
import type { Process } from "../process.js";

export interface TableView {
  /** Level 1 maps base pages. */
  readonly level: number;
  /** `PML4`, `level 0`. */
  readonly name: string;
  readonly frame: number;
  /** The non-zero entries. */
  readonly entries: readonly TableEntryView[];
}

export interface TableEntryView {
  readonly index: number;
  /** The first address it translates. */
  readonly address: bigint;
  readonly raw: bigint;
  /** `P`, `RW` …, from the lowest bit; empty for a page in swap. */
  readonly bits: readonly string[];
  /** The frame; undefined for a page in swap or a guard. */
  readonly frame: number | undefined;
  /** Also undefined for a guard. */
  readonly swapPlace: number | undefined;
  /** The next table; undefined for a leaf entry. */
  readonly table: TableView | undefined;
}

/** The root and all tables below; undefined for a process without tables. `most`: limit on entries. */
export function pageTables(process: Process, most: number): TableView | undefined {
  const { machine, plan, tlbs } = process.system;
  const { kernel, layout } = process.space;
  const { asid } = kernel;
  const { geometry } = plan;
  const inspector = new Inspector(machine, geometry, tlbs);
  const pageShift = Math.log2(geometry.pageBytes);
  let left = most;

  const table = (level: number, start: bigint): TableView | undefined => {
    const frame = machine.tableAt(asid, start, level);
    if (frame === undefined) return undefined;
    const shift = BigInt(pageShift + (level - 1) * geometry.indexBits);
    const entries: TableEntryView[] = [];
    for (const { index, raw, present, leaf, frame: target } of inspector.table(asid, start, level)) {
      if (left-- <= 0) break;
      const address = start + (BigInt(index) << shift);
      entries.push({
        index,
        address,
        raw,
        bits: present ? bitNames(layout.arch, leaf && level > 1, raw) : [],
        frame: target,
        swapPlace: present ? undefined : kernel.page(address).place,
        table: present && !leaf ? table(level - 1, address) : undefined,
      });
    }
    return { level, name: tableName(layout.arch, level), frame, entries };
  };
  return table(geometry.levels, 0n);
}

/** An entry on the way to a page. */
export interface WalkStep {
  readonly level: number;
  /** The table's name: `PML4`. */
  readonly name: string;
  /** Physical addresses of the table and of the entry. */
  readonly table: bigint;
  readonly entryAddress: bigint;
  readonly raw: bigint;
  readonly present: boolean;
  readonly bits: readonly string[];
  /** Where the entry points to: the next table, or the page. */
  readonly target: bigint | undefined;
}

export interface PageWalk {
  /** From the root to the first leaf or absent entry. */
  readonly steps: readonly WalkStep[];
  /** Undefined if the page is not present. */
  readonly physicalAddress: bigint | undefined;
  readonly pageBytes: number | undefined;
}

/** The walk to `address` through the page tables of a process. */
export function pageWalk(process: Process, address: bigint): PageWalk {
  const { machine, plan, tlbs } = process.system;
  const { kernel, layout } = process.space;
  const { pageBytes, indexBits, entryBytes } = plan.geometry;
  const entries = new Inspector(machine, plan.geometry, tlbs).walk(kernel.asid, address);
  const steps = entries.map(({ level, index, entryAddress, raw, present, leaf, frame }): WalkStep => {
    return {
      level,
      name: tableName(layout.arch, level),
      table: entryAddress - BigInt(index * entryBytes),
      entryAddress,
      raw,
      present,
      bits: present ? bitNames(layout.arch, leaf && level > 1, raw) : [],
      target: frame === undefined ? undefined : BigInt(frame) * BigInt(pageBytes),
    };
  });
  const last = entries.at(-1);
  const target = steps.at(-1)?.target;
  if (target === undefined || !last?.leaf) return { steps, physicalAddress: undefined, pageBytes: undefined };
  const bytes = pageBytes * 2 ** ((last.level - 1) * indexBits);
  return { steps, physicalAddress: target + (address % BigInt(bytes)), pageBytes: bytes };
}
