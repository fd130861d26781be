/**
 * A decoder's state: the bytes that the host put in, how far they are decoded, and what is wrong with them. The
 * fields are the layout that `assembly/abi/` draws; formats extend the class by methods alone.
 */
import { BATCH_RECORDS, KIND_LOAD, RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../abi/core";
import {
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
} from "../abi/decoder";
import { DECODE_NEW_VERSION } from "../abi/heap-log";
import { allocate } from "../core/arena";

const MOST_DECODE_ERROR = DECODE_NEW_VERSION;

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
  // Fields of single formats: see "Decoders of more formats" in abi/decoder.ts.
  runLeft: u32;
  runPage: u64;
  pageColumn: u32;
  sizeColumn: u32;
  kindColumn: u32;
  delimiter: u32;
  plan: u32;
  version: u32;
  skipped: u64;
  batchLine: u64;
  part: u32;
  table: u32;
  openEnd: u32;

  /** Null when memory is out. */
  static create(lineEndsBytes: u32): Decoder {
    const state = changetype<Decoder>(allocate(DECODER_BYTES));
    if (changetype<usize>(state) == 0 || !state.prepare(lineEndsBytes)) return changetype<Decoder>(0);
    return state;
  }

  /** Allocates what a decoder needs in addition to its fields, which are all zero; false when memory is out. */
  prepare(lineEndsBytes: u32): bool {
    const buffer = allocate(LINE_BYTES + INPUT_BYTES + INPUT_PADDING);
    const skips = allocate(BATCH_RECORDS * SKIP_BYTES);
    const lineEnds = allocate(lineEndsBytes);
    if (buffer == 0 || skips == 0 || lineEnds == 0) return false;
    this.input = <u32>buffer + LINE_BYTES;
    this.position = this.input;
    this.end = this.input;
    this.skips = <u32>skips;
    this.lineEnds = <u32>lineEnds;
    return true;
  }

  fail(error: u32, length: u32): void {
    this.error = error;
    this.errorLength = length;
  }

  /** To be called before the first record of a batch. */
  startBatch(): void {
    this.skipCount = 0;
    this.batchLine = this.line;
  }

  /** A line without a record, before the batch's record number `record`. Consecutive ones share an entry. */
  skipLine(record: u32): void {
    this.skipped++;
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

  /**
   * The batch's record number `record` is the first of those that line or unit number `line` stands for. In formats
   * where one stands for several, the list of skipped lines holds these instead.
   */
  mark(record: u32, line: u64): void {
    let entry = this.skips + this.skipCount * SKIP_BYTES;
    const again = this.skipCount > 0 && load<u32>(entry - SKIP_BYTES, SKIP_RECORD) == record;
    if (again) entry -= SKIP_BYTES;
    else this.skipCount++;
    store<u32>(entry, record, SKIP_RECORD);
    store<u32>(entry, <u32>(line - this.batchLine), SKIP_LINES);
  }

  /** Loads of the run's next pages, from `record` to at most `last`; returns where they end. */
  takeRun(record: usize, last: usize): usize {
    const count = min(this.runLeft, <u32>(last - record) / RECORD_BYTES);
    const end = record + <usize>count * RECORD_BYTES;
    let page = this.runPage;
    for (let at = record; at < end; at += RECORD_BYTES) {
      store<u64>(at, page++, RECORD_ADDRESS);
      store<u64>(at, (<u64>KIND_LOAD) << 32, RECORD_SIZE);
    }
    this.runPage = page;
    this.runLeft -= count;
    return end;
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
    return (
      inside && this.error <= <u32>MOST_DECODE_ERROR && (this.error == DECODE_OK || this.position <= this.end)
    );
  }
}
