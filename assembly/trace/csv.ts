/**
 * Comma-separated values (RFC 4180), one request a row. What stands between columns the host says; what a column is,
 * its plan (`table.ts`).
 *
 *   5633898,"42932745",4096,read        a field may be quoted, `""` in it is one quote
 *
 * Blanks around a field that is not quoted do not count. Between blanks as delimiters, nothing is quoted.
 *
 * Differences: no field holds a line's end. One that opens a quote and does not close it in its line is refused.
 */
import { KIND_CALL, KIND_LOAD, RECORD_ADDRESS, RECORD_SIZE } from "../abi/core";
import { DECODE_NO_FIELD, DECODE_OPEN_QUOTE } from "../abi/decoder";
import { DECODE_NO_MEMORY } from "../abi/heap-log";
import { ACTION_KEY } from "../abi/table";
import { kindName, kindOf, UNKNOWN_KIND } from "./csv-kinds";
import { Decoder } from "./decoder";
import { Decimal } from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { endOfField, isBlank, skipBlanks } from "./fields";
import { decodeLines } from "./lines";
import { printDecimal } from "./printer";
import { Table } from "./table";

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;
/** As a delimiter, it stands for blanks, any number of them. */
const SPACE: u8 = 0x20;
/** Bytes that the fast path examines at a time. */
const FAST_BYTES: u32 = 64;

@final
@unmanaged
class Csv extends Decoder {
  /**
   * A row of at most 64 bytes without quotes, numbers of at most eight digits. Costs eight compares of sixteen bytes,
   * one step for each column before the last wanted one, and the numbers.
   */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    if (this.pageColumn == 0) return false;
    const stop = end - u32(end > line && load<u8>(end - 1) == RETURN);
    const length = stop - line;
    if (length >= FAST_BYTES) return false;
    const inside = ((<u64>1) << length) - 1;
    if ((Bytes.equal(line, QUOTE) & inside) != 0) return false;
    // The row's end is a delimiter too.
    const delimiters = (Bytes.equal(line, <u8>this.delimiter) & inside) | (inside + 1);
    const page = Bytes.number(line, delimiters, this.pageColumn);
    const size = this.sizeColumn == 0 ? <u64>0 : Bytes.number(line, delimiters, this.sizeColumn);
    if (page == NO_NUMBER || size == NO_NUMBER) return false;
    let kind: u32 = KIND_LOAD;
    if (this.kindColumn != 0) {
      const from = Bytes.start(delimiters, this.kindColumn);
      if (from == FAST_BYTES) return false;
      kind = kindOf(line + from, line + Bytes.end(delimiters, this.kindColumn));
      if (kind == UNKNOWN_KIND) return false;
    }
    store<u64>(record, page, RECORD_ADDRESS);
    store<u64>(record, size | ((<u64>kind) << 32), RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    if (this.table == 0) this.table = <u32>changetype<usize>(Table.create(this.plan));
    if (this.table == 0) return DECODE_NO_MEMORY;
    const table = changetype<Table>(<usize>this.table);
    table.begin();
    const last = table.columns;
    const blanks = <u8>this.delimiter == SPACE;
    let keyed = false;
    let from = blanks ? skipBlanks(line, end) : line;
    for (let column: u32 = 1; column <= last; column++) {
      const to = blanks ? endOfField(from, end) : endOfCell(from, end, <u8>this.delimiter);
      if (to == NO_END) return DECODE_OPEN_QUOTE;
      const action = table.action(column);
      if (action != 0) {
        const wrong = takeCell(table, action, from, to);
        if (wrong != 0) return wrong;
        keyed = keyed || (action & ACTION_KEY) != 0;
      }
      from = blanks ? skipBlanks(to, end) : to + 1;
      const ended = blanks ? from == end : to == end;
      if (!ended) continue;
      if (column < table.least) return DECODE_NO_FIELD;
      break;
    }
    return table.finish(record, keyed);
  }
}

/** Takes the field at [from, to) without blanks and quotes around it. */
function takeCell(table: Table, action: u32, from: u32, to: u32): u32 {
  let start = skipBlanks(from, to);
  let end = to;
  while (end > start && isBlank(load<u8>(end - 1))) end--;
  if (end - start >= 2 && load<u8>(start) == QUOTE) {
    start++;
    end--;
  }
  return table.take(action, start, end);
}

/** A row's 64 bytes as bits. */
class Bytes {
  /** One bit for each of 64 bytes: 1 if it is `byte`. */
  @inline
  static equal(from: usize, byte: u8): u64 {
    const wanted = i8x16.splat(byte);
    const a = <u64>i8x16.bitmask(i8x16.eq(v128.load(from), wanted));
    const b = <u64>i8x16.bitmask(i8x16.eq(v128.load(from, 16), wanted));
    const c = <u64>i8x16.bitmask(i8x16.eq(v128.load(from, 32), wanted));
    const d = <u64>i8x16.bitmask(i8x16.eq(v128.load(from, 48), wanted));
    return a | (b << 16) | (c << 32) | (d << 48);
  }

  /** Where column `column` starts; 64 where there are fewer. */
  static start(delimiters: u64, column: u32): u32 {
    if (column == 1) return 0;
    const before = Bytes.end(delimiters, column - 1);
    return before >= FAST_BYTES || delimiters >> before == 1 ? FAST_BYTES : before + 1;
  }

  /** Where it ends; 64 where there are fewer. */
  static end(delimiters: u64, column: u32): u32 {
    let rest = delimiters;
    for (let i: u32 = 1; i < column; i++) rest &= rest - 1;
    return <u32>ctz(rest);
  }

  /** The number in column `column`; `NO_NUMBER` where there is none of one to eight digits. */
  @inline
  static number(line: u32, delimiters: u64, column: u32): u64 {
    const from = Bytes.start(delimiters, column);
    if (from == FAST_BYTES) return NO_NUMBER;
    const length = Bytes.end(delimiters, column) - from;
    const word = Decimal.word(line + from, length);
    return Decimal.isNumber(word, length) ? Decimal.value(word) : NO_NUMBER;
  }
}

const NO_NUMBER: u64 = u64.MAX_VALUE;
const NO_END: u32 = u32.MAX_VALUE;

/** Where the cell at `from` ends: at a delimiter outside quotes, or at `end`; `NO_END` where a quote stays open. */
function endOfCell(from: u32, end: u32, delimiter: u8): u32 {
  let at = from;
  while (at < end && isBlank(load<u8>(at)) && load<u8>(at) != delimiter) at++;
  let quoted = at < end && load<u8>(at) == QUOTE;
  if (!quoted) {
    while (at < end && load<u8>(at) != delimiter) at++;
    return at;
  }
  for (at++; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == QUOTE) quoted = !quoted;
    else if (byte == delimiter && !quoted) return at;
  }
  return quoted ? NO_END : end;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeCsv(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Csv>(changetype<Csv>(state), records, first);
}

@final
@unmanaged
class CsvText extends Encoder {
  /** A row for each page that the reference touches: page, size, kind. The host writes the header. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    let to = printDecimal(at, this.takePage(record));
    store<u8>(to, COMMA);
    to = printDecimal(to + 1, load<u32>(record, RECORD_SIZE));
    store<u8>(to, COMMA);
    const name = kindName(kind);
    store<u64>(to + 1, name);
    to += 1 + ((71 - <u32>clz(name)) >> 3);
    store<u8>(to, NEWLINE);
    return to + 1;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeCsv(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<CsvText>(changetype<CsvText>(state), records, count);
}
