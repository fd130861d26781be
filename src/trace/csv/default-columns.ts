/** Columns by the names that tools write into headers: CloudPhysics' tables, libCacheSim, blktrace, CacheLib, Pagewalk. */
import { InputError, optionNamed } from "../../errors.js";
import { shareOf } from "../head.js";
import { COLUMNS_OPTION, parseColumns, type WantedColumn } from "./columns.js";
import { fitsPreset, PRESETS } from "./presets.js";
import type { TableRows } from "./rows.js";

const NUMBER = /^(?:\d+|0x[0-9a-f]+)$/i;

type DefaultRole = "page" | "address" | "size" | "kind";

const DEFAULT_NAMES: Readonly<Record<DefaultRole, readonly string[]>> = {
  page: "page page_id vpn block block_id lbn lba obj_id objid object_id objectid obj id key".split(" "),
  address: "address addr vaddr virtual_address va".split(" "),
  size: "size obj_size objsize object_size length len bytes".split(" "),
  kind: "kind op operation op_type type rw r/w access cmd iotype".split(" "),
};
/** Names that are common in tables that are not traces: all other columns must be those of a trace. */
const COMMON: readonly string[] = ["id", "key", "obj", "block", "address"];
/** Names of a trace's columns that are not read. */
const BESIDE =
  /^(?:time|ts|t|timestamp|op_time|date_time|clock|pc|ip|pid|tid|version|ttl|op_count|key_size|cache_hits|(?:sub_)?usecase|client(?:_id)?|next.*)$/;

/** A header's name in small letters, without a unit in parentheses, with _ for blanks and dashes. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/\([^()]*\)/, "")
    .trim()
    .replaceAll(/[ -]/g, "_");
}

export function isUsualName(name: string): boolean {
  return Object.values(DEFAULT_NAMES).some((names) => names.includes(plain(name)));
}

/** The column with one of the usual names, the most common name first; 0 if there is none. */
function usual(role: DefaultRole, header: readonly string[]): number {
  const names = header.map(plain);
  const found = DEFAULT_NAMES[role].find((name) => names.includes(name));
  return found === undefined ? 0 : names.indexOf(found) + 1;
}

/** The columns found by their names in the header. Throws `InputError`. */
export function defaultColumns(rows: TableRows, file: string): WantedColumn[] {
  const header = headerOf(rows);
  const page = usual("page", header);
  const address = page > 0 ? 0 : usual("address", header);
  if (page + address > 0) {
    const parts = [
      page > 0 ? `page=${page}` : `address=${address}`,
      usual("size", header) > 0 && `size=${usual("size", header)}`,
      usual("kind", header) > 0 && `kind=${usual("kind", header)}`,
    ];
    return parseColumns(parts.filter((part) => part !== false).join(","));
  }
  const [first = []] = rows.rows;
  if (first.length === 1 && NUMBER.test(first[0] ?? "")) return parseColumns("page=1");
  throw new InputError(
    `no header says which of the ${first.length} columns holds the page`,
    `name it with ${columnsRemedy(rows)}`,
    `${file}:${rows.lines[0]}`,
  );
}

/** The names of columns: the first row, or a comment before it. */
function headerOf({ comment, rows }: TableRows): readonly string[] {
  return comment !== undefined && usual("page", comment) + usual("address", comment) > 0
    ? comment
    : (rows[0] ?? []);
}

/**
 * True if the header names a column for the page, the rows have pages there, and the other columns are those of a
 * trace.
 */
export function isTraceTable(rows: TableRows): boolean {
  const header = headerOf(rows);
  const column = usual("page", header) || usual("address", header);
  if (column === 0 || rows.rows.length < 2) return false;
  const fields = rows.rows.slice(1).map((row) => row[column - 1] ?? "");
  if (shareOf(fields, (field) => field !== "") < 0.5) return false;
  const name = plain(header[column - 1] ?? "");
  if (isNumbersName(name) && !NUMBER.test(fields[0] ?? "")) return false;
  const others = header.filter((_, index) => index !== column - 1).map(plain);
  if (others.length === 0) return isNumbersName(name) || !COMMON.includes(name);
  if (others.every((other) => BESIDE.test(other) || isSizeOrKind(other))) return true;
  return !COMMON.includes(name) && others.some(isSizeOrKind);
}

function isSizeOrKind(name: string): boolean {
  return DEFAULT_NAMES.size.includes(name) || DEFAULT_NAMES.kind.includes(name);
}

/** Columns with these names have numbers, not keys. */
export function isNumbersName(name: string): boolean {
  return /^(?:page|page_id|vpn|block|block_id|lbn|lba)$/.test(plain(name));
}

/** The remedy of an error: how to name the columns, and the presets whose rows look like this table's. */
export function columnsRemedy(rows: TableRows): string {
  const fitting = presetsOf(rows, rows.rows[1] ?? rows.rows[0] ?? []);
  const presets = fitting.length === 0 ? "" : `, or ${optionNamed("preset", fitting.join("|"))}`;
  return `${COLUMNS_OPTION}${presets}`;
}

/** True if nearly all rows may be of one of the presets' collections. Some of these have rows of several lengths. */
export function isPresetTable(rows: TableRows): boolean {
  return shareOf(rows.rows, (row) => presetsOf(rows, row).length > 0) >= 0.9;
}

function presetsOf({ delimiter }: TableRows, row: readonly string[]): string[] {
  return Object.entries(PRESETS)
    .filter(([, preset]) => preset.delimiter === delimiter && fitsPreset(preset, row))
    .map(([name]) => name);
}
