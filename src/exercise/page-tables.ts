/** Page tables as an exercise shows them: the split of an address, and the entries of each table that are not empty. */

import type { AddressFields } from "../machine/address-fields.js";
import type { EntryView } from "../machine/inspector.js";
import type { Machine } from "../machine/machine.js";
import type { ArchitectureName } from "../options/names.js";
import { type ExercisePart, hex, paragraph } from "./exercise.js";

/** The page tables of an exercise. */
export interface Tables {
  readonly arch: ArchitectureName;
  /** Bits of an address under a linear table; undefined: all levels are used. */
  readonly bits: number | undefined;
  readonly pageBytes: number;
  /** The fields of an address; those of tables have a level. */
  readonly fields: AddressFields["fields"];
}

/** A linear table of so many entries is shown with its empty ones. */
const MOST_SHOWN = 16;
/** A cell without a value. */
const EMPTY = "-";
const BITS =
  "P: the page is present; W: stores are allowed; U: programs may access it. An entry without P whose page is in swap says so.";

/** `tables` as they are in the machine, for the pages at `addresses`. */
export function tableParts(machine: Machine, tables: Tables, addresses: readonly bigint[]): ExercisePart[] {
  return tables.bits === undefined
    ? levels(machine, tables, addresses)
    : linear(machine, tables, tables.bits);
}

/** The name of the table in a frame. */
export function tableName(frame: bigint): string {
  return `the table in frame ${hex(frame)}`;
}

function linear(machine: Machine, { pageBytes }: Tables, bits: number): ExercisePart[] {
  const shift = Math.log2(pageBytes);
  const pages = 2 ** (bits - shift);
  const byIndex = new Map(machine.table(0, 1).map((entry) => [entry.index, entry]));
  const all = Array.from({ length: pages }, (_, index) => index);
  const shown = pages > MOST_SHOWN ? all.filter((index) => byIndex.has(index)) : all;
  const omitted = pages > MOST_SHOWN ? " Entries that are not listed are empty." : "";
  const vpn = bits - 1 === shift ? `bit ${shift} is` : `bits ${bits - 1} to ${shift} are`;
  return [
    paragraph(
      `Addresses have ${bits} bits, and pages ${pageBytes / 1024} KiB: ${vpn} the virtual page number (VPN), ` +
        `bits ${shift - 1} to 0 the offset. The VPN is the index in a linear page table.${omitted} ${BITS}`,
    ),
    {
      type: "table",
      title: "page table",
      head: ["VPN", "P", "W", "U", "frame"],
      rows: shown.map((index) => [hex(index), ...cellsOf(byIndex.get(index))]),
    },
  ];
}

function levels(machine: Machine, tables: Tables, addresses: readonly bigint[]): ExercisePart[] {
  const { arch, pageBytes, fields } = tables;
  const parts: ExercisePart[] = [];
  for (const { level, name } of fields) {
    if (level === undefined) continue;
    const entries = new Map(
      addresses.map((address) => [frameOf(machine, address, level, pageBytes), address]),
    );
    for (const [frame, address] of entries) {
      if (frame === undefined) continue;
      parts.push({
        type: "table",
        title: `${tableName(frame)}, indexed by ${name}`,
        head: ["index", "P", "W", "U", "frame"],
        rows: machine.table(address, level).map((entry) => [hex(entry.index), ...cellsOf(entry)]),
      });
    }
  }
  const split = fields.map(({ name, bits: [high, low] }) => `${name} ${high} to ${low}`).join(", ");
  const root = addresses[0] === undefined ? undefined : machine.walk(addresses[0])[0];
  const rootFrame = root === undefined ? 0n : root.entryAddress / BigInt(pageBytes);
  return [
    paragraph(
      `Page tables of ${arch}. Pages have ${pageBytes / 1024} KiB. The bits of an address are ${split}. ` +
        `The walk begins at ${tableName(rootFrame)}; an entry of an upper table has the frame of the next table, and ` +
        "allows every access. " +
        `Entries that are not listed are empty. ${BITS}`,
    ),
    ...parts,
  ];
}

/** The frame of the table at `level` on the walk to `address`. */
function frameOf(machine: Machine, address: bigint, level: number, pageBytes: number): bigint | undefined {
  const entry = machine.walk(address).find((one) => one.level === level);
  return entry === undefined ? undefined : entry.entryAddress / BigInt(pageBytes);
}

/** P, W, U and frame. W and U are those of leaves: an upper entry allows all. */
function cellsOf(entry: EntryView | undefined): string[] {
  if (entry === undefined || entry.raw === 0n) return ["0", EMPTY, EMPTY, EMPTY];
  if (entry.frame === undefined) return ["0", EMPTY, EMPTY, "in swap"];
  const bit = (isSet: boolean) => (entry.leaf ? `${Number(isSet)}` : EMPTY);
  return ["1", bit(entry.write), bit(entry.user), hex(entry.frame)];
}
