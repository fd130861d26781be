/**
 * The option `--columns`: the role of each column of a table.
 *
 *   page=1+2,size=4,kind=op:Read=load:Write=store
 *   └┬─┘ └┬┘        └┬┘└─────────┬──────────────┘
 *   role  columns    name       words for kinds; or how numbers are written: hex, word; or optional
 */
import { OptionError, optionNamed, type UsageError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { quote } from "../../printable.js";

export const ROLES = [
  "page",
  "key",
  "address",
  "offset",
  "sector",
  "volume",
  "size",
  "length",
  "sectors",
  "kind",
] as const;
export type Role = (typeof ROLES)[number];

/** Roles that identify the page or the bytes of a request. A table has exactly one of them. */
const PLACES: readonly Role[] = ["page", "key", "address", "offset", "sector"];
/** Roles that give the size of a request. */
const AMOUNTS: readonly Role[] = ["size", "length", "sectors"];
/** Rows are ranges of bytes. */
const RANGES: readonly Role[] = ["address", "offset", "sector"];
/** Roles whose columns are combined into one value. */
const COMBINED: readonly Role[] = ["page", "key", "volume"];

export interface WantedColumn {
  readonly role: Role;
  /** Names or numbers from 1, several of a key. */
  readonly columns: readonly string[];
  /** Numbers without 0x are hexadecimal. */
  readonly hex: boolean;
  /** A row may end before this column. */
  readonly optional: boolean;
  /** Words for kinds, in small letters. */
  readonly words: ReadonlyMap<string, string>;
}

const EXAMPLE = "page=obj_id,size=size,kind=op";
const NUMBERED_EXAMPLE = "page=5,size=4";
const WRITE = `write ${EXAMPLE}, or numbers such as ${NUMBERED_EXAMPLE}`;

/** The option `columns` with an example of its value. */
export const COLUMNS_OPTION = `${optionNamed("columns", EXAMPLE)}, or numbers such as ${NUMBERED_EXAMPLE}`;
const KINDS = ["load", "store", "fetch", "modify", "skip"];

export function parseColumns(text: string): WantedColumn[] {
  const wanted = text.split(",").map(parseColumn);
  const given = wanted.map(({ role }) => role);
  for (const roles of [PLACES, AMOUNTS]) {
    const [one, other] = given.filter((role) => roles.includes(role));
    if (one === undefined || other === undefined) continue;
    if (one === other) throw wrong(`${one} is named twice`, "name one column for it");
    throw wrong(`${one} and ${other} exclude each other`, "name one of them");
  }
  const twice = given.find((role, index) => given.indexOf(role) !== index);
  if (twice !== undefined) throw wrong(`${twice} is named twice`, "name one column for it");
  const place = given.find((role) => PLACES.includes(role));
  if (place === undefined) throw wrong("no column for the page", WRITE);
  const isRange = RANGES.includes(place);
  const amount = given.find((role) => AMOUNTS.includes(role));
  if (!isRange && (amount === "length" || amount === "sectors")) {
    throw wrong(
      `${amount} goes with an offset, not with a ${place}`,
      "name it size, or offset=… for the page",
    );
  }
  if (!isRange && given.includes("volume")) {
    throw wrong("volume goes with an offset", `put the columns of a ${place} together, such as ${place}=1+2`);
  }
  if (given.includes("volume") && place === "address") {
    throw wrong("volume goes with an offset or a sector", "name offset=… for the address");
  }
  return wanted;
}

function parseColumn(part: string): WantedColumn {
  const [, name = "", rest = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
  const role = ROLES.find((known) => known === name);
  if (rest === "") throw wrong(`${quote(part)} names no column`, WRITE);
  if (role === undefined) {
    const remedy = `did you mean ${nearest(name, ROLES)}? There are ${ROLES.join(", ")}`;
    throw wrong(`${quote(name)} is not the name of a column's role`, remedy);
  }
  const [column = "", ...modifiers] = rest.split(":").map((one) => one.trim());
  const columns = column.split("+").map((one) => one.trim());
  if (columns.some((one) => one === "")) throw wrong(`${quote(part)} names no column`, WRITE);
  if (columns.length > 1 && !COMBINED.includes(role)) {
    throw wrong(`${role} takes one column`, `only ${COMBINED.join(", ")} take several`);
  }
  const words = new Map<string, string>();
  for (const modifier of modifiers) readModifier(modifier, role, words);
  const isWord = modifiers.includes("word");
  return {
    role: isWord && role === "page" ? "key" : role,
    columns,
    hex: modifiers.includes("hex"),
    optional: modifiers.includes("optional"),
    words,
  };
}

/** A mapping of a word to a kind, or how the column is written. */
function readModifier(modifier: string, role: Role, words: Map<string, string>): void {
  const [, word = "", kind = ""] = /^(.+)=(\w+)$/.exec(modifier) ?? [];
  if (role === "kind" && word !== "") {
    if (!KINDS.includes(kind)) {
      throw wrong(`there is no kind ${quote(kind)}`, `the kinds are ${KINDS.join(", ")}`);
    }
    words.set(word.toLowerCase(), kind);
    return;
  }
  const allowed =
    role === "kind"
      ? []
      : [
          ...(role === "page" ? ["hex", "word"] : role === "key" || role === "volume" ? [] : ["hex"]),
          ...(AMOUNTS.includes(role) ? ["optional"] : []),
        ];
  if (allowed.includes(modifier)) return;
  throw wrong(
    `${quote(modifier)} has no meaning for ${role}`,
    role === "kind"
      ? "write words and kinds, such as kind=4:Read=load:Write=store"
      : allowed.length === 0
        ? "leave it out"
        : `it may be ${allowed.join(", ")}`,
  );
}

function wrong(problem: string, remedy: string): UsageError {
  return OptionError.at("columns", problem, remedy);
}
