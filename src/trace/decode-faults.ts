/** Messages for input that a decoder refuses, with a remedy. */
import {
  DECODE_BAD_KIND,
  DECODE_BAD_LINE,
  DECODE_BAD_NUMBER,
  DECODE_BAD_RECORD,
  DECODE_CUT,
  DECODE_LONG_LINE,
  DECODE_NO_FIELD,
  DECODE_OPEN_QUOTE,
  LINE_BYTES,
} from "../../assembly/abi/decoder.js";
import type { DecodeFault } from "../wasm/decoder.js";
import { quoteBytes } from "./quote.js";

export interface FaultyFormat {
  name: string;
  /** Bytes of a record, 0 for text. */
  recordBytes: number;
  /** An example of a valid line. */
  example: string;
  /** For a table: what its columns must contain. */
  columns?: string;
}

export type Complaint = readonly [problem: string, remedy: string];

export function complaintOf(
  { name, recordBytes, example, columns }: FaultyFormat,
  fault: DecodeFault,
): Complaint {
  const text = quoteBytes(fault.excerpt);
  const article = /^[aeiou]/i.test(name) ? "an" : "a";
  switch (fault.code) {
    case DECODE_CUT:
      return [`the trace ends inside a record of ${recordBytes} bytes`, "it was cut off; get it again whole"];
    case DECODE_BAD_RECORD:
      return [`not ${article} ${name} record: ${text}`, "it is damaged, or of another format"];
    case DECODE_LONG_LINE:
      return [
        `the line is longer than ${LINE_BYTES} bytes: ${text}`,
        `${article} ${name} line is like "${example}"`,
      ];
    case DECODE_BAD_NUMBER:
      return [
        `a number is out of range: ${text}`,
        columns === undefined
          ? "an address has at most 64 bits, a size is from 1 to 4294967295 and ends within them"
          : "a page has at most 64 bits, a size at most 32",
      ];
    case DECODE_NO_FIELD:
      return [`the row has too few columns: ${text}`, `needed are ${columns}`];
    case DECODE_OPEN_QUOTE:
      return [
        `a quoted field does not end in its line: ${text}`,
        "close the quote, and give each row one line",
      ];
    case DECODE_BAD_KIND:
      return [
        `no kind of reference is in the column for it: ${text}`,
        "kinds are read, write, fetch and modify; or name --columns without kind",
      ];
    case DECODE_BAD_LINE:
      if (columns !== undefined) return [`a page or a size is no number: ${text}`, `read are ${columns}`];
      return [`not ${article} ${name} line: ${text}`, `one is like "${example}"`];
    default:
      throw new Error(`the decoder stopped with ${fault.code}`);
  }
}
