/**
 * The output of glibc's mtrace(3) (malloc/mtrace-impl.c): a line a call, the caller first, which may be missing and may
 * have blanks. All threads' calls are in one file, and no line names its thread: they count as one thread's.
 *
 *   = Start                                            `= End`: mtrace and muntrace
 *   @ ./t:(main+0x15)[0x12ae] + 0x564e68c0e4c0 0x64    made, by whatever call; (nil): it failed
 *   @ ./t:[0x12ba] - 0x564e68c0e4c0                    freed
 *   @ ./t:[0x12de] < 0x564e68c0e580                    realloc: what it was given, and in the next line
 *   @ ./t:[0x12de] > 0x564e68c0e680 0x1f4              what it gave, and the bytes
 *   @ ./t:[0x12de] ! 0x564e68c0e580 0xffffffffffff     realloc failed
 */
import { DECODE_BAD_LINE } from "../../abi/decoder";
import { HEAP_FREE, HEAP_MALLOC, HEAP_REALLOC } from "../../abi/heap";
import { DECODE_NOT_UNFINISHED } from "../../abi/heap-log";
import { isBlank } from "../fields";
import { PARSED, SKIPPED } from "../lines";
import { decodeHeapLines, HeapDecoder } from "./decoder";
import { isWord } from "./names";

const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const LESS: u8 = 0x3c;
const EQUAL: u8 = 0x3d;
const GREATER: u8 = 0x3e;
const FAILED: u8 = 0x21; // "!"
const CALLER: u8 = 0x40; // "@"

/** `state`: a realloc's first line was there, and `kept` is its address. */
const HALF: u32 = 1;

@final
@unmanaged
class Mtrace extends HeapDecoder {
  @inline
  fast(_line: u32, _end: u32, _record: usize): bool {
    return false;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const first = load<u8>(line);
    if (first == EQUAL) return SKIPPED;
    const last = fieldBefore(line, end);
    const middle = fieldBefore(line, blanksBefore(line, last));
    const mark = load<u8>(middle);
    this.wrong = 0;
    if (isBlank(load<u8>(middle + 1)) && (mark == MINUS || mark == LESS)) {
      const address = this.word(last, end);
      if (this.wrong != 0) return this.wrong;
      if (mark == MINUS) return this.record(record, HEAP_FREE, address, 0, 0);
      this.state = HALF;
      this.kept = address;
      return SKIPPED;
    }
    const markAt = fieldBefore(line, blanksBefore(line, middle));
    const made = load<u8>(markAt);
    const isMark = made == PLUS || made == GREATER || made == FAILED;
    if (!isMark || !isBlank(load<u8>(markAt + 1))) return first == CALLER ? DECODE_BAD_LINE : SKIPPED;
    const address = this.word(middle, blanksBefore(line, last));
    const bytes = this.word(last, end);
    if (this.wrong != 0) return this.wrong;
    if (made == PLUS) return this.record(record, HEAP_MALLOC, bytes, 0, address);
    if (made == FAILED) return this.record(record, HEAP_REALLOC, address, bytes, 0);
    if (this.state != HALF) return DECODE_NOT_UNFINISHED;
    this.state = 0;
    return this.record(record, HEAP_REALLOC, this.kept, bytes, address);
  }

  private record(record: usize, op: u32, a: u64, b: u64, result: u64): u32 {
    this.threads.get(0);
    this.write(record, op, 0, a, b, 0, result);
    return PARSED;
  }

  /** The number in [from, to): 0x…, 0 or (nil). */
  private word(from: u32, to: u32): u64 {
    if (isWord(from, to, "(nil)") || isWord(from, to, "0")) return 0;
    if (to - from < 3 || load<u16>(from) != 0x78_30) {
      this.wrong = DECODE_BAD_LINE;
      return 0;
    }
    this.at = from + 2;
    const value = this.hex(to);
    if (this.at != to) this.wrong = DECODE_BAD_LINE;
    return value;
  }
}

/** Where the field begins that ends at `end`. */
function fieldBefore(line: u32, end: u32): u32 {
  let at = end;
  while (at > line && !isBlank(load<u8>(at - 1))) at--;
  return at;
}

/** Where the field before ends, `from` being the beginning of one. */
function blanksBefore(line: u32, from: u32): u32 {
  let at = from;
  while (at > line && isBlank(load<u8>(at - 1))) at--;
  return at;
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeMtrace(state: usize, records: usize, first: u32): u32 {
  return decodeHeapLines<Mtrace>(changetype<Mtrace>(state), records, first);
}
