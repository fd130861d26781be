/**
 * The text formats except csv: lackey, address, drmemtrace-text, arc, lirs, din. assembly/trace/ has their grammars,
 * one file each.
 */

import type { DecodeExport } from "../wasm/decoder.js";
import type { EncodeExport } from "../wasm/encoder.js";
import type { Kernel } from "../wasm/kernel.js";
import { ValgrindCalls } from "./calls/valgrind.js";
import { type CallLines, DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import { HEAD_BYTES, type TraceFormat } from "./format.js";

import type { Keeps } from "./losses.js";
import { isText } from "./quote.js";
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
  standsForSeveral?: boolean;
  calls?: () => CallLines;
  /** Absent if it is only read. */
  write?: { encode: EncodeExport; keeps: Keeps };
  /** A line with a record. */
  line: RegExp;
  /** A line without one. */
  skipped: RegExp;
  /** Whether all lines seen by detection must match one of these, not only the first. */
  everyLine?: boolean;
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

/** Whether the first line that is not skipped has a record. A truncated line is ignored. */
function detects(head: Uint8Array, { line, skipped, everyLine }: TextGrammar): boolean {
  if (!isText(head)) return false;
  const lines = new TextDecoder("latin1").decode(head).split(/\r?\n/);
  if (head.length >= HEAD_BYTES && lines.length > 1) lines.pop();
  const told = lines.filter((text) => text.trim() !== "" && !skipped.test(text));
  if (told.length === 0) return skipped.test(lines[0] ?? "");
  return everyLine ? told.every((text) => line.test(text)) : line.test(told[0] ?? "");
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
  skipped: /^(==|--|\*\*|SYSCALL)/,
  calls: () => {
    const calls = new ValgrindCalls();
    return {
      starts: (excerpt) => /^(SYSCALL\[| --> |\*\*\d+\*\* @ )/.test(new TextDecoder().decode(excerpt)),
      read: (line) => calls.read(line),
    };
  },
  example: " L 1fff000758,8",
});

export const addressFormat = textFormat({
  name: "address",
  about: "lines such as l 0x1fffff58 1, from courses on architecture",
  unit: "address",
  decode: "decodeAddress",
  write: { encode: "encodeAddress", keeps: { unit: "address", kinds: ["load", "store"], size: 1 } },
  line: /^[ls] +(0x)?[0-9a-f]+( +\d+)?\s*$/i,
  skipped: /^$/,
  example: "l 0x1fffff58 1",
});

export const lirsFormat = textFormat({
  name: "lirs",
  about: "one block number per line, from the LIRS papers",
  unit: "page",
  decode: "decodeLirs",
  write: { encode: "encodeLirs", keeps: { unit: "page", kinds: ["load"], size: 0 } },
  line: /^\d+\s*$/,
  skipped: /^\*/,
  example: "4711",
});

/** Four decimal numbers: `0 1000 8 1` could also be a line of din, but comments of din are rarely two numbers. */
export const arcFormat = textFormat({
  name: "arc",
  about: "lines of start, count and two more numbers, from the ARC paper",
  extensions: ["arc", "lis"],
  unit: "page",
  decode: "decodeArc",
  standsForSeveral: true,
  write: { encode: "encodeArc", keeps: { unit: "page", kinds: ["load"], size: 0 } },
  line: /^\s*\d+\s+\d+\s+\d+\s+\d+\s*$/,
  skipped: /^$/,
  example: "4096 8 0 17",
});

export const dinFormat = textFormat({
  name: "din",
  about: "lines such as 0 1fff000758, from Dinero III and IV",
  unit: "address",
  decode: "decodeDin",
  write: { encode: "encodeDin", keeps: { unit: "address", kinds: ["fetch", "load", "store"], size: "same" } },
  line: /^\s*[0-4rwimcv]\s+(0x)?[0-9a-f]{1,16}(\s|$)/i,
  skipped: /^$/,
  everyLine: true,
  example: "0 1fff000758",
});

/** The prefix of a record: `12 3: 2765543`, in older versions `T2765543`. */
const COLUMNS = "(?:[\\d ]*: *[WT.\\d]+|[WT][WT.\\d]+)";

export const drmemtraceFormat = textFormat({
  name: "drmemtrace-text",
  about: "the view of DynamoRIO's drmemtrace",
  extensions: ["drmemtrace", "drmemtrace.txt"],
  unit: "address",
  decode: "decodeDrmemtrace",
  line: new RegExp(`^ *(?:${COLUMNS} +)?(?:ifetch|read|write) +\\d+ byte\\(s\\) @ 0x[0-9a-f]+`),
  skipped: new RegExp(
    `^(?:Output format:|View tool|<--record|-{20}|={20}| *${COLUMNS} +(?:<|[id]flush |pref|[0-9a-f]{2}(?: |$)))`,
  ),
  example: "1 1: 2765543 read 8 byte(s) @ 0x00007fdf64e2adc8 by PC 0x0000000000404a7e",
});
