/** Tables with a request in each row. assembly/trace/csv.ts has the grammar of a row; columns are found here. */

import {
  DECODER_DELIMITER,
  DECODER_HEADER,
  DECODER_KIND_COLUMN,
  DECODER_PAGE_COLUMN,
  DECODER_SIZE_COLUMN,
  LINE_BYTES,
} from "../../assembly/abi/decoder.js";
import { UsageError } from "../errors.js";
import { chooseColumns, hasPageColumn, parseColumns, splitRow } from "./csv-columns.js";
import { DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { TraceFormat } from "./format.js";

import { PeekedSource } from "./peeked-source.js";
import { isText } from "./quote.js";

const NAME = "csv";
const HEADER = "page,size,kind\n";

export const csvFormat: TraceFormat = {
  name: NAME,
  about: "a table with a column for the page",
  extensions: ["csv", "tsv"],
  isBinary: false,
  detect: looksLikeTable,
  shape: () => ({ unit: "page", hasPageBlocks: false }),
  async read(kernel, source, options) {
    const wanted = options.columns === undefined ? undefined : parseColumns(options.columns);
    const given = options.delimiter === undefined ? undefined : delimiterOf(options.delimiter);
    const peeked = new PeekedSource(source);
    const first = firstRow(await peeked.peek(LINE_BYTES));
    const delimiter = given ?? guessDelimiter(first);
    const { page, size, kind, hasHeader } = chooseColumns(splitRow(first, delimiter), wanted, source.name);
    const named = [`page ${page}`, size > 0 && `size ${size}`, kind > 0 && `kind ${kind}`];
    return new DecodingReader(kernel, peeked, {
      name: NAME,
      decode: "decodeCsv",
      settings: [
        [DECODER_PAGE_COLUMN, page],
        [DECODER_SIZE_COLUMN, size],
        [DECODER_KIND_COLUMN, kind],
        [DECODER_DELIMITER, delimiter.charCodeAt(0)],
        [DECODER_HEADER, hasHeader ? 1 : 0],
      ],
      recordBytes: 0,
      example: "4711,4096,read",
      columns: `column ${named.filter((column) => column !== false).join(", ")}; see --columns`,
    });
  },
  write: async (kernel, sink, options) =>
    new EncodingWriter(
      kernel,
      sink,
      { name: NAME, unit: "page", encode: "encodeCsv", header: HEADER },
      options.unit,
    ),
  keeps: { unit: "page", kinds: ["fetch", "load", "store", "modify"], size: "same" },
};

/** A header with a page column, and a row below with a number in it. */
function looksLikeTable(head: Uint8Array): boolean {
  if (!isText(head)) return false;
  const [header = "", second] = rowsOf(head);
  const delimiter = guessDelimiter(header);
  return second !== undefined && hasPageColumn(splitRow(header, delimiter), splitRow(second, delimiter));
}

/** Non-empty lines, without a byte-order mark. */
function rowsOf(head: Uint8Array): string[] {
  return new TextDecoder()
    .decode(head)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
}

function firstRow(head: Uint8Array): string {
  return rowsOf(head)[0] ?? "";
}

/** The most common first: it wins if a row has as many of another. */
const DELIMITERS = [",", "\t", ";", "|"] as const;

function guessDelimiter(row: string): string {
  const bare = row.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

const NAMES: Readonly<Record<string, string>> = {
  comma: ",",
  tab: "\t",
  "\\t": "\t",
  semicolon: ";",
  pipe: "|",
  colon: ":",
  space: " ",
};

function delimiterOf(given: string): string {
  const delimiter = NAMES[given.toLowerCase()] ?? given;
  if (/^[\t -~]$/.test(delimiter) && !/["0-9a-z]/i.test(delimiter)) return delimiter;
  throw new UsageError(
    `"${given}" cannot stand between columns`,
    "give one character such as ; or one of comma, tab, semicolon, pipe, colon, space",
    "--delimiter",
  );
}
