/**
 * Lines of text, for every text format. Bytes become lines in two steps, as in simdjson (Langdale and Lemire, 2019):
 * first the ends of all lines in a window are found, 64 bytes at a time, and listed; then each line is parsed with
 * both its ends known. So parsing one line never waits for the end of the line before it, and the processor works
 * on several at once.
 *
 *   window    I  0401ab70,3⏎ S 1fff000758,8⏎I  0401ab73,5⏎ L 04…      the cut line waits for the next chunk
 *   lineEnds               ↑               ↑             ↑
 *
 * A format is a subclass of `Decoder` with
 *   fast(line, end, record): bool   writes the record if the line has the usual shape; may read up to
 *                                   `INPUT_PADDING` bytes past the end; never fails, never skips
 *   slow(line, end, record): u32    the whole grammar, `\r` and blanks at the end trimmed: PARSED, SKIPPED, RUN or
 *                                   an error
 */
import { BATCH_RECORDS, RECORD_BYTES } from "../abi/core";
import { DECODE_LONG_LINE, LINE_BYTES } from "../abi/decoder";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";

/** Results of `slow`, in addition to the DECODE_… errors. */
export const PARSED: u32 = 0x100;
export const SKIPPED: u32 = 0x101;
/** The line stands for the `runLeft` pages from `runPage` on. */
export const RUN: u32 = 0x102;

const WINDOW_BYTES: u32 = 8192;
export const LINE_ENDS_BYTES: u32 = WINDOW_BYTES * 4;

const NEWLINE: u8 = 10;
const RETURN: u8 = 13;
const SPACE: u8 = 32;

export function createDecoder(): Decoder {
  return Decoder.create(LINE_ENDS_BYTES);
}

/**
 * Decodes lines until the batch is full or no whole line is left; returns how many the batch
 * then has. `first` of them are there already, from bytes before.
 */
export function decodeLines<F extends Decoder>(format: F, records: usize, first: u32): u32 {
  if (first == 0) format.startBatch();
  const count = format.runLeft == 0 ? first : resumeRun(format, records);
  return decodeLinesTo<F>(format, records, count, RECORD_BYTES, BATCH_RECORDS);
}

/** The same for records of `recordBytes`, of which a batch has `most`. */
export function decodeLinesTo<F extends Decoder>(
  format: F,
  records: usize,
  first: u32,
  recordBytes: u32,
  most: u32,
): u32 {
  closeLastLine(format);
  let count = first;
  while (count < most && format.error == 0) {
    const windowEnd = min(format.end, format.position + WINDOW_BYTES);
    const ends = listLineEnds(format.position, windowEnd, format.lineEnds);
    if (ends == 0 && windowEnd == format.end) {
      format.carry();
      break;
    }
    if (ends == 0 && !listLongLine(format)) break;
    count = parseLines<F>(format, max(ends, 1), records, count, recordBytes, most);
  }
  if (DEBUG) assert(format.isValid());
  return count;
}

/** Emits the rest of the run that did not fit in the last batch; its line is counted already. */
function resumeRun(state: Decoder, records: usize): u32 {
  state.mark(0, state.line - 1);
  const end = state.takeRun(records, records + <usize>BATCH_RECORDS * RECORD_BYTES);
  return <u32>(end - records) / RECORD_BYTES;
}

/** The last line of a text may lack its newline. */
function closeLastLine(state: Decoder): void {
  if (state.final == 0 || state.end == state.position) return;
  if (load<u8>(state.end - 1) == NEWLINE) return;
  store<u8>(state.end, NEWLINE);
  state.end++;
  state.openEnd = state.end;
}

/** Lists the addresses of all newlines in [from, to); returns how many. */
function listLineEnds(from: u32, to: u32, list: u32): u32 {
  let out: usize = list;
  for (let block = from; block < to; block += 64) {
    let mask = newlines(block);
    const left = to - block;
    if (left < 64) mask &= ((<u64>1) << left) - 1;
    while (mask != 0) {
      store<u32>(out, block + <u32>ctz(mask));
      mask &= mask - 1;
      out += 4;
    }
  }
  return <u32>(out - list) >> 2;
}

/** One bit for each of 64 bytes: 1 if it is a newline. */
function newlines(block: usize): u64 {
  const newline = i8x16.splat(NEWLINE);
  const a = <u64>i8x16.bitmask(i8x16.eq(v128.load(block), newline));
  const b = <u64>i8x16.bitmask(i8x16.eq(v128.load(block, 16), newline));
  const c = <u64>i8x16.bitmask(i8x16.eq(v128.load(block, 32), newline));
  const d = <u64>i8x16.bitmask(i8x16.eq(v128.load(block, 48), newline));
  return a | (b << 16) | (c << 32) | (d << 48);
}

/** The hot loop: the listed lines, as long as there is room for their records. */
function parseLines<F extends Decoder>(
  format: F,
  ends: u32,
  records: usize,
  first: u32,
  recordBytes: u32,
  most: u32,
): u32 {
  let line = format.position;
  let end: usize = format.lineEnds;
  const lastEnd = end + ((<usize>ends) << 2);
  let record = records + <usize>first * recordBytes;
  const lastRecord = records + <usize>most * recordBytes;
  while (end < lastEnd && record < lastRecord) {
    const lineEnd = load<u32>(end);
    if (format.fast(line, lineEnd, record)) {
      record += recordBytes;
    } else {
      const result = parseSlowly<F>(format, line, lineEnd, record);
      if (result == PARSED) {
        record += recordBytes;
      } else if (result == SKIPPED) {
        format.skipLine(<u32>(record - records) / recordBytes);
      } else if (result == RUN) {
        format.mark(<u32>(record - records) / recordBytes, format.line + ((<u32>end - format.lineEnds) >> 2));
        record = format.takeRun(record, lastRecord);
      } else {
        format.position = line;
        format.fail(result, lineEnd - line);
        break;
      }
    }
    line = lineEnd + 1;
    end += 4;
  }
  format.position = line;
  format.line += (<u32>end - format.lineEnds) >> 2;
  return <u32>(record - records) / recordBytes;
}

function parseSlowly<F extends Decoder>(format: F, line: u32, lineEnd: u32, record: usize): u32 {
  if (lineEnd - line > <u32>LINE_BYTES) return DECODE_LONG_LINE;
  let end = lineEnd;
  while (end > line) {
    const last = load<u8>(end - 1);
    if (last != RETURN && last != SPACE) break;
    end--;
  }
  return end == line ? SKIPPED : format.slow(line, end, record);
}

/** A line longer than a window: lists its end, which is looked for in all there is; false where it is not there yet. */
function listLongLine(state: Decoder): bool {
  let end = state.position;
  while (end < state.end && load<u8>(end) != NEWLINE) end++;
  if (end == state.end) {
    state.carry();
    return false;
  }
  store<u32>(state.lineEnds, end);
  return true;
}
