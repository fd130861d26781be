/** The rows of a table, from its first bytes: the delimiter, comments, the header. */
import { OptionError } from "../../errors.js";
import { quote } from "../../printable.js";
import { linesOf } from "../head.js";

/** The delimiter that matches any number of blanks. */
export const BLANKS = " ";

export interface TableRows {
  readonly delimiter: string;
  /** Fields of the comment before the first row, if it has as many as the row: a header. */
  readonly comment: readonly string[] | undefined;
  /** Lines before the first row: comments, empty ones. */
  readonly leadingLines: number;
  /** The complete rows, as fields; the first may be a header. */
  readonly rows: readonly (readonly string[])[];
  /** Line of each row, from 1. */
  readonly lines: readonly number[];
}

const COMMENT = /^\s*(?:#|\/\/|%)/;
/** Number of rows that are inspected. */
const MOST_ROWS = 1000;

/**
 * The rows of a table that starts with `head`; undefined if it is not text. `given`: its delimiter, if the user gives
 * one.
 */
export function tableRows(head: Uint8Array, given: string | undefined): TableRows | undefined {
  const lines = linesOf(head);
  if (lines === undefined) return undefined;
  const first = lines.findIndex((line) => line.trim() !== "" && !COMMENT.test(line));
  if (first < 0) return undefined;
  const numbered = lines
    .slice(first)
    .map((text, index) => ({ text, line: first + index + 1 }))
    .filter(({ text }) => text.trim() !== "")
    .slice(0, MOST_ROWS);
  const texts = numbered.map(({ text }) => text);
  const delimiter = given ?? guessDelimiter(texts);
  const rows = texts.map((text) => splitRow(text, delimiter));
  return {
    delimiter,
    comment: headerIn(lines.slice(0, first), delimiter, rows[0]?.length ?? 0),
    leadingLines: first,
    rows,
    lines: numbered.map(({ line }) => line),
  };
}

/** The last comment, if it has as many fields as the rows. */
function headerIn(comments: readonly string[], delimiter: string, columns: number): string[] | undefined {
  const last = comments.findLast((line) => COMMENT.test(line));
  const fields = last === undefined ? [] : splitRow(last.replace(COMMENT, "").trim(), delimiter);
  return fields.length === columns && columns > 1 ? fields : undefined;
}

/** A row's fields, without quotes and surrounding blanks. */
export function splitRow(row: string, delimiter: string): string[] {
  if (delimiter === BLANKS) return row.trim().split(/[ \t]+/);
  const between = delimiter.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const field = new RegExp(`(?:^|${between})(?:[ ]*"((?:[^"]|"")*)"[^${between}]*|([^${between}]*))`, "g");
  return [...row.matchAll(field)].map(([, quoted, plain = ""]) =>
    quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  );
}

/** The most common first: it is preferred if a row has equally many of another. */
const DELIMITERS = [",", "\t", ";", "|"] as const;

/**
 * The delimiter that is most frequent in the first row; blanks if it has none, or if tabs do not split all rows into
 * equally many fields.
 */
function guessDelimiter(rows: readonly string[]): string {
  const bare = (rows[0] ?? "").replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  const most = Math.max(...counts);
  if (most === 1) return /\S[ \t]+\S/.test(bare) ? BLANKS : ",";
  const delimiter = DELIMITERS[counts.indexOf(most)] ?? ",";
  return delimiter === "\t" && !isEven(rows, "\t") && isEven(rows, BLANKS) ? BLANKS : delimiter;
}

/** True if all rows have the same number of fields. */
function isEven(rows: readonly string[], delimiter: string): boolean {
  const columns = splitRow(rows[0] ?? "", delimiter).length;
  return rows.every((row) => splitRow(row, delimiter).length === columns);
}

const NAMES: Readonly<Record<string, string>> = {
  comma: ",",
  tab: "\t",
  "\\t": "\t",
  semicolon: ";",
  pipe: "|",
  colon: ":",
  space: BLANKS,
  blanks: BLANKS,
};

/** The character that a value of `--delimiter` names. */
export function delimiterOf(given: string): string {
  const delimiter = NAMES[given.toLowerCase()] ?? given;
  if (/^[\t -~]$/.test(delimiter) && !/["0-9a-z]/i.test(delimiter)) return delimiter;
  throw OptionError.at(
    "delimiter",
    `${quote(given)} cannot be a delimiter`,
    "give one character such as ; or one of comma, tab, semicolon, pipe, colon, space",
  );
}
