/** The formats of heap logs, and their detection. The grammars are in assembly/trace/heap/. */
import { InputError, optionNamed, UsageError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { isCallLine } from "../../trace/calls/line-shapes.js";
import { shareOf } from "../../trace/head.js";
import { pagewalkFormat } from "../../trace/pagewalk/pagewalk-format.js";
import { quoteBytes } from "../../trace/quote.js";
import type { HeapDecodeExport } from "../../wasm/decoder.js";

export interface HeapLogFormat {
  readonly name: string;
  /** Its origin, for a list of formats. */
  readonly about: string;
  readonly decode: HeapDecodeExport;
  /** An example of a valid line. */
  readonly example: string;
  /** A line with an operation, without blanks around it. */
  readonly line: RegExp;
  /** True if the first lines, without comments and empty ones, may be a log of this format that has an operation. */
  detect(lines: readonly string[]): boolean;
}

const CALLS = [
  "(?:re|c|v|pv)?(?:m?alloc)",
  "free",
  "reallocarray",
  "memalign",
  "aligned_alloc",
  "posix_memalign",
  "malloc_usable_size",
  "malloc_trim",
  "mallopt",
].join("|");

export const ltraceFormat: HeapLogFormat = {
  name: "ltrace",
  about: "ltrace, a recording of a heap as text, or by hand",
  decode: "decodeHeapLog",
  example: "malloc(48) = 0x256d2a0",
  line: new RegExp(
    `^(?:[^"'=]*[\\s>\\]])?(?:${CALLS})(?:@[\\w.]+)?\\([^"]*(?:\\)\\s*(?:=|$)|<unfinished|<no return)`,
  ),
  // The program may print between the lines.
  detect: (lines) => shareOf(lines, isCallLine) >= 0.5,
};

const MTRACE_LINE =
  /^(?:@ .* )?(?:[-<] (?:0x[0-9a-f]+|0|\(nil\))|[+>!] (?:0x[0-9a-f]+|0|\(nil\)) (?:0x[0-9a-f]+|0))\s*$|^= Start/;

export const mtraceFormat: HeapLogFormat = {
  name: "mtrace",
  about: "mtrace(3) of glibc",
  decode: "decodeMtrace",
  example: "@ ./program:[0x1234] + 0x5555555592a0 0x30",
  line: MTRACE_LINE,
  detect: (lines) => shareOf(lines, (line) => MTRACE_LINE.test(line)) >= 0.5 && lines.some(hasAddress),
};

function hasAddress(line: string): boolean {
  return / 0x[0-9a-f]/.test(line);
}

const REP_LINE = /^(?:[ar]\s+-?\d+\s+\d+|f\s+-?\d+)$/;

export const repFormat: HeapLogFormat = {
  name: "rep",
  about: "traces of the malloc lab",
  decode: "decodeRep",
  example: "a 0 512",
  line: REP_LINE,
  detect: (lines) => shareOf(lines, (line) => REP_LINE.test(line) || /^\d+(?: \d+)*$/.test(line)) >= 0.9,
};

export const heaptrackFormat: HeapLogFormat = {
  name: "heaptrack",
  about: "data files of heaptrack, versions 1 to 3",
  decode: "decodeHeaptrack",
  example: "+ 1d8 7 55e0c3a012a0",
  line: /^(?:a [0-9a-f]+ [0-9a-f]+|\+ [0-9a-f]+(?: [0-9a-f]+ [0-9a-f]+)?|- [0-9a-f]+)$/,
  // The first line has the versions.
  detect: ([first = ""]) => /^v [0-9a-f]+(?: [0-9a-f]+)?$/.test(first),
};

/** Call events in a `pagewalk` trace; their texts are lines in ltrace's syntax. */
export const pagewalkLogFormat: HeapLogFormat = {
  ...ltraceFormat,
  name: "pagewalk",
  about: "a recording of a heap, or of calls with a heap",
};

const TEXT_FORMATS: readonly HeapLogFormat[] = [ltraceFormat, mtraceFormat, repFormat, heaptrackFormat];
export const HEAP_LOG_FORMATS: readonly HeapLogFormat[] = [...TEXT_FORMATS, pagewalkLogFormat];

/** Aliases. */
const ALIASES: Readonly<Record<string, string>> = { calls: "ltrace", strace: "ltrace" };

/** The format called `name`. Throws `UsageError`, with the nearest name. */
export function heapLogFormatNamed(name: string): HeapLogFormat {
  const found = HEAP_LOG_FORMATS.find((format) => format.name === (ALIASES[name] ?? name));
  if (found !== undefined) return found;
  const names = HEAP_LOG_FORMATS.map((format) => format.name);
  throw new UsageError(
    `unknown heap log format "${name}"`,
    `did you mean ${nearest(name, names)}? The formats are ${names.join(", ")}`,
  );
}

/** The format that the beginning of the log has the structure of; undefined if it has none's. */
export function detectHeapLogFormat(head: Uint8Array): HeapLogFormat | undefined {
  if (pagewalkFormat.detect(head)) return pagewalkLogFormat;
  const lines = new TextDecoder("latin1")
    .decode(head)
    .split(/\r?\n/)
    .map((line) => (line.length < LONGEST ? line.trim() : ""))
    .filter((line) => line !== "" && !line.startsWith("#"));
  return TEXT_FORMATS.find((format) => format.detect(lines) && lines.some((line) => format.line.test(line)));
}

/** The error for a file of no known format. */
export function noHeapLog(head: Uint8Array, name: string): InputError {
  const names = HEAP_LOG_FORMATS.map((format) => format.name).join(", ");
  return new InputError(
    `no known heap log: it starts with ${quoteBytes(head.subarray(0, 64))}`,
    `name its format with ${optionNamed("format")}, if it is one of ${names}`,
    name,
  );
}

/** A longer line is not a call. */
const LONGEST = 4096;
