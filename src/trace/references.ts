/** Reference strings. assembly/trace/references.ts has the grammar. */
import type { Kernel } from "../wasm/kernel.js";
import { DecodingReader } from "./decoding-reader.js";
import { type Confidence, HEAD_BYTES, type TraceFormat } from "./format.js";
import { linesOf } from "./head.js";
import type { ByteSource } from "./source.js";

/** Textbooks print them on one line, or on lines as they come. */
export const referencesFormat: TraceFormat = {
  name: "references",
  about: "numbers or letters between blanks, commas or line ends, from textbooks",
  isGeneral: true,
  extensions: ["references", "refs"],
  isBinary: false,
  detect: looksLikeReferences,
  shape: () => ({ unit: "page", hasPageBlocks: false }),
  read: async (kernel: Kernel, source: ByteSource) =>
    new DecodingReader(kernel, source, {
      name: "references",
      decode: "decodeReferences",
      recordBytes: 0,
      hasSeveralReferences: true,
      example: "7 0 1 2 0 3",
      numbers: "a page has a number below 0xff00000000000000",
    }),
};

/** A number, or a letter; longer names are read too, but look like any words. */
const REFERENCE = /^(?:\d{1,20}|0x[0-9a-f]{1,16}|[A-Z])$/i;
/** A line of them with one blank or comma between, as people type them; tables are aligned, dumps have zeros in front. */
const TYPED = /^(?:(?:0|[1-9]\d*|0x[0-9a-f]+|[a-z])(?:[ \t]*,[ \t]*|[ \t]|$))+$/i;
/** A shorter string on one line may be any few numbers, such as those of /proc/self/statm. */
const LEAST_REFERENCES = 8;
/** Of the requests, so many at least are for pages that were requested before. */
const LEAST_REPEATED = 0.25;

/**
 * A string that is typed, asks for pages again, and stands on one line or on lines of different lengths. Lines of one
 * length may also be the rows of a table, the last of which is cut off if it has no end; single numbers on lines are a
 * list of blocks, as lirs has them.
 */
function looksLikeReferences(head: Uint8Array): Confidence | undefined {
  // A line without an end may be longer than the head.
  const text = linesOf(head)
    ?.map((line) => line.replace(/#.*/, "").trimEnd())
    .filter((line) => line.trim() !== "");
  if (text === undefined || text.length === 0) return undefined;
  const lines = text.map((line) => line.split(/[\s,]+/).filter((word) => word !== ""));
  if (text.length === 1 && head.length >= HEAD_BYTES) lines[0]?.pop();
  if (!lines.every((words) => words.length > 0 && words.every((word) => REFERENCE.test(word))))
    return undefined;
  const lengths = lines.map((words) => words.length);
  if (Math.max(...lengths) === 1) return undefined;
  const isWhole = head.length >= HEAD_BYTES || head.at(-1) === 0x0a;
  const isTyped = text.every((line) => TYPED.test(line)) && asksAgain(lines.flat());
  return isTyped && isString(lengths, isWhole) ? "strong" : "weak";
}

function asksAgain(words: readonly string[]): boolean {
  const repeated = 1 - new Set(words).size / words.length;
  return words.length >= LEAST_REFERENCES && repeated >= LEAST_REPEATED;
}

/** One line; or the last is shorter than the others; or they are of several lengths. */
function isString(lengths: readonly number[], isWhole: boolean): boolean {
  if (lengths.length === 1) return true;
  const [last = 0] = lengths.slice(-1);
  const others = lengths.slice(0, -1);
  return new Set(others).size > 1 || (isWhole && last < (others[0] ?? 0));
}
