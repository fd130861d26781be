/** Tables with a request in each row. assembly/trace/csv.ts has the grammar of a row, table.ts its meaning. */

import {
  DECODER_DELIMITER,
  DECODER_KIND_COLUMN,
  DECODER_LINE,
  DECODER_PAGE_COLUMN,
  DECODER_PLAN,
  DECODER_SIZE_COLUMN,
  DECODER_SKIPPED,
} from "../../../assembly/abi/decoder.js";
import { ACTION_KIND, ACTION_PAGE, ACTION_SIZE } from "../../../assembly/abi/table.js";
import { optionNamed } from "../../errors.js";
import type { DecoderSettings } from "../../wasm/decoder.js";
import type { Kernel } from "../../wasm/kernel.js";
import { writeTablePlan } from "../../wasm/table-plan.js";
import { DecodingReader } from "../decoding-reader.js";
import { EncodingWriter } from "../encoding-writer.js";
import { type Confidence, HEAD_BYTES, type TraceFormat } from "../format.js";
import { shareOf } from "../head.js";
import { PeekedSource } from "../peeked-source.js";
import { columnsRemedy, isTraceTable } from "./default-columns.js";
import { DEFAULT_WORDS, KINDS } from "./kinds.js";
import { planOf, type TablePlan } from "./plan.js";
import { tableRows } from "./rows.js";

const NAME = "csv";
const HEADER = "page,size,kind\n";

export const csvFormat: TraceFormat = {
  name: NAME,
  about: "a table with a column for the page, its words, numbers or byte ranges",
  extensions: ["csv", "tsv"],
  isBinary: false,
  detect: looksLikeTable,
  shape(head, options, name) {
    const { unit, text } = planOf(head, options, name);
    return { unit, hasPageBlocks: false, columns: text };
  },
  remedy(head) {
    const rows = tableRows(head, undefined);
    return rows === undefined ? optionNamed("format", NAME) : columnsRemedy(rows);
  },
  async read(kernel, source, options) {
    const peeked = new PeekedSource(source);
    const head = await peeked.peek(HEAD_BYTES);
    const plan = planOf(head, options, source.name);
    peeked.drop(bytesOfLines(head, plan.skippedLines));
    return new DecodingReader(kernel, peeked, {
      name: NAME,
      decode: "decodeCsv",
      settings: settingsOf(kernel, plan),
      recordBytes: 0,
      example: "4711,4096,read",
      columns: plan.text,
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

/** Sure if a header names the columns of a trace and the rows have pages; weak if all rows have as many columns. */
function looksLikeTable(head: Uint8Array): Confidence | undefined {
  const rows = tableRows(head, undefined);
  const width = rows?.rows[0]?.length ?? 0;
  if (rows === undefined || rows.rows.length < 2) return undefined;
  // The decoder names the first row that is too short.
  const even = shareOf(rows.rows, (row) => row.length === width);
  if (even >= 0.5 && isTraceTable(rows)) return "strong";
  return even === 1 && width > 1 ? "weak" : undefined;
}

/** Bytes of the first `lines` lines, and of a byte-order mark before them. */
function bytesOfLines(head: Uint8Array, lines: number): number {
  const isMarked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  let at = lines === 0 && isMarked ? 3 : 0;
  for (let line = 0; line < lines; line++) {
    const end = head.indexOf(0x0a, at);
    at = end < 0 ? head.length : end + 1;
  }
  return at;
}

function settingsOf(kernel: Kernel, plan: TablePlan): DecoderSettings {
  const { actions, words, delimiter, skippedLines } = plan;
  const columnOf = (action: number) => actions.indexOf(action) + 1;
  // The fast path reads a number, a size and a usual kind between plain delimiters.
  const fast = [ACTION_PAGE, ACTION_SIZE, ACTION_KIND];
  const isFast =
    plan.unit === "page" && words.size === 0 && delimiter !== " " && plan.least === actions.length;
  const takesFast = isFast && actions.every((action) => action === 0 || fast.includes(action));
  return [
    [DECODER_PAGE_COLUMN, takesFast ? columnOf(ACTION_PAGE) : 0],
    [DECODER_SIZE_COLUMN, takesFast ? columnOf(ACTION_SIZE) : 0],
    [DECODER_KIND_COLUMN, takesFast ? columnOf(ACTION_KIND) : 0],
    [DECODER_DELIMITER, delimiter.charCodeAt(0)],
    [DECODER_PLAN, writeTablePlan(kernel, { ...plan, words: wordsOf(words) })],
    [DECODER_LINE, skippedLines],
    [DECODER_SKIPPED, skippedLines],
  ];
}

/** The user's words come first, so they override the default ones. */
function wordsOf(words: ReadonlyMap<string, string>): [word: string, kind: number][] {
  const all = [...words, ...Object.entries(DEFAULT_WORDS).filter(([word]) => !words.has(word))];
  return all.map(([word, kind]) => [word, KINDS[kind] ?? 0]);
}
