/**
 * Loads and stores as text, the traces of computer-architecture courses:
 *
 *   l 0x1fffff58 1      load, address, count
 *   s 0x1fffff88 6      store
 *
 * The count is how many instructions ran since the reference before; it says nothing about how many bytes are
 * touched (0 is its commonest value), so a record's size is one byte and a line is one reference to one page. The
 * `0x` may be missing, and so may the count.
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
import { checkDecimal, Hex, NUMBER_TOO_LARGE } from "./digits";
import { Encoder, encodeRecords } from "./encoder";
import { decodeLines, PARSED } from "./lines";
import { printDecimal, printHex } from "./printer";

/** The first four characters of a line, as a little-endian number: "l 0x", "s 0x". */
const LOAD: u32 = 0x78_30_20_6c;
const STORE: u32 = 0x78_30_20_73;
const PREFIX: u16 = 0x78_30; // "0x"

const LETTER_LOAD: u32 = 0x6c;
const LETTER_STORE: u32 = 0x73;
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
    const letter = <u32>load<u8>(line);
    if ((letter != LETTER_LOAD && letter != LETTER_STORE) || load<u8>(line + 1) != SPACE) {
      return DECODE_BAD_LINE;
    }
    let address = skipSpaces(line + 1, end);
    if (load<u16>(address) == PREFIX) address += 2;
    const text = v128.load(address);
    const digits = Hex.count(text);
    const after = address + digits;
    if (digits == 0 || after > end) return DECODE_BAD_LINE;
    if (after < end) {
      if (load<u8>(after) != SPACE) return digits == 16 ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
      const wrong = checkDecimal(skipSpaces(after, end), end, u64.MAX_VALUE);
      if (wrong != 0) return wrong == NUMBER_TOO_LARGE ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
    }
    store<u64>(record, Hex.value(text, digits), RECORD_ADDRESS);
    store<u32>(record, TOUCHED_BYTES, RECORD_SIZE);
    store<u32>(record, letter == LETTER_STORE ? KIND_STORE : KIND_LOAD, RECORD_KIND);
    return PARSED;
  }
}

function skipSpaces(from: u32, end: u32): u32 {
  let at = from;
  while (at < end && load<u8>(at) == SPACE) at++;
  return at;
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
