/**
 * The output of DynamoRIO's drmemtrace with its tool `view` (clients/drcachesim/tools/view.cpp), a line a record:
 *
 *          record#      instr#:         tid what        size             address
 *   |          12|          12|: |       11| |        12|2|
 *          47445       37770:     2765543 ifetch       5 byte(s) @ 0x0000000000404a7e 48 8b 5c 24 08       mov …
 *          47446       37770:     2765543 read         8 byte(s) @ 0x00007fdf64e2adc8 by PC 0x0000000000404a7e
 *          47451       37774:     2765542 <marker: timestamp 13334804716609227>
 *
 * Older versions, up to those of 2022 and of 2021:
 *
 *      173369: T1774669 ifetch       3 byte(s) @ 0x0000000000402680 f3 48 a5             rep movsq
 *   T444096   0x00007f3e83b0b7f2  48 83 45 f0 01       addq   $0x01, -0x10(%rbp)         a fetch of five bytes
 *   T444096     read  8 byte(s) @ 0x7ffc4c720190
 *
 * `ifetch`, `read` and `write` are references. Skipped, and counted: the header, rules, results, `<markers>` (threads,
 * timestamps, system calls), flushes, prefetches, what is not fetched (`non-fetched`: a further iteration of a repeated
 * string instruction; older versions say it behind `ifetch`), and the lines on which an instruction's bytes go on. All
 * threads' references are one sequence, in the order of the lines. The columns in front may be missing; where a thread
 * belongs to one of several workloads, `W0.T2765543` is its number. Behind a rule of `=`, other tools print their
 * results: lines that are not records are skipped there.
 *
 * The version of 2021 prints no size of an instruction: it is the number of its bytes. Those of a long one go on in the
 * next line, and are added where the batch still holds its record.
 */
import {
  KIND_FETCH,
  KIND_LOAD,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../abi/decoder";
import { Decoder } from "./decoder";
import { checkDecimal, decimalValue, Hex } from "./digits";
import { endOfDigits, endOfField, isBlank, skipBlanks } from "./fields";
import { decodeLines, PARSED, SKIPPED } from "./lines";

// Words as little-endian numbers, and the columns where they usually start.
const IFETCH: u64 = 0x20_20_68_63_74_65_66_69; // "ifetch  "
const READ: u64 = 0x20_20_20_20_64_61_65_72; // "read    "
const WRITE: u64 = 0x20_20_20_65_74_69_72_77; // "write   "
const BYTES: u64 = 0x29_73_28_65_74_79_62_20; // " byte(s)"
const AT: u32 = 0x30_20_40_20; // " @ 0"
const X: u32 = 0x78;
const NON_FETCHED: u64 = 0x63_74_65_66_2d_6e_6f_6e; // "non-fetc"
const COLON: u32 = 0x3a;
const SPACE: u32 = 0x20;
const COLUMN_COLON: usize = 24;
const COLUMN_WHAT: usize = 38;
const COLUMN_SIZE: usize = 50;
const COLUMN_BYTES: usize = 52;
const COLUMN_ADDRESS: usize = 65;
const SHORTEST: u32 = 81;

const PREFIX: u16 = 0x78_30; // "0x"
/** `part` behind a rule of `=`; `version` is 1 behind a fetch whose bytes may go on. */
const OTHER_TOOLS: u32 = 1;
/** Bytes that the version of 2021 prints on one line; the others follow on the next. */
const LINE_OF_BYTES: u32 = 7;

/** Results of `wordKind` that are not kinds: a word of a record without a reference, and any other word. */
const NO_REFERENCE: u32 = 0xfe;
const UNKNOWN: u32 = 0xff;

@final
@unmanaged
class Drmemtrace extends Decoder {
  /** Every column where `view` puts it, sixteen digits of address. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    if (end - line < SHORTEST) return false;
    const what = load<u64>(line, COLUMN_WHAT);
    const fetch = u32(what == IFETCH);
    const write = u32(what == WRITE);
    const known = fetch | write | u32(what == READ);
    const ones = <u32>load<u8>(line, COLUMN_SIZE + 1) - 0x30;
    const blank = u32(load<u8>(line, COLUMN_SIZE) == SPACE);
    const tens = blank ? 0 : <u32>load<u8>(line, COLUMN_SIZE) - 0x30;
    const size = tens * 10 + ones;
    const sized = u32(tens < 10) & u32(ones < 10) & u32(size != 0);
    const text = v128.load(line, COLUMN_ADDRESS);
    const shaped =
      u32(load<u64>(line, COLUMN_BYTES) == BYTES) &
      u32(load<u32>(line, COLUMN_BYTES + 8) == AT) &
      u32(load<u8>(line, COLUMN_BYTES + 12) == X) &
      u32(load<u8>(line, COLUMN_COLON) == COLON) &
      u32(Hex.count(text) == 16) &
      u32(load<u64>(line, SHORTEST + 1) != NON_FETCHED) &
      (u32(end - line == SHORTEST) | u32(load<u8>(line, SHORTEST) == SPACE));
    const va = Hex.value(text, 16);
    if ((known & sized & shaped & u32(va + size - 1 >= va)) == 0) return false;
    store<u64>(record, va, RECORD_ADDRESS);
    const kind = fetch ? KIND_FETCH : KIND_LOAD + write * (KIND_STORE - KIND_LOAD);
    store<u64>(record, <u64>size | ((<u64>kind) << 32), RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const result = this.record(line, end, record);
    // The output of other tools is skipped.
    return result != PARSED && this.part == OTHER_TOOLS ? SKIPPED : result;
  }

  private record(line: u32, end: u32, record: usize): u32 {
    const unfinished = this.version;
    this.version = 0;
    if (unfinished != 0 && startsWithByte(line, end)) return extendRecord(skipBlanks(line, end), end, record);
    const what = skipColumns(line, end);
    if (what == end || load<u8>(what) == 0x3c) {
      if (startsRule(line, end)) this.part = OTHER_TOOLS;
      // "<marker: …>", "<thread … exited>"
      const isSkipped = what < end || isHeaderOrResult(line, end) || startsWithByte(line, end);
      return isSkipped ? SKIPPED : DECODE_BAD_LINE;
    }
    const after = endOfField(what, end);
    if (load<u16>(what) == PREFIX) return this.bareFetch(what, after, end, record);
    if (unfinished != 0 && isByte(what, after)) return extendRecord(what, end, record);
    const kind = wordKind(what, after);
    if (kind == NO_REFERENCE) return SKIPPED;
    if (kind == UNKNOWN) {
      if (startsRule(line, end)) this.part = OTHER_TOOLS;
      return isHeaderOrResult(line, end) ? SKIPPED : DECODE_BAD_LINE;
    }
    const size = skipBlanks(after, end);
    const bytes = endOfDigits(size, end);
    const isBytes = load<u64>(bytes) == BYTES && load<u32>(bytes + 8) == AT && load<u8>(bytes + 12) == X;
    if (size == bytes || !isBytes) return DECODE_BAD_LINE;
    const text = v128.load(bytes + 13);
    const digits = Hex.count(text);
    const rest = bytes + 13 + digits;
    if (digits == 0 || rest > end) return DECODE_BAD_LINE;
    if (rest < end && !isBlank(load<u8>(rest))) return digits == 16 ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    if (checkDecimal(size, bytes, u32.MAX_VALUE) != 0) return DECODE_BAD_NUMBER;
    const length = decimalValue(size, bytes);
    const va = Hex.value(text, digits);
    if (length == 0 || va + length - 1 < va) return DECODE_BAD_NUMBER;
    if (kind == KIND_FETCH && end - rest > 8 && load<u64>(skipBlanks(rest, end)) == NON_FETCHED)
      return SKIPPED;
    store<u64>(record, va, RECORD_ADDRESS);
    store<u32>(record, <u32>length, RECORD_SIZE);
    store<u32>(record, kind, RECORD_KIND);
    return PARSED;
  }

  /** `0x00007f3e83b0b7f2  48 83 45 f0 01       addq …`: a fetch, in the version of 2021. */
  private bareFetch(from: u32, to: u32, end: u32, record: usize): u32 {
    const text = v128.load(from + 2);
    const digits = Hex.count(text);
    if (digits == 0 || digits < to - from - 2) return digits == 16 ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    const size = bytesAt(skipBlanks(to, end), end);
    const va = Hex.value(text, digits);
    if (size == 0) return DECODE_BAD_LINE;
    if (va + size - 1 < va) return DECODE_BAD_NUMBER;
    store<u64>(record, va, RECORD_ADDRESS);
    store<u32>(record, size, RECORD_SIZE);
    store<u32>(record, KIND_FETCH, RECORD_KIND);
    this.version = u32(size >= LINE_OF_BYTES);
    return PARSED;
  }
}

/** More bytes of an instruction: extends the previous record. */
function extendRecord(from: u32, end: u32, record: usize): u32 {
  const before = record - RECORD_BYTES;
  store<u32>(before, load<u32>(before, RECORD_SIZE) + bytesAt(from, end), RECORD_SIZE);
  return SKIPPED;
}

/** Bytes of the encoding at `from`: pairs of digits, or words of four (Arm), with single blanks between. */
function bytesAt(from: u32, end: u32): u32 {
  let bytes: u32 = 0;
  let at = from;
  while (at < end) {
    const to = endOfField(at, end);
    const length = to - at;
    const isCode = (length == 2 || length == 4 || length == 8) && Hex.count(v128.load(at)) >= length;
    if (!isCode) break;
    bytes += length >> 1;
    at = to + 1;
    if (to < end && isBlank(load<u8>(at))) break;
  }
  return bytes;
}

/** "====": what follows is printed by other tools. */
function startsRule(line: u32, end: u32): bool {
  return end - line >= 8 && load<u64>(line) == 0x3d_3d_3d_3d_3d_3d_3d_3d;
}

/** Where a record's word starts, behind numbers and thread; `end` where the columns are others. */
function skipColumns(line: u32, end: u32): u32 {
  const first = skipBlanks(line, end);
  let at = endOfDigits(first, end);
  if (at == first || load<u16>(first) == PREFIX) return skipThread(first, end);
  const second = skipBlanks(at, end);
  if (second > at) at = endOfDigits(second, end);
  if (at == end || load<u8>(at) != COLON) return end;
  const thread = skipBlanks(at + 1, end);
  const digits = endOfDigits(thread, end);
  const after = digits > thread ? digits : skipThread(thread, end);
  return after > thread && after < end && (digits == thread || isBlank(load<u8>(after)))
    ? skipBlanks(after, end)
    : end;
}

/** Passes over `T2765543` or `W0.T2765543` and the blanks behind. */
function skipThread(from: u32, end: u32): u32 {
  let at = from;
  if (load<u8>(at) == 0x57 /* W */) {
    const dot = endOfDigits(at + 1, end);
    if (dot == at + 1 || load<u8>(dot) != 0x2e) return from;
    at = dot + 1;
  }
  if (load<u8>(at) != 0x54 /* T */) return from;
  const after = endOfDigits(at + 1, end);
  return after > at + 1 && after < end && isBlank(load<u8>(after)) ? skipBlanks(after, end) : from;
}

/** The kind that the word at [from, to) names. */
function wordKind(from: u32, to: u32): u32 {
  const length = to - from;
  const word = load<u64>(from);
  if (length == 6 && (word ^ IFETCH) << 16 == 0) return KIND_FETCH;
  if (length == 4 && (word ^ READ) << 32 == 0) return KIND_LOAD;
  if (length == 5 && (word ^ WRITE) << 24 == 0) return KIND_STORE;
  const isFlush =
    length == 6 && ((word ^ 0x68_73_75_6c_66_69) << 16 == 0 || (word ^ 0x68_73_75_6c_66_64) << 16 == 0);
  const isPrefetch = length >= 4 && <u32>word == 0x66_65_72_70; // iflush, dflush, pref…
  const isUnfetched = length == 11 && word == NON_FETCHED;
  return isFlush || isPrefetch || isUnfetched || isByte(from, to) ? NO_REFERENCE : UNKNOWN;
}

/** Two hexadecimal digits: an instruction's bytes go on. */
function isByte(from: u32, to: u32): bool {
  return to - from == 2 && Hex.count(v128.load(from)) >= 2;
}

/** An instruction's bytes that go on, and look like a record's number. */
function startsWithByte(line: u32, end: u32): bool {
  const first = skipBlanks(line, end);
  return isByte(first, endOfField(first, end));
}

/** True if the line is a header, a rule or a result of the tool. */
function isHeaderOrResult(line: u32, end: u32): bool {
  const word = load<u64>(line);
  if (word == 0x66_20_74_75_70_74_75_4f) return true; // "Output f"
  if (word == 0x6f_6f_74_20_77_65_69_56) return true; // "View too"
  const first = <u32>word & 0xffff;
  if (first == 0x2d2d || first == 0x3d3d || first == 0x2d3c || first == 0x723c) return true; // "--", "==", "<-", "<r"
  const count = skipBlanks(line, end);
  const after = endOfDigits(count, end);
  return after > count && end - after > 8 && load<u64>(after) == 0x6c_61_74_6f_74_20_3a_20; // " : total"
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeDrmemtrace(state: usize, records: usize, first: u32): u32 {
  // The record before is in the batch before.
  if (first == 0) changetype<Drmemtrace>(state).version = 0;
  return decodeLines<Drmemtrace>(changetype<Drmemtrace>(state), records, first);
}
