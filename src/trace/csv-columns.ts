/** Finds the columns of page, size and kind in a table: from `--columns`, or by the usual names in the header. */
import { InputError, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";

const ROLES = ["page", "size", "kind"] as const;
type Role = (typeof ROLES)[number];

/** Names of columns, or their numbers from 1, as the user gave them. */
export type WantedColumns = Readonly<Partial<Record<Role, string>>>;

/** Numbers of columns from 1, 0 for none. */
export interface Columns extends Readonly<Record<Role, number>> {
  /** The first row is a header. */
  readonly hasHeader: boolean;
}

/** Names used by tools: CloudPhysics' tables, libCacheSim, blktrace, Pagewalk. */
const USUAL_NAMES: Readonly<Record<Role, readonly string[]>> = {
  page: "page page_id vpn block block_id lbn lba obj_id objid object_id obj id key".split(" "),
  size: "size obj_size objsize object_size length len bytes".split(" "),
  kind: "kind op operation type rw cmd".split(" "),
};

const NUMBER = /^(\d+|0x[0-9a-f]+)$/i;
const EXAMPLE = "page=obj_id,size=size,kind=op, or numbers such as page=5,size=4";

/** Parses `--columns`: `page=obj_id,size=3`. */
export function parseColumns(text: string): WantedColumns {
  const wanted: Partial<Record<Role, string>> = {};
  for (const part of text.split(",")) {
    const [, name = "", column = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const role = ROLES.find((known) => known === name);
    if (column === "") throw new UsageError(`"${part}" names no column`, `write ${EXAMPLE}`, "--columns");
    if (role === undefined) {
      const remedy = `did you mean ${nearest(name, ROLES)}? There are ${ROLES.join(", ")}`;
      throw new UsageError(`nothing is called "${name}"`, remedy, "--columns");
    }
    if (wanted[role] !== undefined) {
      throw new UsageError(`${role} is named twice`, "name one column for it", "--columns");
    }
    wanted[role] = column;
  }
  if (wanted.page === undefined) {
    throw new UsageError("no column for the page", `write ${EXAMPLE}`, "--columns");
  }
  return wanted;
}

/** The columns of a table with the first row `first`; `file` is its name in messages. */
export function chooseColumns(
  first: readonly string[],
  wanted: WantedColumns | undefined,
  file: string,
): Columns {
  if (wanted === undefined) return usualColumns(first, file);
  const [page, size, kind] = ROLES.map((role) => columnOf(wanted[role], first, file)) as [
    number,
    number,
    number,
  ];
  const isNamed = ROLES.some((role) => wanted[role] !== undefined && !/^\d+$/.test(wanted[role]));
  return { page, size, kind, hasHeader: isNamed || !NUMBER.test(first[page - 1] ?? "") };
}

/** Whether `header` has a page column, and `row` a number in it. */
export function hasPageColumn(header: readonly string[], row: readonly string[]): boolean {
  const page = usual("page", header);
  return page > 0 && row.length === header.length && NUMBER.test(row[page - 1] ?? "");
}

/** A row's fields, without quotes and surrounding blanks. */
export function splitRow(row: string, delimiter: string): string[] {
  const between = delimiter.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const field = new RegExp(`(?:^|${between})(?:[ ]*"((?:[^"]|"")*)"[^${between}]*|([^${between}]*))`, "g");
  return [...row.matchAll(field)].map(([, quoted, plain = ""]) =>
    quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  );
}

function usualColumns(first: readonly string[], file: string): Columns {
  const page = usual("page", first);
  if (page > 0) {
    return { page, size: usual("size", first), kind: usual("kind", first), hasHeader: true };
  }
  if (first.length === 1 && NUMBER.test(first[0] ?? "")) {
    return { page: 1, size: 0, kind: 0, hasHeader: false };
  }
  throw new InputError(
    `no header says which of the ${first.length} columns holds the page`,
    `say it with --columns ${EXAMPLE}`,
    `${file}:1`,
  );
}

/** The column with one of the usual names, the most common name first; 0 if there is none. */
function usual(role: Role, header: readonly string[]): number {
  const names = header.map((name) => name.toLowerCase().replaceAll(/[ -]/g, "_"));
  const found = USUAL_NAMES[role].find((name) => names.includes(name));
  return found === undefined ? 0 : names.indexOf(found) + 1;
}

/** The number of a column given by name or number; 0 if none is given. */
function columnOf(given: string | undefined, first: readonly string[], file: string): number {
  if (given === undefined) return 0;
  const names = first.map((name) => name.toLowerCase());
  const exact = first.indexOf(given);
  const column = /^\d+$/.test(given)
    ? Number(given)
    : (exact < 0 ? names.indexOf(given.toLowerCase()) : exact) + 1;
  if (column >= 1 && column <= first.length) return column;
  throw new InputError(
    /^\d+$/.test(given)
      ? `the first row has ${first.length} columns, and no column ${given}`
      : `no column is called "${given}"`,
    /^\d+$/.test(given)
      ? `columns are numbered from 1 to ${first.length}`
      : `did you mean ${nearest(given, first)}? There are ${first.join(", ")}`,
    `${file}:1`,
  );
}
