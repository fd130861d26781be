/**
 * The text of `valgrind --tool=lackey --trace-mem=yes` (lackey/lk_main.c, trace_instr and its siblings):
 *
 *   I  0401ab70,3          fetch            "%s %08lx,%lu\n", the kind being `I ` ` L` ` S` ` M`
 *    L 1fff000758,8        load             address: hexadecimal, eight digits or more
 *    S 1fff000758,8        store            size: decimal bytes
 *    M 04a02c68,4          modify: a load and a store of the same bytes by one instruction
 *
 * Lines that start with `==`, `--` or `**` are valgrind's own messages and skipped, as are superblocks (`SB 0401ab70`),
 * but for `**4711** @ malloc(48) = …`: a
 * call of the allocator, which the program itself has printed there (src/heap/record/valgrind.c).
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
import { decodeLines, PARSED, SKIPPED } from "./lines";
import { printDecimal, printHex } from "./printer";

/** The first three characters of a line, as a little-endian number. */
const FETCH: u32 = 0x20_20_49;
const LOAD: u32 = 0x20_4c_20;
const STORE: u32 = 0x20_53_20;
const MODIFY: u32 = 0x20_4d_20;
const NO_KIND: u32 = 0xff;

/** `** @`, behind a process's number. */
const CALL: u32 = 0x40_20_2a_2a;

const COMMA: u8 = 0x2c;
const NEWLINE: u8 = 0x0a;

@final
@unmanaged
class Lackey extends Decoder {
  /** At most 15 digits of address, one or two of size. Costs about forty instructions and one load each. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    const text = v128.load(line, 3);
    const digits = Hex.count(text);
    const comma = line + 3 + digits;
    const tens = <u32>load<u8>(end - 2) - 0x30;
    const ones = <u32>load<u8>(end - 1) - 0x30;
    const short = end - comma == 2; // ",8"
    const size = short ? ones : tens * 10 + ones;
    const prefix = load<u32>(line) & 0xffffff;
    const load_ = u32(prefix == LOAD);
    const store_ = u32(prefix == STORE);
    const modify = u32(prefix == MODIFY);
    const known = u32(prefix == FETCH) | load_ | store_ | modify;
    const sized = u32(short | ((end - comma == 3) & (tens - 1 < 9))) & u32(ones < 10) & u32(size != 0);
    const plain = known & sized & u32(digits - 1 < 15) & u32(load<u8>(comma) == COMMA);
    if (plain == 0) return false;
    store<u64>(record, Hex.value(text, digits), RECORD_ADDRESS);
    const kind = (load_ * KIND_LOAD) | (store_ * KIND_STORE) | (modify * KIND_MODIFY);
    store<u64>(record, <u64>size | ((<u64>kind) << 32), RECORD_SIZE);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const start = load<u16>(line);
    if (start == 0x3d3d || start == 0x2d2d) return SKIPPED;
    if (start == 0x4253) return isSuperblock(line, end) ? SKIPPED : DECODE_BAD_LINE;
    if (start == 0x2a2a) return isCall(line, end) ? DECODE_BAD_LINE : SKIPPED;
    const kind = kindOf(load<u32>(line) & 0xffffff);
    if (kind == NO_KIND || end - line < 6) return DECODE_BAD_LINE;
    const address = line + 3;
    const text = v128.load(address);
    const digits = Hex.count(text);
    const comma = address + digits;
    if (digits == 0 || comma >= end) return DECODE_BAD_LINE;
    if (load<u8>(comma) != COMMA) return digits == 16 ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    const wrong = checkDecimal(comma + 1, end, 0xffffffff);
    if (wrong != 0) return wrong == NUMBER_TOO_LARGE ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    const size = decimalValue(comma + 1, end);
    const va = Hex.value(text, digits);
    if (size == 0 || va + size - 1 < va) return DECODE_BAD_NUMBER;
    store<u64>(record, va, RECORD_ADDRESS);
    store<u32>(record, <u32>size, RECORD_SIZE);
    store<u32>(record, kind, RECORD_KIND);
    return PARSED;
  }
}

/** True if it begins a superblock: `SB 0401ab70` (--trace-superblocks=yes). */
function isSuperblock(line: u32, end: u32): bool {
  const digits = end - line > 3 && load<u8>(line + 2) == 0x20 ? Hex.count(v128.load(line + 3)) : 0;
  return digits > 0 && line + 3 + digits == end;
}

/** True for a call event in the log, `**4711** @ malloc(48) = …`. The host reads it. */
function isCall(line: u32, end: u32): bool {
  let at = line + 2;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at++;
  return end - at > 4 && load<u32>(at) == CALL;
}

function kindOf(prefix: u32): u32 {
  if (prefix == FETCH) return KIND_FETCH;
  if (prefix == LOAD) return KIND_LOAD;
  if (prefix == STORE) return KIND_STORE;
  return prefix == MODIFY ? KIND_MODIFY : NO_KIND;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeLackey(state: usize, records: usize, first: u32): u32 {
  return decodeLines<Lackey>(changetype<Lackey>(state), records, first);
}

@final
@unmanaged
class LackeyText extends Encoder {
  /** As lackey prints them; call events have no line. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    store<u32>(at, prefixOf(kind));
    let to = printHex(at + 3, load<u64>(record, RECORD_ADDRESS), 8);
    store<u8>(to, COMMA);
    to = printDecimal(to + 1, load<u32>(record, RECORD_SIZE));
    store<u8>(to, NEWLINE);
    return to + 1;
  }
}

function prefixOf(kind: u32): u32 {
  if (kind == KIND_FETCH) return FETCH;
  if (kind == KIND_LOAD) return LOAD;
  return kind == KIND_STORE ? STORE : MODIFY;
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeLackey(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<LackeyText>(changetype<LackeyText>(state), records, count);
}
