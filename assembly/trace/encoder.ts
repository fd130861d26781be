/**
 * An encoder's state and the one loop of all encoders. It stops when the output buffer is full and continues where it
 * stopped, even between two pages of one reference, so no batch is too large for the buffer.
 *
 * A format is a subclass of `Encoder` with
 *   print(record, kind, at): usize    writes at most `ENCODED_BYTES` for the record, returns where they end
 */
import { RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND, RECORD_SIZE } from "../abi/core";
import { ENCODED_BYTES, ENCODER_BYTES, OUTPUT_BYTES } from "../abi/encoder";
import { allocate } from "../core/arena";
import { DEBUG } from "../core/checks";

@unmanaged
export class Encoder {
  out: u32;
  record: u32;
  page: u64;
  count: u64;
  pageShift: u32;

  /** The next page of `record`'s that is to be written; `page` is 0 again after the last. */
  takePage(record: usize): u64 {
    const address = load<u64>(record, RECORD_ADDRESS);
    const first = address >> this.pageShift;
    const page = first + this.page;
    const more = this.pageShift != 0 && page < lastByte(record) >> this.pageShift;
    this.page = more ? this.page + 1 : 0;
    return page;
  }

  firstPage(record: usize): u64 {
    return load<u64>(record, RECORD_ADDRESS) >> this.pageShift;
  }

  pagesTouched(record: usize): u64 {
    return this.pageShift == 0 ? 1 : (lastByte(record) >> this.pageShift) - this.firstPage(record) + 1;
  }

  isValid(count: u32): bool {
    return this.record <= count && (this.record < count || this.page == 0);
  }
}

/** The last byte that a record touches; one of size 0 touches one. */
function lastByte(record: usize): u64 {
  const size = load<u32>(record, RECORD_SIZE);
  return load<u64>(record, RECORD_ADDRESS) + max(size, 1) - 1;
}

/** Null when memory is out. */
export function createEncoder(pageShift: u32): Encoder {
  const state = changetype<Encoder>(allocate(ENCODER_BYTES));
  const out = allocate(OUTPUT_BYTES);
  if (changetype<usize>(state) == 0 || out == 0) return changetype<Encoder>(0);
  state.out = <u32>out;
  state.pageShift = pageShift;
  return state;
}

/** Writes records of a batch of `count` until all are written or the buffer is full; returns the bytes in it. */
export function encodeRecords<F extends Encoder>(format: F, records: usize, count: u32): u32 {
  const out: usize = format.out;
  const full = out + OUTPUT_BYTES - ENCODED_BYTES;
  let at = out;
  while (format.record < count && at <= full) {
    const record = records + <usize>format.record * RECORD_BYTES;
    at = format.print(record, load<u8>(record, RECORD_KIND), at);
    if (format.page == 0) format.record++;
  }
  if (DEBUG) assert(format.isValid(count));
  return <u32>(at - out);
}
