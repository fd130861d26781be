/**
 * Block traces of virtual disks, as VMware's vscsiStats records them and CloudPhysics' traces are published (Waldspurger
 * and others, "Efficient MRC construction with SHARDS", 2015). `assembly/abi/` draws both versions of the record.
 *
 * An id is a logical block number, and a request is one request, for the page of that number, however many blocks it
 * asks for: so does libCacheSim read these. Where the host gives a shift, the number becomes an address, and the request
 * touches the bytes that it asks for. The SCSI operation code distinguishes writes; any other operation is a load. A
 * record of another version than the file's first ones is refused.
 */
import {
  BATCH_RECORDS,
  KIND_CALL,
  KIND_LOAD,
  KIND_MODIFY,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_SIZE,
} from "../abi/core";
import { DECODE_BAD_RECORD } from "../abi/decoder";
import {
  VSCSI_LBN,
  VSCSI_TS,
  VSCSI1_BYTES,
  VSCSI1_CMD,
  VSCSI1_LEN,
  VSCSI1_SEGMENTS,
  VSCSI1_VER,
  VSCSI2_BYTES,
  VSCSI2_CMD,
  VSCSI2_LEN,
  VSCSI2_VER,
} from "../abi/formats";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";
import { Encoder, encodeRecords } from "./encoder";

const READ_10: u16 = 0x28;
const WRITE_10: u16 = 0x2a;
const VERSION_1: u16 = 0x0100;

/**
 * SCSI block commands: the low five bits of an operation code say what, the high three the command's length.
 * WRITE is 0a in all lengths, WRITE AND VERIFY 0e in all but the shortest.
 */
function isWrite(command: u32): u32 {
  const what = command & 0x1f;
  const group = (command >> 5) & 7;
  const known = u32(group == 1) | u32(group == 4) | u32(group == 5); // 10, 16 and 12 bytes
  return (u32(what == 0x0a) & (known | u32(group == 0))) | (u32(what == 0x0e) & known);
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeVscsi(state: usize, records: usize, first: u32): u32 {
  const decoder = changetype<Decoder>(state);
  if (first == 0) decoder.startBatch();
  const second = decoder.version == 2;
  const stride = second ? VSCSI2_BYTES : VSCSI1_BYTES;
  const whole = (decoder.end - decoder.position) / stride;
  const most = min(whole, BATCH_RECORDS - first);
  const to = records + <usize>first * RECORD_BYTES;
  const shift = <u64>decoder.plan;
  const count = second
    ? Vscsi.copy(true, decoder.position, to, most, shift)
    : Vscsi.copy(false, decoder.position, to, most, shift);
  decoder.position += count * stride;
  decoder.line += count;
  if (count < most) decoder.fail(DECODE_BAD_RECORD, stride);
  else if (count == whole && first + count < <u32>BATCH_RECORDS) decoder.carry();
  if (DEBUG) assert(decoder.isValid());
  return first + count;
}

class Vscsi {
  /** Copies up to `count` records of a version; returns how many were of it. Costs four loads and two stores each. */
  @inline
  static copy(second: bool, position: usize, records: usize, count: u32, shift: u64): u32 {
    let from = position;
    let record = records;
    for (let i: u32 = 0; i < count; i++) {
      const version = <u32>load<u16>(from + (second ? VSCSI2_VER : VSCSI1_VER)) >> 8;
      if (version != (second ? 2 : 1)) return i;
      const command = load<u16>(from + (second ? VSCSI2_CMD : VSCSI1_CMD));
      const length = load<u32>(from + (second ? VSCSI2_LEN : VSCSI1_LEN));
      const kind = KIND_LOAD + isWrite(command) * (KIND_STORE - KIND_LOAD);
      store<u64>(record, load<u64>(from, VSCSI_LBN) << shift, RECORD_ADDRESS);
      store<u64>(record, <u64>length | ((<u64>kind) << 32), RECORD_SIZE);
      from += second ? VSCSI2_BYTES : VSCSI1_BYTES;
      record += RECORD_BYTES;
    }
    return count;
  }
}

@final
@unmanaged
class VscsiRecords extends Encoder {
  /** A request for each page that the reference touches, of version 1; time is the number of the request. */
  print(record: usize, kind: u32, at: usize): usize {
    if (kind == KIND_CALL) return at;
    const writes = kind == KIND_STORE || kind == KIND_MODIFY;
    const size = load<u32>(record, RECORD_SIZE);
    store<u32>(at, <u32>this.count);
    store<u32>(at, this.pageShift == 0 ? size : (<u32>1) << this.pageShift, VSCSI1_LEN);
    store<u32>(at, 1, VSCSI1_SEGMENTS);
    store<u16>(at, writes ? WRITE_10 : READ_10, VSCSI1_CMD);
    store<u16>(at, VERSION_1, VSCSI1_VER);
    store<u64>(at, this.takePage(record), VSCSI_LBN);
    store<u64>(at, this.count, VSCSI_TS);
    this.count++;
    return at + VSCSI1_BYTES;
  }
}

/** Writes records of the batch from where the state says; returns the bytes written. */
export function encodeVscsi(state: usize, records: usize, count: u32): u32 {
  return encodeRecords<VscsiRecords>(changetype<VscsiRecords>(state), records, count);
}
