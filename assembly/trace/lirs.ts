/**
 * The traces of the LIRS papers (Jiang and Zhang, 2002): one decimal block number a line. Other lines, such as `*`
 * between the phases of a program, are skipped, as long as they are text and start with no digit. A block is a page: `address` is its number.
 */
import { KIND_CALL, KIND_LOAD, RECORD_ADDRESS, RECORD_KIND, RECORD_SIZE } from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../abi/decoder";
import { Decoder } from "./decoder";
import { checkDecimal, Decimal, decimalValue, NOT_A_NUMBER } from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { decodeLines, PARSED, SKIPPED } from "./lines";
import { printDecimal } from "./printer";

const NEWLINE: u8 = 0x0a;
const TAB: u8 = 0x09;
const SPACE: u8 = 0x20;
const DELETE: u8 = 0x7f;

@final
@unmanaged
class Lirs extends Decoder {
  /** At most eight digits. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    const length = end - line;
    const word = Decimal.word(line, length);
    if (!Decimal.isNumber(word, length)) return false;
    store<u64>(record, Decimal.value(word), RECORD_ADDRESS);
    store<u64>(record, (<u64>KIND_LOAD) << 32, RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const wrong = checkDecimal(line, end, u64.MAX_VALUE);
    if (wrong == NOT_A_NUMBER) return isSkipped(line, end) ? SKIPPED : DECODE_BAD_LINE;
    if (wrong != 0) return DECODE_BAD_NUMBER;
    store<u64>(record, decimalValue(line, end), RECORD_ADDRESS);
    store<u32>(record, 0, RECORD_SIZE);
    store<u32>(record, KIND_LOAD, RECORD_KIND);
    return PARSED;
  }
}

/** No digit first, which a table has, and no control characters, which a binary file soon has. */
function isSkipped(line: u32, end: u32): bool {
  if (<u32>load<u8>(line) - 0x30 < 10) return false;
  for (let at = line; at < end; at++) {
    const byte = load<u8>(at);
    if ((byte < SPACE && byte != TAB) || byte == DELETE) return false;
  }
  return true;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeLirs(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Lirs>(changetype<Lirs>(state), records, first);
}

@final
@unmanaged
class LirsText extends Encoder {
  /** A line for each page that the reference touches. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    const to = printDecimal(at, this.takePage(record));
    store<u8>(to, NEWLINE);
    return to + 1;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeLirs(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<LirsText>(changetype<LirsText>(state), records, count);
}
