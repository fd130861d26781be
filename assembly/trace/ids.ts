/**
 * Plain binary ids: numbers of pages of 4 or 8 bytes, one behind the other, little-endian or big-endian. Every request is
 * a load. Only the length distinguishes a valid file, so the host reads one only if the format is named.
 *
 *   0      4      8      12                0          8          16
 *   ├ page ┼ page ┼ page ┤   or            ├── page ──┼── page ──┤
 */
import { BATCH_RECORDS, KIND_LOAD, RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../abi/core";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeIds(state: usize, records: usize, first: u32): u32 {
  const decoder = changetype<Decoder>(state);
  const bytes = decoder.version;
  const whole = (decoder.end - decoder.position) / bytes;
  const count = min(whole, BATCH_RECORDS - first);
  const from: usize = decoder.position;
  const to = records + <usize>first * RECORD_BYTES;
  const isBig = decoder.plan != 0;
  if (bytes == 8) Ids.copy<u64>(from, to, count, isBig);
  else Ids.copy<u32>(from, to, count, isBig);
  decoder.position += count * bytes;
  decoder.line += count;
  if (count == whole && first + count < <u32>BATCH_RECORDS) decoder.carry();
  if (DEBUG) assert(decoder.isValid());
  return first + count;
}

class Ids {
  @inline
  static copy<T>(from: usize, to: usize, count: u32, isBig: bool): void {
    let id = from;
    let record = to;
    for (let i: u32 = 0; i < count; i++) {
      const value = load<T>(id);
      store<u64>(record, <u64>(isBig ? bswap<T>(value) : value), RECORD_ADDRESS);
      store<u64>(record, (<u64>KIND_LOAD) << 32, RECORD_SIZE);
      id += sizeof<T>();
      record += RECORD_BYTES;
    }
  }
}
