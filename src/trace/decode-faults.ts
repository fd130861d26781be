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
import type { DecodeFault } from "../wasm/decoder.js";
import { outOfMemory } from "../wasm/kernel.js";
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
          : "a number of a table has at most 64 bits",
      ];
    case DECODE_NO_FIELD:
      return [`the row has too few columns: ${text}`, `read are ${columns}, see --columns`];
    case DECODE_OPEN_QUOTE:
      return [
        `a quoted field does not end in its line: ${text}`,
        "close the quote, and give each row one line",
      ];
    case DECODE_BAD_KIND:
      return [
        `no kind of reference is in the column for it: ${text}`,
        "name it a load or a store, such as --columns …,kind=4:fetch_it=load; or leave kind out",
      ];
    case DECODE_BAD_RANGE:
      return [
        `the range of bytes is too long: ${text}`,
        "one has at most 4 GiB, and ends within 64 bits, or 48 of a volume; check the columns' units",
      ];
    case DECODE_COLLISION:
      return [
        `the key has the 64-bit hash of another: ${text}`,
        "number the keys in another column, and name that with --columns page=…",
      ];
    case DECODE_MANY_VOLUMES:
      return [`more than 65536 volumes: ${text}`, "check the column of the volume, or split the trace"];
    case DECODE_LONG_RUN:
      return [
        `the line asks for more than ${MOST_RUN} pages: ${text}`,
        "check that it is of this format; split the request if it is meant",
      ];
    case DECODE_NO_MEMORY:
      throw outOfMemory();
    case DECODE_BAD_LINE:
      if (columns !== undefined) {
        const remedy = `read are ${columns}, see --columns; page=N:word takes words, :hex hexadecimal numbers`;
        return [`a field that is read is no number, or empty: ${text}`, remedy];
      }
      return [`not ${article} ${name} line: ${text}`, `one is like "${example}"`];
    default:
      throw new Error(`the decoder stopped with ${fault.code}`);
  }
}
