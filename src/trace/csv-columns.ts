/** Which columns of a table hold page, size and kind: as `--columns` says, or as the header's usual names do. */
import { InputError, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";

const ROLES = ["page", "size", "kind"] as const;
type Role = (typeof ROLES)[number];

/** Names of columns, or their numbers from 1, as the user gave them. */
export type WantedColumns = Readonly<Partial<Record<Role, string>>>;

/** Numbers of columns from 1, 0 where there is none. */
export interface Columns extends Readonly<Record<Role, number>> {
  /** The first row names the columns. */
  readonly hasHeader: boolean;
}

/** What tools call them: CloudPhysics' tables, libCacheSim, blktrace, our own. */
const USUAL_NAMES: Readonly<Record<Role, readonly string[]>> = {
  page: "page page_id vpn block block_id lbn lba obj_id objid object_id obj id key".split(" "),
  size: "size obj_size objsize object_size length len bytes".split(" "),
  kind: "kind op operation type rw cmd".split(" "),
};

const NUMBER = /^(\d+|0x[0-9a-f]+)$/i;
const EXAMPLE = "page=obj_id,size=size,kind=op, or numbers such as page=5,size=4";

/** `page=obj_id,size=3`: what `--columns` says. */
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

/** The columns of a table whose first row is `first`; `file` is what messages call it. */
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

/** Does `header` name a page's column, and has `row` a number there? */
export function hasPageColumn(header: readonly string[], row: readonly string[]): boolean {
  const page = usual("page", header);
  return page > 0 && row.length === header.length && NUMBER.test(row[page - 1] ?? "");
}

/** A row's fields, without the quotes and the blanks around them. */
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

/** The column that has one of a role's usual names, the commonest name first; 0 where none has. */
function usual(role: Role, header: readonly string[]): number {
  const names = header.map((name) => name.toLowerCase().replaceAll(/[ -]/g, "_"));
  const found = USUAL_NAMES[role].find((name) => names.includes(name));
  return found === undefined ? 0 : names.indexOf(found) + 1;
}

/** The number of a column that is named or numbered; 0 where none is asked for. */
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
