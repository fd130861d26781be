/**
 * The text of the Dinero cache simulators (Hill; Edler and Hill, "Dinero IV"), both its forms, also mixed:
 *
 *   din            2 1fff000758 8          a label, a hexadecimal address; the rest of the line is a comment
 *   extended din   r 1fff000758 8          a letter, the address, the size, hexadecimal as well; then a comment
 *
 *   0 r  read      2 i  instruction fetch      4 c  copy back         what is of caches alone (c, v) is skipped
 *   1 w  write     3 m  other, like a read       v  invalidate
 *
 * Labels are also capital letters, as Dinero IV reads them. Differences: the address has up to 64 bits, and `0x` may stand before it in either form. A comment of `din` that
 * starts with a decimal number is taken for the size, which keeps it when a trace is written as din; Dinero ignores it.
 * Without a size, a reference touches one byte.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_LOAD,
  KIND_MODIFY,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../abi/decoder";
import { Decoder } from "./decoder";
import { checkDecimal, decimalValue, Hex, NUMBER_TOO_LARGE } from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { endOfField, isBlank, skipBlanks } from "./fields";
import { decodeLines, PARSED, SKIPPED } from "./lines";
import { printDecimal, printHex } from "./printer";

const SPACE: u8 = 0x20;
const NEWLINE: u8 = 0x0a;
const LABEL_READ: u32 = 0x30; // "0"
const LABEL_WRITE: u32 = 0x31;
const LABEL_FETCH: u32 = 0x32;
const PREFIX: u16 = 0x78_30; // "0x"
const PREFIX_UPPER: u16 = 0x58_30; // "0X"
const UNSIZED: u64 = 1;

/** Results of `kindOf` that are not kinds. */
const OF_CACHES: u32 = 0xfe;
const UNKNOWN: u32 = 0xff;

@final
@unmanaged
class Din extends Decoder {
  /** A label from 0 to 2, one blank, at most 15 digits of address, then nothing or a size of one digit. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    const label = <u32>load<u8>(line) - LABEL_READ;
    const text = v128.load(line, 2);
    const digits = Hex.count(text);
    const after = line + 2 + digits;
    const size = <u32>load<u8>(end - 1) - 0x30;
    const sized = u32(end - after == 2) & u32(load<u8>(after) == SPACE) & u32(size - 1 < 9);
    const shaped = u32(label <= 2) & u32(load<u8>(line + 1) == SPACE) & u32(digits - 1 < 15);
    if ((shaped & (sized | u32(after == end))) == 0) return false;
    store<u64>(record, Hex.value(text, digits), RECORD_ADDRESS);
    // Labels 0, 1, 2 are kinds 1, 2, 0.
    const kind = label == 2 ? KIND_FETCH : label + KIND_LOAD;
    store<u64>(record, (sized ? <u64>size : UNSIZED) | ((<u64>kind) << 32), RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const label = skipBlanks(line, end);
    const letter = <u32>load<u8>(label);
    const kind = kindOf(letter);
    if (kind == UNKNOWN || endOfField(label, end) != label + 1) return DECODE_BAD_LINE;
    let address = skipBlanks(label + 1, end);
    const prefix = load<u16>(address);
    if (prefix == PREFIX || prefix == PREFIX_UPPER) address += 2;
    const text = v128.load(address);
    const digits = Hex.count(text);
    const after = address + digits;
    if (digits == 0 || after > end) return DECODE_BAD_LINE;
    if (after < end && !isBlank(load<u8>(after))) return digits == 16 ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    const field = skipBlanks(after, end);
    const size =
      letter <= 0x39 ? sizeOf(field, endOfField(field, end)) : hexSizeOf(field, endOfField(field, end));
    const va = Hex.value(text, digits);
    if (size == NO_SIZE) return DECODE_BAD_LINE;
    if (size == 0 || size > u32.MAX_VALUE || va + size - 1 < va) return DECODE_BAD_NUMBER;
    if (kind == OF_CACHES) return SKIPPED;
    store<u64>(record, va, RECORD_ADDRESS);
    store<u32>(record, <u32>size, RECORD_SIZE);
    store<u32>(record, kind, RECORD_KIND);
    return PARSED;
  }
}

const NO_SIZE: u64 = u64.MAX_VALUE;
const TOO_LARGE: u64 = u64.MAX_VALUE - 1;

/** Of `din`: decimal, one byte where there is none or a comment. */
function sizeOf(from: u32, to: u32): u64 {
  const wrong = checkDecimal(from, to, u32.MAX_VALUE);
  if (wrong == NUMBER_TOO_LARGE) return TOO_LARGE;
  return wrong == 0 ? decimalValue(from, to) : UNSIZED;
}

/** Of extended din: hexadecimal, and there has to be one. */
function hexSizeOf(from: u32, to: u32): u64 {
  const prefix = load<u16>(from);
  const start = from + (prefix == PREFIX || prefix == PREFIX_UPPER ? 2 : 0);
  const text = v128.load(start);
  const digits = Hex.count(text);
  if (digits == 0 || start + digits < to) return digits == 16 ? TOO_LARGE : NO_SIZE;
  return start + digits > to ? NO_SIZE : min(Hex.value(text, digits), TOO_LARGE);
}

function kindOf(label: u32): u32 {
  switch (label | (u32(label - 0x41 < 26) << 5)) {
    case 0x30: // "0"
    case 0x33: // "3"
    case 0x72: // "r"
    case 0x6d: // "m"
      return KIND_LOAD;
    case 0x31: // "1"
    case 0x77: // "w"
      return KIND_STORE;
    case 0x32: // "2"
    case 0x69: // "i"
      return KIND_FETCH;
    case 0x34: // "4"
    case 0x63: // "c"
    case 0x76: // "v"
      return OF_CACHES;
    default:
      return UNKNOWN;
  }
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeDin(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Din>(changetype<Din>(state), records, first);
}

@final
@unmanaged
class DinText extends Encoder {
  /** A modify is a read and a write. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    if (kind == KIND_FETCH) return printLine(at, LABEL_FETCH, record);
    let to = at;
    if (kind != KIND_STORE) to = printLine(to, LABEL_READ, record);
    if (kind == KIND_STORE || kind == KIND_MODIFY) to = printLine(to, LABEL_WRITE, record);
    return to;
  }
}

function printLine(at: usize, label: u32, record: usize): usize {
  store<u8>(at, <u8>label);
  store<u8>(at, SPACE, 1);
  let to = printHex(at + 2, load<u64>(record, RECORD_ADDRESS), 1);
  store<u8>(to, SPACE);
  to = printDecimal(to + 1, max(load<u32>(record, RECORD_SIZE), 1));
  store<u8>(to, NEWLINE);
  return to + 1;
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeDin(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<DinText>(changetype<DinText>(state), records, count);
}
