/**
 * The text formats of one record a line: lackey, address, drmemtrace-text, arc, lirs, din. assembly/trace/ has their
 * grammars, one file each.
 */

import type { DecodeExport } from "../wasm/decoder.js";
import type { EncodeExport } from "../wasm/encoder.js";
import type { Kernel } from "../wasm/kernel.js";
import { ValgrindCalls } from "./calls/valgrind.js";
import { type CallLines, DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { Confidence, TraceFormat } from "./format.js";
import { linesOf, shareOf } from "./head.js";

import type { Keeps } from "./losses.js";
import type { ByteSource } from "./source.js";
import type { ByteSink, WriterOptions } from "./writer.js";

interface TextGrammar {
  name: string;
  about: string;
  /** Suffixes of its files; default: the format's name. */
  extensions?: readonly string[];
  unit: "address" | "page";
  decode: DecodeExport;
  /** A line may be any number of references. */
  hasSeveralReferences?: boolean;
  calls?: () => CallLines;
  /** Absent if it is only read. */
  write?: { encode: EncodeExport; keeps: Keeps };
  /** A line with a record. */
  line: RegExp;
  /** A line without one. */
  skipped: RegExp;
  /**
   * For a grammar that other text may satisfy: all lines must have the format, and this function judges them. Absent
   * for formats with lines of an unmistakable form: half of the lines is enough, and the decoder names the first that
   * is damaged.
   */
  judge?: (lines: readonly string[]) => Confidence;
  example: string;
}

function textFormat(grammar: TextGrammar): TraceFormat {
  const { name, about, unit, write } = grammar;
  return {
    name,
    about,
    extensions: grammar.extensions ?? [name],
    isBinary: false,
    detect: (head) => detects(head, grammar),
    shape: () => ({ unit, hasPageBlocks: false }),
    read: async (kernel: Kernel, source: ByteSource) =>
      new DecodingReader(kernel, source, { ...grammar, recordBytes: 0 }),
    ...(write !== undefined && {
      write: async (kernel: Kernel, sink: ByteSink, options: WriterOptions) =>
        new EncodingWriter(kernel, sink, { name, unit, encode: write.encode }, options.unit),
      keeps: write.keeps,
    }),
  };
}

function detects(head: Uint8Array, { line, skipped, judge }: TextGrammar): Confidence | undefined {
  const lines = linesOf(head);
  const records = lines?.filter((text) => text.trim() !== "" && !skipped.test(text));
  if (lines === undefined || records === undefined) return undefined;
  if (records.length === 0) return skipped.test(lines[0] ?? "") ? "strong" : undefined;
  const share = shareOf(records, (text) => line.test(text));
  if (judge !== undefined) return share === 1 ? judge(records) : undefined;
  return line.test(records[0] ?? "") && share >= 0.5 ? "strong" : undefined;
}

export const lackeyFormat = textFormat({
  name: "lackey",
  about: "lines such as L 1fff000758,8, from valgrind --tool=lackey",
  unit: "address",
  decode: "decodeLackey",
  write: {
    encode: "encodeLackey",
    keeps: { unit: "address", kinds: ["fetch", "load", "store", "modify"], size: "same" },
  },
  line: /^(I {2}| [LSM] )[0-9a-f]+,\d+\s*$/i,
  skipped: /^(==|--|\*\*|SYSCALL|SB [0-9a-f])/,
  calls: () => {
    const calls = new ValgrindCalls();
    return {
      starts: (excerpt) => /^(SYSCALL\[| --> |\*\*\d+\*\* @ )/.test(new TextDecoder().decode(excerpt)),
      read: (line) => calls.read(line),
    };
  },
  example: " L 1fff000758,8",
});

/**
 * The lines of courses and of Pin's tools; assembly/trace/address.ts shows them. With three numbers behind `r` or `w`, a
 * line is one of din.
 */
const ADDRESS_LINE = new RegExp(
  [
    "^\\s*(?:[ls]\\s+(?:0x)?[0-9a-f]{1,16}(?:\\s+\\d+){0,3}",
    "[rw]\\s+(?:0x)?[0-9a-f]{1,16}",
    "(?:0x)?[0-9a-f]{1,16}\\s+[rwls](?:\\s+\\d+){0,3}",
    "#\\s+[01]\\s+(?:0x)?[0-9a-f]{1,16}(?:\\s+\\d+){0,3}",
    "0x[0-9a-f]{1,16}:\\s+[rw]\\s+0x[0-9a-f]{1,16}(?:\\s+\\d+(?:\\s+(?:0x)?[0-9a-f]+)?)?)\\s*$",
  ].join("|"),
  "i",
);

export const addressFormat = textFormat({
  name: "address",
  about: "lines such as l 0x1fffff58 1, from courses on architecture",
  unit: "address",
  decode: "decodeAddress",
  write: { encode: "encodeAddress", keeps: { unit: "address", kinds: ["load", "store"], size: 1 } },
  line: ADDRESS_LINE,
  skipped: /^#eof$/,
  example: "l 0x1fffff58 1",
});

/** Codes, such as postal ones, and dumps have zeros before their numbers. */
function hasLeadingZero(number: string): boolean {
  return /^0\d/.test(number);
}

export const lirsFormat = textFormat({
  name: "lirs",
  about: "one block number per line, from the LIRS papers",
  unit: "page",
  decode: "decodeLirs",
  write: { encode: "encodeLirs", keeps: { unit: "page", kinds: ["load"], size: 0 } },
  line: /^\d+\s*$/,
  skipped: /^\*/,
  judge: (lines) => (lines.some(hasLeadingZero) ? "weak" : "strong"),
  example: "4711",
});

export const arcFormat = textFormat({
  name: "arc",
  about: "lines of start, count and two more numbers, from the ARC paper",
  extensions: ["arc", "lis"],
  unit: "page",
  decode: "decodeArc",
  hasSeveralReferences: true,
  write: { encode: "encodeArc", keeps: { unit: "page", kinds: ["load"], size: 0 } },
  line: /^\s*\d+\s+\d+\s+\d+\s+\d+\s*$/,
  skipped: /^$/,
  judge: judgeArc,
  example: "4096 8 0 17",
});

/** The third number is 0 in all lines, and the fourth counts them. Four numbers may be any table. */
function judgeArc(lines: readonly string[]): Confidence {
  const rows = lines.map((text) => text.trim().split(/\s+/).map(Number));
  const isZero = rows.every(([, , ignored]) => ignored === 0);
  const counts = shareOf(rows.slice(1), (row, index) => (row[3] ?? 0) === (rows[index]?.[3] ?? 0) + 1);
  return rows.length > 1 && isZero && counts >= 0.9 ? "strong" : "weak";
}

export const dinFormat = textFormat({
  name: "din",
  about: "lines such as 0 1fff000758, from Dinero III and IV",
  unit: "address",
  decode: "decodeDin",
  write: { encode: "encodeDin", keeps: { unit: "address", kinds: ["fetch", "load", "store"], size: "same" } },
  line: /^\s*(?:[0-4]\s+(?:0x)?[0-9a-f]{1,16}(?:\s|$)|[rwimcv]\s+(?:0x)?[0-9a-f]{1,16}\s+(?:0x)?[0-9a-f]{1,16}(?:\s|$))/i,
  skipped: /^$/,
  judge: judgeDin,
  example: "0 1fff000758",
});

/**
 * A small number or a letter, followed by decimal numbers, may be any table. Addresses are hexadecimal: some
 * have a letter.
 */
function judgeDin(lines: readonly string[]): Confidence {
  const isHex = (text: string) => /[a-fx]/i.test(text.trim().split(/\s+/, 2)[1] ?? "");
  return lines.some(isHex) ? "strong" : "weak";
}

/** The prefix of a record: `12 3: 2765543`, in older versions `T2765543`. */
const COLUMNS = "(?:[\\d ]*: *[WT.\\d]+|[WT][WT.\\d]+)";

export const drmemtraceFormat = textFormat({
  name: "drmemtrace-text",
  about: "the view of DynamoRIO's drmemtrace",
  extensions: ["drmemtrace", "drmemtrace.txt"],
  unit: "address",
  decode: "decodeDrmemtrace",
  line: new RegExp(
    `^ *(?:${COLUMNS} +)?(?:(?:ifetch|non-fetched|read|write) +\\d+ byte\\(s\\) @ 0x[0-9a-f]+|0x[0-9a-f]{8,16} +(?:[0-9a-f]{2} |[0-9a-f]{4} |[0-9a-f]{8} ))`,
  ),
  skipped: new RegExp(
    `^(?:Output format:|View tool|<--record|-{20}|={20}| *${COLUMNS} +(?:<|[id]flush |pref|[0-9a-f]{2}(?: |$)))`,
  ),
  example: "1 1: 2765543 read 8 byte(s) @ 0x00007fdf64e2adc8 by PC 0x0000000000404a7e",
});
