/** The text formats: lackey, address, lirs. Their grammars are in assembly/trace/, one file each. */
import type { DecodeExport } from "../wasm/decoder.js";
import type { EncodeExport } from "../wasm/encoder.js";
import type { Kernel } from "../wasm/kernel.js";
import { DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { TraceFormat } from "./formats.js";
import { isText } from "./quote.js";
import type { ByteSource } from "./source.js";
import type { ByteSink, WriterOptions } from "./writer.js";

interface TextGrammar {
  name: string;
  unit: "address" | "page";
  decode: DecodeExport;
  encode: EncodeExport;
  /** A line with a record. */
  line: RegExp;
  /** A line without one. */
  skipped: RegExp;
  example: string;
}

function textFormat(grammar: TextGrammar): TraceFormat {
  const { name, unit } = grammar;
  return {
    name,
    extensions: [name],
    isBinary: false,
    detect: (head) => firstLine(head, grammar.skipped, grammar.line),
    shape: () => ({ unit, hasPageBlocks: false }),
    read: async (kernel: Kernel, source: ByteSource) =>
      new DecodingReader(kernel, source, { ...grammar, recordBytes: 0 }),
    write: async (kernel: Kernel, sink: ByteSink, options: WriterOptions) =>
      new EncodingWriter(kernel, sink, name, unit, grammar.encode, options.unit),
  };
}

/** Does the first line that is not skipped have a record? */
function firstLine(head: Uint8Array, skipped: RegExp, line: RegExp): boolean {
  if (!isText(head)) return false;
  const lines = new TextDecoder("latin1").decode(head).split(/\r?\n/);
  const first = lines.find((text) => text.trim() !== "" && !skipped.test(text));
  return first === undefined ? skipped.test(lines[0] ?? "") : line.test(first);
}

export const lackeyFormat = textFormat({
  name: "lackey",
  unit: "address",
  decode: "decodeLackey",
  encode: "encodeLackey",
  line: /^(I {2}| [LSM] )[0-9a-f]+,\d+\s*$/i,
  skipped: /^(==|--|\*\*)/,
  example: " L 1fff000758,8",
});

export const addressFormat = textFormat({
  name: "address",
  unit: "address",
  decode: "decodeAddress",
  encode: "encodeAddress",
  line: /^[ls] +(0x)?[0-9a-f]+( +\d+)?\s*$/i,
  skipped: /^$/,
  example: "l 0x1fffff58 1",
});

export const lirsFormat = textFormat({
  name: "lirs",
  unit: "page",
  decode: "decodeLirs",
  encode: "encodeLirs",
  line: /^\d+\s*$/,
  skipped: /^\*/,
  example: "4711",
});
