/** The plan for reading a table: the columns that the user gave, a preset's, or those found in the header. */
import {
  ACTION_HEX,
  ACTION_KEY,
  ACTION_KIND,
  ACTION_OFFSET,
  ACTION_PAGE,
  ACTION_SIZE,
  ACTION_VOLUME,
  MOST_COLUMNS,
} from "../../../assembly/abi/table.js";
import { InputError, OptionError, optionNamed } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { printable, quote } from "../../printable.js";
import { shareOf } from "../head.js";
import type { TableOptions } from "../reader.js";
import { COLUMNS_OPTION, parseColumns, type Role, type WantedColumn } from "./columns.js";
import { defaultColumns, isNumbersName, isUsualName } from "./default-columns.js";
import { presetNamed, variantOf } from "./presets.js";
import { delimiterOf, type TableRows, tableRows } from "./rows.js";

export interface TablePlan {
  readonly unit: "address" | "page";
  readonly delimiter: string;
  /** Lines before the first row. */
  readonly skippedLines: number;
  /** The action for each column, ACTION_…, from the first column; 0 if the column is not read. */
  readonly actions: readonly number[];
  /** Columns that a row must have. */
  readonly least: number;
  readonly hasVolumes: boolean;
  /** Bytes in a unit of offsets, and in a unit of sizes. */
  readonly scale: number;
  readonly sizeScale: number;
  readonly words: ReadonlyMap<string, string>;
  /** The columns in the syntax of `--columns`, by number. */
  readonly text: string;
}

const SECTOR_BYTES = 512;
/** Most characters of a name in a message. */
const LONGEST_NAME = 40;
const NUMBER = /^(?:\d+|0x[0-9a-f]+)$/i;
const HEX = /^(?:0x)?[0-9a-f]{1,16}$/i;

/** The plan for a table that starts with `head`. Throws `InputError`, `UsageError`. */
export function planOf(head: Uint8Array, options: TableOptions, file: string): TablePlan {
  const { columns, delimiter, preset } = options;
  if (preset !== undefined && (columns ?? delimiter) !== undefined) {
    throw OptionError.at(
      "preset",
      "a preset already gives the columns and the delimiter",
      `leave ${optionNamed("columns")} and ${optionNamed("delimiter")} out, or the preset`,
    );
  }
  const known = preset === undefined ? undefined : presetNamed(preset);
  const given = known?.delimiter ?? (delimiter === undefined ? undefined : delimiterOf(delimiter));
  const named = columns === undefined ? undefined : parseColumns(columns);
  const rows = tableRows(head, given);
  if (rows === undefined) throw new InputError("has no row of a table", "give a table as text", `${file}:1`);
  const [first = [], second] = rows.rows;
  const width = first.length;
  // The first row may be a header.
  const variant = known && (variantOf(known, second ?? first) ?? variantOf(known, first));
  if (known !== undefined && variant === undefined) {
    const remedy = `docs/presets.md has its columns; name them with ${COLUMNS_OPTION}`;
    const problem = `the rows have ${width} columns, but tables of ${preset} do not`;
    throw new InputError(problem, remedy, `${file}:${rows.lines[0]}`);
  }
  const wanted =
    variant === undefined ? (named ?? defaultColumns(rows, file)) : parseColumns(variant.columns);
  return compile(wanted, rows, file);
}

interface PlacedColumn extends WantedColumn {
  /** From 1. */
  readonly places: readonly number[];
}

function compile(wanted: readonly WantedColumn[], rows: TableRows, file: string): TablePlan {
  const first = rows.comment ?? rows.rows[0] ?? [];
  const line = rows.comment === undefined ? rows.lines[0] : rows.leadingLines;
  const placed = wanted.map((one) => ({
    ...one,
    places: one.columns.map((column) => placeOf(column, first, `${file}:${line}`)),
  }));
  const isNamed = wanted.some(({ columns }) => columns.some((column) => !/^\d+$/.test(column)));
  const hasHeader = isNamed ? rows.comment === undefined : isHeader(placed, rows);
  const data = hasHeader ? rows.rows.slice(1) : rows.rows;
  const read = placed.map((one) => settled(one, data, first));
  const place = (role: Role) => read.find((one) => one.role === role);
  const columns = Math.max(...read.flatMap(({ places }) => places));
  const actions = Array.from({ length: columns }, (_, index) =>
    read.filter(({ places }) => places.includes(index + 1)).reduce((bits, one) => bits | actionOf(one), 0),
  );
  const words = place("kind")?.words ?? new Map();
  return {
    unit: read.some(({ role }) => role === "page" || role === "key") ? "page" : "address",
    delimiter: rows.delimiter,
    skippedLines: hasHeader ? (rows.lines[1] ?? (rows.lines[0] ?? 0) + 1) - 1 : rows.leadingLines,
    actions,
    least: Math.max(...read.filter(({ optional }) => !optional).flatMap(({ places }) => places)),
    hasVolumes: place("volume") !== undefined,
    scale: place("sector") === undefined ? 1 : SECTOR_BYTES,
    sizeScale: place("sectors") === undefined ? 1 : SECTOR_BYTES,
    words,
    text: read.map(textOf).join(","),
  };
}

/** The number of a column given by name or number. */
function placeOf(given: string, first: readonly string[], place: string): number {
  const isNumber = /^\d+$/.test(given);
  const names = first.map((name) => name.toLowerCase());
  const exact = first.indexOf(given);
  const column = isNumber ? Number(given) : (exact < 0 ? names.indexOf(given.toLowerCase()) : exact) + 1;
  if (column > MOST_COLUMNS) {
    throw OptionError.at(
      "columns",
      `column ${column} is beyond the limit`,
      `columns 1 to ${MOST_COLUMNS} can be read`,
    );
  }
  if (column >= 1 && column <= first.length) return column;
  throw new InputError(
    isNumber
      ? `the first row has ${first.length} columns, and no column ${given}`
      : `no column is called ${quote(given)}`,
    isNumber
      ? `columns are numbered from 1 to ${first.length}`
      : `did you mean ${printable(nearest(given, first), LONGEST_NAME)}? There are ${first
          .slice(0, 20)
          .map((name) => printable(name, LONGEST_NAME))
          .join(", ")}`,
    place,
  );
}

/**
 * True if the first row is a header, if all columns are given by number: a column of numbers has something else there.
 */
function isHeader(placed: readonly PlacedColumn[], { rows }: TableRows): boolean {
  const [first = [], second] = rows;
  const isNumber = (row: readonly string[], column: number, hex = false) =>
    (hex ? HEX : NUMBER).test(row[column - 1] ?? "");
  for (const { role, places, hex } of placed) {
    if (role === "kind" || role === "key" || role === "volume" || places.length > 1) continue;
    const [column = 1] = places;
    if (isNumber(first, column, hex)) return false;
    if ((first[column - 1] ?? "") === "") continue;
    if (role !== "page" && !(role === "address" && HEX.test(first[column - 1] ?? ""))) return true;
    if (role === "page" && (second === undefined || isNumber(second, column))) return true;
  }
  const words = placed.some(({ role }) => role === "key" || role === "page");
  const isUsual = placed.some(
    ({ role, places }) => role !== "kind" && places.some((column) => isUsualName(first[column - 1] ?? "")),
  );
  const turns = first.some((field, index) => !isFraction(field) && isFraction(second?.[index] ?? ""));
  return words && (isUsual || turns) && !first.some(isFraction);
}

function isFraction(field: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(field);
}

/** Decides from the content whether a page's column has numbers or words, and in which base numbers are written. */
function settled(
  one: PlacedColumn,
  data: readonly (readonly string[])[],
  first: readonly string[],
): PlacedColumn {
  const [column = 1] = one.places;
  const fields = data.map((row) => row[column - 1] ?? "").filter((field) => field !== "");
  if (one.role === "page" && one.places.length > 1) return { ...one, role: "key" };
  if (one.role === "page" && !one.hex && !isNumbersName(first[column - 1] ?? "")) {
    const isWords = fields.length > 0 && shareOf(fields, (field) => NUMBER.test(field)) < MOSTLY;
    return isWords ? { ...one, role: "key" } : one;
  }
  if (one.role === "address" && !one.hex) {
    const bare = fields.filter((field) => !/^0x/i.test(field));
    const isHex =
      bare.length > 0 && bare.every((field) => HEX.test(field)) && bare.some((field) => /[a-f]/i.test(field));
    return isHex ? { ...one, hex: true } : one;
  }
  return one;
}

/** A column with at least this share of numbers is a column of numbers; anything else in it is an error. */
const MOSTLY = 0.9;

function actionOf({ role, hex }: PlacedColumn): number {
  const bits: Readonly<Record<Role, number>> = {
    page: ACTION_PAGE,
    key: ACTION_KEY,
    address: ACTION_OFFSET,
    offset: ACTION_OFFSET,
    sector: ACTION_OFFSET,
    volume: ACTION_VOLUME,
    size: ACTION_SIZE,
    length: ACTION_SIZE,
    sectors: ACTION_SIZE,
    kind: ACTION_KIND,
  };
  return bits[role] | (hex ? ACTION_HEX : 0);
}

function textOf({ role, places, hex, optional, words }: PlacedColumn): string {
  const modifiers = [
    ...(hex ? ["hex"] : []),
    ...(optional ? ["optional"] : []),
    ...[...words].map(([word, kind]) => `${printable(word, LONGEST_NAME)}=${kind}`),
  ];
  return `${role}=${places.join("+")}${modifiers.map((one) => `:${one}`).join("")}`;
}
