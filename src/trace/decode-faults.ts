/** Messages for input that a decoder refuses, with a remedy. */
import {
  DECODE_BAD_KIND,
  DECODE_BAD_LINE,
  DECODE_BAD_NUMBER,
  DECODE_BAD_RANGE,
  DECODE_BAD_RECORD,
  DECODE_COLLISION,
  DECODE_CUT,
  DECODE_LONG_LINE,
  DECODE_LONG_RUN,
  DECODE_MANY_VOLUMES,
  DECODE_NO_FIELD,
  DECODE_OPEN_QUOTE,
  LINE_BYTES,
  MOST_RUN,
} from "../../assembly/abi/decoder.js";
import { DECODE_NO_MEMORY } from "../../assembly/abi/heap-log.js";
import { optionNamed } from "../errors.js";
import type { DecodeFault } from "../wasm/decoder.js";
import { outOfMemory } from "../wasm/kernel.js";
import { quoteBytes } from "./quote.js";

export interface FaultyFormat {
  name: string;
  /** Bytes of a record, 0 for text. */
  recordBytes: number;
  /** An example of a valid line. */
  example: string;
  /** Which numbers are valid; default: those of addresses and sizes. */
  numbers?: string;
  /** For a table: what its columns must contain. */
  columns?: string;
}

export type FaultText = readonly [problem: string, remedy: string];

const ADDRESSES =
  "an address has at most 64 bits; a size is from 1 to 4294967295, and its end has at most 64 bits too";

export function faultTextOf(
  { name, recordBytes, example, numbers = ADDRESSES, columns }: FaultyFormat,
  fault: DecodeFault,
): FaultText {
  const text = quoteBytes(fault.excerpt);
  const article = /^[aeiou]/i.test(name) ? "an" : "a";
  switch (fault.code) {
    case DECODE_CUT:
      return [`the trace ends inside a record of ${recordBytes} bytes`, "get the whole file again"];
    case DECODE_BAD_RECORD:
      return [
        `not ${article} ${name} record: ${text}`,
        `get the file again, or name its format with ${optionNamed("format")}`,
      ];
    case DECODE_LONG_LINE:
      return [
        `the line is longer than ${LINE_BYTES} bytes: ${text}`,
        `${article} ${name} line is like "${example}"`,
      ];
    case DECODE_BAD_NUMBER:
      return [
        `a number is out of range: ${text}`,
        columns === undefined ? numbers : "a number of a table has at most 64 bits",
      ];
    case DECODE_NO_FIELD:
      return [
        `the row has too few columns: ${text}`,
        `the columns read are ${columns}; choose others with ${optionNamed("columns")}`,
      ];
    case DECODE_OPEN_QUOTE:
      return [
        `a quoted field does not end in its line: ${text}`,
        "close the quote, and give each row one line",
      ];
    case DECODE_BAD_KIND:
      return [
        `the column for the kind holds no kind of reference: ${text}`,
        `map the word to load or store, such as ${optionNamed("columns", "…,kind=4:fetch_it=load")}, or leave kind out`,
      ];
    case DECODE_BAD_RANGE:
      return [
        `the range of bytes is too long: ${text}`,
        "a range has at most 4 GiB and ends below 2^64, in a volume below 2^48; check the columns' units",
      ];
    case DECODE_COLLISION:
      return [
        `the key has the same 64-bit hash as another key: ${text}`,
        `add a column that numbers the keys, and name it with ${optionNamed("columns", "page=…")}`,
      ];
    case DECODE_MANY_VOLUMES:
      return [`more than 65536 volumes: ${text}`, "check the column of the volume, or split the trace"];
    case DECODE_LONG_RUN:
      return [
        `the line asks for more than ${MOST_RUN} pages: ${text}`,
        "check that the file has this format, or split the request",
      ];
    case DECODE_NO_MEMORY:
      throw outOfMemory();
    case DECODE_BAD_LINE:
      if (columns !== undefined) {
        const remedy = `the columns read are ${columns}; in ${optionNamed("columns")}, page=N:word reads words, page=N:hex hexadecimal numbers`;
        return [`a field that is read is empty or not a number: ${text}`, remedy];
      }
      return [`not ${article} ${name} line: ${text}`, `one is like "${example}"`];
    default:
      throw new Error(`the decoder stopped with ${fault.code}`);
  }
}
