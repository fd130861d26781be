/** The page tables of a machine, table by table. */
import type { EntryView, Machine } from "pagewalk";

export interface TableView {
  /** 1 for tables whose entries map pages. */
  readonly level: number;
  readonly frame: number;
  /** Those that are not empty, by their indexes. */
  readonly entries: readonly EntryView[];
}

/** All tables, of which the first ones are given: the root first, and those of a level by their frames. */
export interface Tables {
  readonly count: number;
  readonly shown: readonly TableView[];
}

/** Limit on the tables that are given. */
const MOST_TABLES = 32;

/** The tables on the walks to the addresses. */
export function tablesOf(machine: Machine, addresses: readonly bigint[], pageBytes: number): Tables {
  const found = new Map<string, { level: number; frame: number; address: bigint }>();
  for (const address of new Set(addresses.map((one) => one - (one % BigInt(pageBytes))))) {
    for (const { level, entryAddress } of machine.walk(address)) {
      const frame = Number(entryAddress / BigInt(pageBytes));
      found.set(`${level} ${frame}`, { level, frame, address });
    }
  }
  const all = [...found.values()].sort((one, other) => other.level - one.level || one.frame - other.frame);
  const shown = all.slice(0, MOST_TABLES).map(({ level, frame, address }) => ({
    level,
    frame,
    entries: machine.table(address, level),
  }));
  return { count: all.length, shown };
}
