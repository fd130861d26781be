/**
 * The base of the decoders of heap logs: lines become records of 64 bytes (abi/heap), each with its line's number. A
 * format is a final subclass with `fast` and `slow`, as lines.ts says.
 */
import { NONE } from "../../abi/core";
import { DECODE_BAD_NUMBER, SKIP_BYTES, SKIP_LINES, SKIP_RECORD } from "../../abi/decoder";
import {
  HEAP_A,
  HEAP_ANSWER,
  HEAP_B,
  HEAP_BATCH,
  HEAP_BYTES,
  HEAP_C,
  HEAP_ERRNO,
  HEAP_LINE,
  HEAP_MADE,
  HEAP_OP,
  HEAP_RESULT,
} from "../../abi/heap";
import { DECODE_CUT_LINE, DECODE_NOT_NUMBER } from "../../abi/heap-log";
import { make } from "../../core/arena";
import { Decoder } from "../decoder";
import { decodeLinesTo, LINE_ENDS_BYTES } from "../lines";
import { Threads } from "./threads";

const NEWLINE: u8 = 0x0a;

@unmanaged
export class HeapDecoder extends Decoder {
  // Fills the base class's fields up to DECODER_BYTES.
  gap1: u32;
  gap2: u64;
  gap3: u64;
  // The host reads and sets these, at abi/heap's HEAP_DECODER_….
  takesCalls: u32;
  threadCount: u32;
  hasNoAddresses: u32;
  /** The fault of the text that was read last, DECODE_…; 0: none. */
  wrong: u32;
  /** The position in the line where reading continues. */
  at: u32;
  /** Where the parenthesis of the call is that was named last. */
  paren: u32;
  /** The state of single formats. */
  state: u32;
  kept: u64;
  tables: usize;
  threads: Threads;

  /** A record of thread 0 with everything zero but the operation and its arguments. */
  @inline
  write(record: usize, op: u32, thread: u32, a: u64, b: u64, c: u64, result: u64): void {
    store<u64>(record, <u64>op | ((<u64>thread) << 32), HEAP_OP);
    store<u64>(record, a, HEAP_A);
    store<u64>(record, b, HEAP_B);
    store<u64>(record, c, HEAP_C);
    store<u64>(record, result, HEAP_RESULT);
    store<u64>(record, 0, HEAP_ANSWER);
    store<u32>(record, 0, HEAP_ERRNO);
    store<u32>(record, NONE, HEAP_MADE);
    store<u64>(record, <u64>NONE, HEAP_MADE + 4);
  }

  /** The hexadecimal number at `at`, without 0x before it; `at` goes behind it. */
  hex(end: u32): u64 {
    let value: u64 = 0;
    const from = this.at;
    let at = from;
    while (at < end) {
      const digit = hexDigit(load<u8>(at));
      if (digit > 15) break;
      if (value >> 60 != 0) this.wrong = DECODE_BAD_NUMBER;
      value = (value << 4) | digit;
      at++;
    }
    if (at == from) this.wrong = DECODE_NOT_NUMBER;
    this.at = at;
    return value;
  }

  /** The decimal number at `at`, which goes behind it. */
  decimal(end: u32): u64 {
    let value: u64 = 0;
    const from = this.at;
    let at = from;
    while (at < end) {
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) break;
      if (value > (u64.MAX_VALUE - digit) / 10) this.wrong = DECODE_BAD_NUMBER;
      value = value * 10 + digit;
      at++;
    }
    if (at == from) this.wrong = DECODE_NOT_NUMBER;
    this.at = at;
    return value;
  }

  /** True if the text ends, without a newline, in the line that has `end` in it or behind it. */
  isOpen(end: u32): bool {
    if (this.openEnd == 0) return false;
    let at = end;
    while (load<u8>(at) != NEWLINE) at++;
    return at + 1 == this.openEnd;
  }

  /** `at` goes behind spaces and tabs. */
  @inline
  blanks(end: u32): void {
    let at = this.at;
    while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) at++;
    this.at = at;
  }

  /** True if `byte` is next; `at` is then behind it. */
  @inline
  passes(byte: u8, end: u32): bool {
    const is = this.at < end && load<u8>(this.at) == byte;
    this.at += u32(is);
    return is;
  }
}

function hexDigit(byte: u8): u32 {
  const digit = <u32>byte - 0x30;
  if (digit < 10) return digit;
  const letter = (<u32>byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

/** A decoder of a format without settings of its own; 0 when memory is out. */
export function createHeapDecoder(): usize {
  const format = make<HeapDecoder>();
  if (changetype<usize>(format) == 0 || !format.prepare(LINE_ENDS_BYTES)) return 0;
  format.threads = Threads.create();
  return changetype<usize>(format.threads) == 0 ? 0 : changetype<usize>(format);
}

/**
 * Decodes into the batch at `records`, which has `first` records already, half of what it can have: the resolver may put
 * in as many. Returns how many it then has.
 */
export function decodeHeapLines<F extends HeapDecoder>(format: F, records: usize, first: u32): u32 {
  if (first == 0) format.startBatch();
  const count = decodeLinesTo<F>(format, records, first, HEAP_BYTES, HEAP_BATCH / 2);
  if (format.error != 0 && format.isOpen(format.position + format.errorLength))
    format.error = DECODE_CUT_LINE;
  format.threadCount = format.threads.count;
  numberLines(format, records, first, count);
  return count;
}

/** Puts into the records from `first` on which lines they are of. */
function numberLines(format: HeapDecoder, records: usize, first: u32, count: u32): void {
  let skip: usize = format.skips;
  const lastSkip = skip + <usize>format.skipCount * SKIP_BYTES;
  let line = <u32>format.batchLine + 1;
  let skipped: u32 = 0;
  let next = skip < lastSkip ? load<u32>(skip, SKIP_RECORD) : NONE;
  for (let n: u32 = first; n < count; n++) {
    while (next <= n) {
      skipped = load<u32>(skip, SKIP_LINES);
      skip += SKIP_BYTES;
      next = skip < lastSkip ? load<u32>(skip, SKIP_RECORD) : NONE;
    }
    store<u32>(records + <usize>n * HEAP_BYTES, line + n + skipped, HEAP_LINE);
  }
}
