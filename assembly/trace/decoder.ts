/**
 * A decoder's state: the bytes that the host put in, how far they are decoded, and what is wrong with them. The
 * fields are the layout that `assembly/abi.ts` draws; formats extend the class by methods alone.
 */
import {
  BATCH_RECORDS,
  DECODE_CUT,
  DECODE_LONG_LINE,
  DECODE_OK,
  DECODER_BYTES,
  INPUT_BYTES,
  INPUT_PADDING,
  LINE_BYTES,
  SKIP_BYTES,
  SKIP_LINES,
  SKIP_RECORD,
} from "../abi";
import { allocate } from "../core/arena";

@unmanaged
export class Decoder {
  input: u32;
  position: u32;
  end: u32;
  final: u32;
  error: u32;
  errorLength: u32;
  line: u64;
  skips: u32;
  skipCount: u32;
  /** Address of the list of line ends in the window being decoded; owned by `lines.ts`. */
  lineEnds: u32;

  /** Null when memory is out. */
  static create(lineEndsBytes: u32): Decoder {
    const state = changetype<Decoder>(allocate(DECODER_BYTES));
    const buffer = allocate(LINE_BYTES + INPUT_BYTES + INPUT_PADDING);
    const skips = allocate(BATCH_RECORDS * SKIP_BYTES);
    const lineEnds = allocate(lineEndsBytes);
    if (changetype<usize>(state) == 0 || buffer == 0 || skips == 0 || lineEnds == 0) {
      return changetype<Decoder>(0);
    }
    state.input = <u32>buffer + LINE_BYTES;
    state.position = state.input;
    state.end = state.input;
    state.skips = <u32>skips;
    state.lineEnds = <u32>lineEnds;
    return state;
  }

  fail(error: u32, length: u32): void {
    this.error = error;
    this.errorLength = length;
  }

  /** A line without a record, before the batch's record number `record`. Consecutive ones share an entry. */
  skipLine(record: u32): void {
    const last = this.skips + this.skipCount * SKIP_BYTES - SKIP_BYTES;
    const lines = this.skipCount == 0 ? 0 : load<u32>(last, SKIP_LINES);
    if (this.skipCount > 0 && load<u32>(last, SKIP_RECORD) == record) {
      store<u32>(last, lines + 1, SKIP_LINES);
      return;
    }
    store<u32>(last + SKIP_BYTES, record, SKIP_RECORD);
    store<u32>(last + SKIP_BYTES, lines + 1, SKIP_LINES);
    this.skipCount++;
  }

  /** Moves the bytes not decoded, less than a line or a record, to where the next chunk follows on. */
  carry(): void {
    const rest = this.end - this.position;
    if (this.final != 0) {
      if (rest > 0) this.fail(DECODE_CUT, rest);
      return;
    }
    if (rest > <u32>LINE_BYTES) {
      this.fail(DECODE_LONG_LINE, rest);
      return;
    }
    const to = this.input - rest;
    memory.copy(to, this.position, rest);
    this.position = to;
    this.end = this.input;
  }

  isValid(): bool {
    const low = this.input - LINE_BYTES;
    const inside =
      low <= this.position && this.position <= this.end && this.end <= this.input + INPUT_BYTES + 1;
    return inside && this.error <= <u32>DECODE_CUT && (this.error == DECODE_OK || this.position <= this.end);
  }
}
