/**
 * Reference strings, as textbooks print them: pages with blanks, commas or line ends between, on one line or many of any
 * length. `#` starts a comment up to the end of its line.
 *
 *   7 0 1 2 0 3 0 4, 2 3 0 3 2        numbers: decimal, or hexadecimal after 0x
 *   A B C A D  p1 p2                  names: a letter, then up to six letters, digits and _
 *
 * Every request is a load. `abi/formats.ts` draws the number that stands for a name, so no two names have the same.
 *
 * The line of a request is kept where it changes: `mark` in decoder.ts.
 */
import { BATCH_RECORDS, KIND_LOAD, RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../abi/core";
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../abi/decoder";
import { NAME_CHARACTERS, NAME_MARK } from "../abi/formats";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";
import { checkNumber, NUMBER_TOO_LARGE, numberValue } from "./digits";

const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;
const TAB: u8 = 0x09;
const SPACE: u8 = 0x20;
const COMMA: u8 = 0x2c;
const HASH: u8 = 0x23;
const UNDERSCORE: u8 = 0x5f;

/** `part` while a comment continues in the next chunk. */
const IN_COMMENT: u32 = 1;

function isGap(byte: u8): bool {
  return byte == SPACE || byte == COMMA || byte == NEWLINE || byte == RETURN || byte == TAB;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeReferences(state: usize, records: usize, first: u32): u32 {
  const decoder = changetype<Decoder>(state);
  if (first == 0) {
    decoder.startBatch();
    decoder.mark(0, decoder.line);
  }
  const last = records + <usize>BATCH_RECORDS * RECORD_BYTES;
  let record = records + <usize>first * RECORD_BYTES;
  while (record < last && skipGap(decoder, <u32>(record - records) / RECORD_BYTES)) {
    const end = endOfToken(decoder);
    if (end == decoder.end && decoder.final == 0) break; // it may go on in the next chunk
    const wrong = takeToken(decoder.position, end, record);
    if (wrong != 0) {
      decoder.fail(wrong, end - decoder.position);
      break;
    }
    decoder.position = end;
    record += RECORD_BYTES;
  }
  if (record < last && decoder.error == 0) decoder.carry();
  if (DEBUG) assert(decoder.isValid());
  return <u32>(record - records) / RECORD_BYTES;
}

/** Moves to the next token, before the batch's record number `record`; false if none is there yet. */
function skipGap(decoder: Decoder, record: u32): bool {
  for (; decoder.position < decoder.end; decoder.position++) {
    const byte = load<u8>(decoder.position);
    if (byte == NEWLINE) {
      decoder.part = 0;
      decoder.line++;
      decoder.mark(record, decoder.line);
    } else if (byte == HASH) {
      decoder.part = IN_COMMENT;
    } else if (decoder.part != IN_COMMENT && !isGap(byte)) {
      return true;
    }
  }
  return false;
}

function endOfToken(decoder: Decoder): u32 {
  let at = decoder.position;
  while (at < decoder.end && !isGap(load<u8>(at)) && load<u8>(at) != HASH) at++;
  return at;
}

function takeToken(from: u32, to: u32, record: usize): u32 {
  if (isLetter(load<u8>(from))) {
    const page = nameValue(from, to);
    if (page == 0) return DECODE_BAD_LINE;
    return putRequest(record, page);
  }
  const wrong = checkNumber(from, to);
  if (wrong != 0) return wrong == NUMBER_TOO_LARGE ? DECODE_BAD_NUMBER : DECODE_BAD_LINE;
  const page = numberValue(from, to);
  if (page >> 56 == NAME_MARK) return DECODE_BAD_NUMBER;
  return putRequest(record, page);
}

function putRequest(record: usize, page: u64): u32 {
  store<u64>(record, page, RECORD_ADDRESS);
  store<u64>(record, (<u64>KIND_LOAD) << 32, RECORD_SIZE);
  return 0;
}

function isLetter(byte: u8): bool {
  return (<u32>byte | 0x20) - 0x61 < 26;
}

/** The page with the name [from, to), 0 if it is none. */
function nameValue(from: u32, to: u32): u64 {
  if (to - from > <u32>NAME_CHARACTERS) return 0;
  let page: u64 = (<u64>NAME_MARK) << 56;
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at);
    if (!isLetter(byte) && <u32>byte - 0x30 > 9 && byte != UNDERSCORE) return 0;
    page |= (<u64>byte) << ((<u64>(at - from)) << 3);
  }
  return page;
}
