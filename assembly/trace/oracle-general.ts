/**
 * libCacheSim's oracleGeneral records: 24 bytes, little-endian, nothing between them.
 *
 *   0           4            12           16           24
 *   ├ time u32 ─┼── id u64 ──┼─ size u32 ─┼─ next i64 ─┤
 *
 * `next` is the number, from 1, of the request that asks for the id again, -1 if none does, -2 if the writer did not look
 * ahead: the host fills it in (src/trace/oracle-general-writer.ts). An id is a page number. Only the length
 * distinguishes a good file from a bad one.
 */
import { BATCH_RECORDS, KIND_CALL, KIND_LOAD, RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../abi/core";
import { ORACLE_BYTES, ORACLE_ID, ORACLE_NEXT, ORACLE_SIZE } from "../abi/formats";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";
import { Encoder, encodeRecords } from "./encoder";

const NOT_LOOKED_AHEAD: i64 = -2;

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeOracleGeneral(state: usize, records: usize, first: u32): u32 {
  const decoder = changetype<Decoder>(state);
  const whole = (decoder.end - decoder.position) / ORACLE_BYTES;
  const count = min(whole, BATCH_RECORDS - first);
  let from: usize = decoder.position;
  let record = records + <usize>first * RECORD_BYTES;
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(record, load<u64>(from, ORACLE_ID), RECORD_ADDRESS);
    store<u64>(record, <u64>load<u32>(from, ORACLE_SIZE) | ((<u64>KIND_LOAD) << 32), RECORD_SIZE);
    from += ORACLE_BYTES;
    record += RECORD_BYTES;
  }
  decoder.position = <u32>from;
  decoder.line += count;
  if (count == whole && first + count < <u32>BATCH_RECORDS) decoder.carry();
  if (DEBUG) assert(decoder.isValid());
  return first + count;
}

@final
@unmanaged
class OracleGeneralRecords extends Encoder {
  /** A request for each page that the reference touches; time is the number of the request. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    store<u32>(at, <u32>this.count);
    this.count++;
    store<u64>(at, this.takePage(record), ORACLE_ID);
    store<u32>(at, load<u32>(record, RECORD_SIZE), ORACLE_SIZE);
    store<i64>(at, NOT_LOOKED_AHEAD, ORACLE_NEXT);
    return at + ORACLE_BYTES;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeOracleGeneral(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<OracleGeneralRecords>(changetype<OracleGeneralRecords>(state), records, count);
}
