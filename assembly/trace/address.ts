/**
 * Loads and stores as text, the traces of computer-architecture courses and of Pin's example tools, also mixed:
 *
 *   l 0x1fffff58 1                          l, s, r, w: load or store; an address; counts
 *   0041f7a0 R                              an address; R, W, L or S; counts
 *   # 0 7fffed80 1                          0 or 1: load or store; an address; a count
 *   0x401ab7: W 0x7ffe0008 8 0x1            the instruction's address; R or W; an address; bytes; the value (pinatrace)
 *
 * Letters are small or capital, addresses hexadecimal with or without `0x`. A count is how many instructions ran since
 * the reference before; it says nothing about how many bytes are touched (0 is its commonest value), so a record's size
 * is one byte and a line is one reference to one page. Only pinatrace prints bytes. Its last line, `#eof`, is skipped.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_LOAD,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../abi/decoder";
import { Decoder } from "./decoder";
import {
  checkDecimal,
  checkHex,
  decimalValue,
  Hex,
  hexValue,
  NOT_A_NUMBER,
  NUMBER_TOO_LARGE,
} from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { endOfField, skipBlanks } from "./fields";
import { decodeLines, PARSED, SKIPPED } from "./lines";
import { printDecimal, printHex } from "./printer";

/** The first four characters of a line, as a little-endian number: "l 0x", "s 0x". */
const LOAD: u32 = 0x78_30_20_6c;
const STORE: u32 = 0x78_30_20_73;

const LETTER_LOAD: u32 = 0x6c;
const LETTER_STORE: u32 = 0x73;
const LETTER_READ: u32 = 0x72;
const LETTER_WRITE: u32 = 0x77;
const NO_KIND: u32 = 0xff;
const HASH: u8 = 0x23;
const COLON: u8 = 0x3a;
/** "#eof" */
const END_MARK: u32 = 0x66_6f_65_23;
/** Numbers behind an address: five columns in all. */
const MOST_COUNTS: u32 = 3;
const SPACE: u8 = 0x20;
const NEWLINE: u8 = 0x0a;
const TOUCHED_BYTES: u32 = 1;

@final
@unmanaged
class Address extends Decoder {
  /** At most 15 digits of address, one or two of count. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    const text = v128.load(line, 4);
    const digits = Hex.count(text);
    const space = line + 4 + digits;
    const tens = <u32>load<u8>(end - 2) - 0x30;
    const ones = <u32>load<u8>(end - 1) - 0x30;
    const counted = u32(end - space == 2) | (u32(end - space == 3) & u32(tens < 10));
    const prefix = load<u32>(line);
    const store_ = u32(prefix == STORE);
    const known = store_ | u32(prefix == LOAD);
    const plain = known & counted & u32(ones < 10) & u32(digits - 1 < 15) & u32(load<u8>(space) == SPACE);
    if (plain == 0) return false;
    store<u64>(record, Hex.value(text, digits), RECORD_ADDRESS);
    const kind = KIND_LOAD + store_ * (KIND_STORE - KIND_LOAD);
    store<u64>(record, <u64>TOUCHED_BYTES | ((<u64>kind) << 32), RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const first = skipBlanks(line, end);
    const after = endOfField(first, end);
    const second = skipBlanks(after, end);
    if (load<u8>(first) == HASH) return marked(first, after, second, end, record);
    if (load<u8>(after - 1) == COLON) return traced(first, after - 1, second, end, record);
    const kind = kindAt(first, after);
    if (kind != NO_KIND) return referenceAt(second, end, kind, record);
    const last = endOfField(second, end);
    const named = kindAt(second, last);
    if (named == NO_KIND || countsError(last, end) != 0) return DECODE_BAD_LINE;
    return storeAddress(first, after, named, TOUCHED_BYTES, record);
  }
}

/** `# 0 7fffed80 1`, or the end that pinatrace writes. */
function marked(first: u32, after: u32, second: u32, end: u32, record: usize): u32 {
  if (after == end) return load<u32>(first) == END_MARK && end - first == 4 ? SKIPPED : DECODE_BAD_LINE;
  const label = <u32>load<u8>(second) - 0x30;
  const next = endOfField(second, end);
  if (after != first + 1 || next != second + 1 || label > 1) return DECODE_BAD_LINE;
  return referenceAt(skipBlanks(next, end), end, KIND_LOAD + label * (KIND_STORE - KIND_LOAD), record);
}

/** `0x401ab7: W 0x7ffe0008 8 0x1`: bytes and value may be missing. */
function traced(from: u32, to: u32, second: u32, end: u32, record: usize): u32 {
  const last = endOfField(second, end);
  const kind = kindAt(second, last);
  if (kind == NO_KIND || checkHex(from, to) != 0) return DECODE_BAD_LINE;
  const address = skipBlanks(last, end);
  const addressEnd = endOfField(address, end);
  const bytes = skipBlanks(addressEnd, end);
  const bytesEnd = endOfField(bytes, end);
  const value = skipBlanks(bytesEnd, end);
  if (
    value < end &&
    (checkHex(value, endOfField(value, end)) != 0 || skipBlanks(endOfField(value, end), end) < end)
  )
    return DECODE_BAD_LINE;
  if (bytes == end) return storeAddress(address, addressEnd, kind, TOUCHED_BYTES, record);
  const wrong = checkDecimal(bytes, bytesEnd, u32.MAX_VALUE);
  if (wrong != 0) return errorOf(wrong);
  const size = decimalValue(bytes, bytesEnd);
  return size == 0 ? DECODE_BAD_NUMBER : storeAddress(address, addressEnd, kind, <u32>size, record);
}

/** An address, then counts. */
function referenceAt(from: u32, end: u32, kind: u32, record: usize): u32 {
  const to = endOfField(from, end);
  if (from == to) return DECODE_BAD_LINE;
  const counts = countsError(to, end);
  return counts != 0 ? counts : storeAddress(from, to, kind, TOUCHED_BYTES, record);
}

function storeAddress(from: u32, to: u32, kind: u32, size: u32, record: usize): u32 {
  const wrong = errorOf(checkHex(from, to));
  if (wrong != 0) return wrong;
  const address = hexValue(from, to);
  if (address + size - 1 < address) return DECODE_BAD_NUMBER;
  store<u64>(record, address, RECORD_ADDRESS);
  store<u32>(record, size, RECORD_SIZE);
  store<u32>(record, kind, RECORD_KIND);
  return PARSED;
}

/** The kind that the letter at [from, to) names. */
function kindAt(from: u32, to: u32): u32 {
  if (to - from != 1) return NO_KIND;
  const letter = <u32>load<u8>(from) | 0x20;
  if (letter == LETTER_LOAD || letter == LETTER_READ) return KIND_LOAD;
  return letter == LETTER_STORE || letter == LETTER_WRITE ? KIND_STORE : NO_KIND;
}

function errorOf(wrong: u32): u32 {
  if (wrong == 0) return 0;
  return wrong == NUMBER_TOO_LARGE ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
}

/** 0 when there are at most three decimal numbers at [from, end), and nothing else. */
function countsError(from: u32, end: u32): u32 {
  let at = skipBlanks(from, end);
  for (let count: u32 = 0; at < end; count++) {
    const to = endOfField(at, end);
    const wrong = count < MOST_COUNTS ? checkDecimal(at, to, u64.MAX_VALUE) : NOT_A_NUMBER;
    if (wrong != 0) return errorOf(wrong);
    at = skipBlanks(to, end);
  }
  return 0;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeAddress(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Address>(changetype<Address>(state), records, first);
}

@final
@unmanaged
class AddressText extends Encoder {
  /** A modify is a load and a store. Fetches have no line: they are the count of the next one. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_FETCH) this.count++;
    if (kind == KIND_FETCH || kind == KIND_CALL) return at;
    let to = at;
    const address = load<u64>(record, RECORD_ADDRESS);
    if (kind != KIND_STORE) to = this.printLine(to, LOAD, address);
    if (kind != KIND_LOAD) to = this.printLine(to, STORE, address);
    return to;
  }

  private printLine(at: usize, prefix: u32, address: u64): usize {
    store<u32>(at, prefix);
    let to = printHex(at + 4, address, 1);
    store<u8>(to, SPACE);
    to = printDecimal(to + 1, this.count);
    store<u8>(to, NEWLINE);
    this.count = 0;
    return to + 1;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeAddress(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<AddressText>(changetype<AddressText>(state), records, count);
}
