/**
 * The traces of the ARC paper (Megiddo and Modha, 2003): one request a line, four decimal numbers with blanks between.
 *
 *   start count ignored number         "4096 8 0 17": blocks 4096 … 4103, the 17th request
 *
 * A block is a page, and a request for n blocks is n requests, one for each page in order. What reads and what writes
 * the traces do not say: every request is a load. A count of zero asks for nothing, and the line is skipped.
 */
import { KIND_CALL } from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER, DECODE_LONG_RUN, MOST_RUN } from "../abi/decoder";
import { Decoder } from "./decoder";
import { checkDecimal, decimalValue, NOT_A_NUMBER } from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { endOfField, skipBlanks } from "./fields";
import { decodeLines, RUN, SKIPPED } from "./lines";
import { printDecimal } from "./printer";

const FIELDS: u32 = 4;
const SPACE: u8 = 0x20;
const ZERO: u8 = 0x30;
const NEWLINE: u8 = 0x0a;

@final
@unmanaged
class Arc extends Decoder {
  /** A line gives any number of records, so there is no fast path. */
  @inline
  fast(_line: u32, _end: u32, _record: usize): bool {
    return false;
  }

  slow(line: u32, end: u32, _record: usize): u32 {
    let at = line;
    let start: u64 = 0;
    let count: u64 = 0;
    let large = false;
    for (let field: u32 = 0; field < FIELDS; field++) {
      at = skipBlanks(at, end);
      const to = endOfField(at, end);
      const wrong = checkDecimal(at, to, field == 1 ? <u64>u32.MAX_VALUE : u64.MAX_VALUE);
      if (wrong == NOT_A_NUMBER) return DECODE_BAD_LINE;
      large = large || wrong != 0;
      if (field == 0) start = decimalValue(at, to);
      if (field == 1) count = decimalValue(at, to);
      at = to;
    }
    if (skipBlanks(at, end) < end) return DECODE_BAD_LINE;
    if (large) return DECODE_BAD_NUMBER;
    if (count == 0) return SKIPPED;
    if (start + count - 1 < start) return DECODE_BAD_NUMBER;
    if (count > <u64>MOST_RUN) return DECODE_LONG_RUN;
    this.runPage = start;
    this.runLeft = <u32>count;
    return RUN;
  }
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeArc(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Arc>(changetype<Arc>(state), records, first);
}

@final
@unmanaged
class ArcText extends Encoder {
  /** One request for all pages that the reference touches. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    let to = printDecimal(at, this.firstPage(record));
    store<u8>(to, SPACE);
    to = printDecimal(to + 1, this.pagesTouched(record));
    store<u8>(to, SPACE);
    store<u8>(to, ZERO, 1);
    store<u8>(to, SPACE, 2);
    to = printDecimal(to + 3, ++this.count);
    store<u8>(to, NEWLINE);
    return to + 1;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeArc(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<ArcText>(changetype<ArcText>(state), records, count);
}
