/**
 * Traces of the malloc lab (Bryant and O'Hallaron, Computer Systems: A Programmer's Perspective): blocks have numbers and
 * no addresses.
 *
 *   20000        a heap's size that is suggested            lines with a number alone are the header
 *   2847         how many numbers blocks have
 *   5694         how many operations follow
 *   1            the trace's weight
 *   a 0 2040     block 0 is made, with 2040 bytes
 *   r 0 4072     it is resized
 *   f 0          it is freed; -1: NULL
 *
 * A record has the block's number + 1 for its address, which the resolver takes out.
 */
import { DECODE_BAD_LINE, DECODE_BAD_NUMBER } from "../../abi/decoder";
import { HEAP_FREE, HEAP_MALLOC, HEAP_REALLOC } from "../../abi/heap";
import { PARSED, SKIPPED } from "../lines";
import { decodeHeapLines, HeapDecoder } from "./decoder";

const ALLOCATE: u8 = 0x61;
const FREE: u8 = 0x66;
const RESIZE: u8 = 0x72;
const HASH: u8 = 0x23;
const MINUS: u8 = 0x2d;
const MOST_ID: u64 = u32.MAX_VALUE;

@final
@unmanaged
class Rep extends HeapDecoder {
  @inline
  fast(_line: u32, _end: u32, _record: usize): bool {
    return false;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    this.hasNoAddresses = 1;
    this.at = line;
    this.wrong = 0;
    this.blanks(end);
    const mark = load<u8>(this.at);
    if (mark == HASH || <u32>mark - 0x30 < 10)
      return mark == HASH || this.isHeader(end) ? SKIPPED : DECODE_BAD_LINE;
    if (mark != ALLOCATE && mark != FREE && mark != RESIZE) return DECODE_BAD_LINE;
    this.at++;
    const block = this.block(end);
    const bytes = mark == FREE ? 0 : this.field(end);
    this.blanks(end);
    if (this.wrong == DECODE_BAD_NUMBER || block > MOST_ID) return DECODE_BAD_NUMBER;
    if (this.wrong != 0 || this.at != end) return DECODE_BAD_LINE;
    this.threads.get(0);
    if (mark == FREE) this.write(record, HEAP_FREE, 0, block, 0, 0, 0);
    else if (mark == ALLOCATE) this.write(record, HEAP_MALLOC, 0, bytes, 0, 0, block);
    else this.write(record, HEAP_REALLOC, 0, block, bytes, 0, block);
    return PARSED;
  }

  /** Numbers alone. */
  private isHeader(end: u32): bool {
    while (this.wrong == 0 && this.at < end) this.field(end);
    return this.wrong == 0;
  }

  /** A number behind blanks, and with blanks or the line's end behind it. */
  private field(end: u32): u64 {
    this.blanks(end);
    const value = this.decimal(end);
    if (this.at < end && load<u8>(this.at) != 0x20 && load<u8>(this.at) != 0x09) this.wrong = DECODE_BAD_LINE;
    return value;
  }

  /** A block's number + 1, 0 for -1. */
  private block(end: u32): u64 {
    const from = this.at;
    this.blanks(end);
    if (this.at == from) this.wrong = DECODE_BAD_LINE;
    const isNull = this.passes(MINUS, end);
    const id = this.field(end);
    if (isNull && id != 1) this.wrong = DECODE_BAD_NUMBER;
    return isNull ? 0 : id + 1;
  }
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeRep(state: usize, records: usize, first: u32): u32 {
  return decodeHeapLines<Rep>(changetype<Rep>(state), records, first);
}
