/** Messages for errors in a line of a heap log, with a remedy. */
import {
  DECODE_BAD_LINE,
  DECODE_BAD_NUMBER,
  DECODE_LONG_LINE,
  LINE_BYTES,
} from "../../../assembly/abi/decoder.js";
import {
  DECODE_CUT_LINE,
  DECODE_FEW_ARGUMENTS,
  DECODE_NEW_VERSION,
  DECODE_NO_INDEX,
  DECODE_NO_MEMORY,
  DECODE_NO_RESULT,
  DECODE_NOT_NUMBER,
  DECODE_NOT_UNFINISHED,
  DECODE_OPEN_CALL,
} from "../../../assembly/abi/heap-log.js";
import { InputError, type PagewalkError } from "../../errors.js";
import { quoteBytes } from "../../trace/quote.js";
import type { DecodeFault } from "../../wasm/decoder.js";
import { outOfMemory } from "../../wasm/kernel.js";
import type { HeapLogFormat } from "./formats.js";

/** For a log into which the program also printed. */
const OF_ITS_OWN = "keep the program's output out of the log, as ltrace -o FILE does";

export function heapLogFault(format: HeapLogFormat, fault: DecodeFault, place: string): PagewalkError {
  if (fault.code === DECODE_NO_MEMORY) return outOfMemory();
  const [problem, remedy] = faultTextOf(format, fault);
  return new InputError(`${problem}: ${quoteBytes(fault.excerpt)}`, remedy, place);
}

function faultTextOf({ name, example }: HeapLogFormat, { code }: DecodeFault): [string, string] {
  const like = `a line is like "${example}"`;
  switch (code) {
    case DECODE_CUT_LINE:
      return ["the log ends inside this line", "get the whole log again, or remove the line"];
    case DECODE_LONG_LINE:
      return [`the line is longer than ${LINE_BYTES} bytes`, like];
    case DECODE_BAD_NUMBER:
      return ["a number is out of range", "addresses and sizes have at most 64 bits"];
    case DECODE_NOT_NUMBER:
      return ["an argument or the result is not a number", like];
    case DECODE_FEW_ARGUMENTS:
      return ["the call has too few arguments", like];
    case DECODE_NO_RESULT:
      return ["the call has no result", `add what it returned: ${like}`];
    case DECODE_OPEN_CALL:
      return ["the call does not end in its line", OF_ITS_OWN];
    case DECODE_NOT_UNFINISHED:
      return [
        "a call is resumed that was not started",
        "the log's beginning is missing; record it from the start",
      ];
    case DECODE_NO_INDEX:
      return ["the allocation has no such block", "the file is damaged; record it again"];
    case DECODE_NEW_VERSION:
      return [
        "the file's version is later than 3, the last known one",
        "record it with heaptrack 1.6 or before",
      ];
    case DECODE_BAD_LINE:
      return [`not a line of ${name}`, like];
    default:
      throw new Error(`the decoder stopped with ${code}`);
  }
}
